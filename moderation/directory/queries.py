"""Reads of the help directory for those who look after it."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from forum.extensions import db
from forum.help.models import Display, HelpEntry
from forum.help.queries import is_fresh


def all_entries() -> Sequence[HelpEntry]:
    """Return every entry, held ones too, with who checked it; what wants a check comes first."""
    entries = db.session.scalars(
        select(HelpEntry).options(joinedload(HelpEntry.checked_by)).order_by(HelpEntry.position)
    )
    return sorted(entries, key=lambda entry: (entry.display is Display.HOLD, is_fresh(entry)))


def find_any_entry(slug: str) -> HelpEntry | None:
    """Return the entry with this slug, held or not."""
    return db.session.scalar(
        select(HelpEntry).where(HelpEntry.slug == slug).options(joinedload(HelpEntry.checked_by))
    )
