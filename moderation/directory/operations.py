"""What leads and admins do to the help directory. Each act is written down."""

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select

from forum.accounts.models import Member
from forum.clock import now
from forum.extensions import db, take_row
from forum.help.models import HelpEntry
from forum.help.operations import forget_silences
from moderation.audit.models import Action, SubjectKind
from moderation.audit.operations import record


class NameTaken(Exception):
    """There is an entry of this name."""


def note_check(actor: Member, entry: HelpEntry, *, reached: bool) -> None:
    """Note that somebody of the team has tried an entry today, and whether it answered.

    One that did not counts as never checked: it leaves every card until it answers again.
    """
    take_row(entry)
    entry.verified_on = now().date() if reached else None
    entry.checked_by_id = actor.id
    if reached:
        forget_silences(entry)
    outcome = "reached" if reached else "not_reached"
    record(actor, Action.CHECK_HELP, SubjectKind.HELP_ENTRY, entry.id, outcome=outcome)


def change(actor: Member, entry: HelpEntry, values: Mapping[str, Any]) -> list[str]:
    """Change an entry; returns the names of what is different now.

    Who checked the old number has not checked the new one, so a change of channels wants a check.
    """
    take_row(entry)
    changed = sorted(name for name, value in values.items() if getattr(entry, name) != value)
    for name in changed:
        setattr(entry, name, values[name])
    if "channels" in changed:
        entry.verified_on = None
    if changed:
        record(actor, Action.EDIT_HELP, SubjectKind.HELP_ENTRY, entry.id, fields=changed)
    return changed


def add(actor: Member, values: Mapping[str, Any]) -> HelpEntry:
    """Add an entry behind the others. Raises NameTaken."""
    slug = re.sub(r"[^a-z0-9]+", "-", str(values["name"]).lower()).strip("-")[:60] or "entry"
    if db.session.scalar(select(HelpEntry.id).where(HelpEntry.slug == slug)) is not None:
        raise NameTaken
    last = db.session.scalar(select(func.max(HelpEntry.position))) or 0
    entry = HelpEntry(slug=slug, position=last + 1, **values)
    db.session.add(entry)
    db.session.flush()
    record(actor, Action.ADD_HELP, SubjectKind.HELP_ENTRY, entry.id)
    return entry
