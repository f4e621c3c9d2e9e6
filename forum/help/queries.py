"""Reads of the help directory."""

from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from sqlalchemy import select

from forum.clock import now
from forum.extensions import db
from forum.help.models import Display, HelpEntry

# resources.yaml, rule 3: a crisis entry leaves the card a month after a person checked it.
CRISIS_ENTRY_FRESH = timedelta(days=30)


def shown_entries() -> list[HelpEntry]:
    """Return the entries that a member may see anywhere, in their order.

    A regional line is no help elsewhere, so it waits until members can choose their place.
    """
    return list(
        db.session.scalars(
            select(HelpEntry)
            .where(HelpEntry.display.not_in((Display.HOLD, Display.REGIONAL)))
            .order_by(HelpEntry.position, HelpEntry.id)
        )
    )


def crisis_entries() -> list[HelpEntry]:
    """Return the entries that may stand on a crisis card today.

    Only what a person of this site has checked within 30 days; the static floor stands on
    every card whether or not there are any.
    """
    since = (now() - CRISIS_ENTRY_FRESH).date()
    return list(
        db.session.scalars(
            select(HelpEntry)
            .where(
                HelpEntry.display == Display.CRISIS_CARD,
                HelpEntry.verified_on >= since,
                HelpEntry.never_crisis.is_(False),
            )
            .order_by(HelpEntry.position)
            .limit(4)
        )
    )


def pinnable_entries() -> list[HelpEntry]:
    """Return the entries that a moderator may pin into a thread: services, not communities."""
    return [entry for entry in shown_entries() if not entry.never_crisis]


def find_entry(slug: str) -> HelpEntry | None:
    """Return the entry with this slug, unless it is held back."""
    return db.session.scalar(
        select(HelpEntry).where(HelpEntry.slug == slug, HelpEntry.display != Display.HOLD)
    )


@cache
def directory_file() -> dict[str, Any]:
    """Return directory.yaml: `floor`, `entries`, `known_wrong`, `checks_before_launch`."""
    text = files("forum.help").joinpath("directory.yaml").read_text("utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded
