"""What is done to the help directory."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from forum.clock import now
from forum.extensions import count_rows, db
from forum.help.models import Display, HelpEntry, HelpSilence

# A week of halving leaves less than a hundredth.
SILENCE_KEPT = timedelta(days=7)

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
                regions=entry.get("regions") or [],
                sources=entry["sources"],
                confidence=entry["confidence"],
                verified_on=entry.get("verified_on"),
                display=Display(entry["display"]),
                always_open=entry.get("always_open"),
                daily_hours=entry.get("daily_hours"),
                never_crisis=bool(entry.get("never_crisis")),
                position=position,
                caution=entry.get("caution"),
                **texts,
            )
        )
        added += 1
    return added


def note_silence(entry: HelpEntry) -> None:
    """Count that nobody answered somebody at this entry today. Nobody is named."""
    today = now().date()
    if _count_again(entry, today):
        return
    try:
        with db.session.begin_nested():
            db.session.add(HelpSilence(entry_id=entry.id, day=today, times=1))
    except IntegrityError:
        # Somebody else was the first of the day at the same moment.
        _count_again(entry, today)


def _count_again(entry: HelpEntry, day: date) -> bool:
    known = (
        update(HelpSilence)
        .where(HelpSilence.entry_id == entry.id, HelpSilence.day == day)
        .values(times=HelpSilence.times + 1)
    )
    return count_rows(known) == 1


def forget_silences(entry: HelpEntry | None = None) -> int:
    """Delete what was counted at an entry that was reached, or what counts no more for any."""
    if entry is not None:
        return count_rows(delete(HelpSilence).where(HelpSilence.entry_id == entry.id))
    old = now().date() - SILENCE_KEPT
    return count_rows(delete(HelpSilence).where(HelpSilence.day < old))
