"""What is done to the help directory."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from forum.extensions import db
from forum.help.models import Display, HelpEntry

TEXTS = ("region", "hours", "for_whom", "cost", "note")


def add_starter_entries(entries: Sequence[Mapping[str, Any]]) -> int:
    """Add the entries of directory.yaml that the site does not have. Returns how many.

    An entry that is there is left alone: people have checked and changed it.
    """
    known = set(db.session.scalars(select(HelpEntry.slug)))
    added = 0
    for position, entry in enumerate(entries):
        if entry["slug"] in known:
            continue
        texts = {
            f"{field}_{language}": entry.get(f"{field}_{language}")
            for field in TEXTS
            for language in ("id", "en")
        }
        db.session.add(
            HelpEntry(
                slug=entry["slug"],
                name=entry["name"],
                kind=entry["kind"],
                operator=entry.get("operator"),
                languages=entry["languages"],
                topics=entry.get("topics") or [],
                channels=entry["channels"],
                sources=entry["sources"],
                confidence=entry["confidence"],
                verified_on=entry.get("verified_on"),
                display=Display(entry["display"]),
                always_open=entry.get("always_open"),
                never_crisis=bool(entry.get("never_crisis")),
                position=position,
                caution=entry.get("caution"),
                **texts,
            )
        )
        added += 1
    return added
