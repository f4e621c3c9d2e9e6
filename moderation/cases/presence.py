"""Who has the page of a case open. Only staff ever see it, and it is forgotten within the hour."""

from datetime import timedelta

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from forum.clock import now
from forum.extensions import count_rows, db
from moderation.cases.models import Presence

KEPT = timedelta(minutes=10)


def note_presence(member_id: int, case_id: int) -> None:
    """Note that someone has the page of a case open now."""
    moment = now()
    known = count_rows(
        update(Presence)
        .where(Presence.case_id == case_id, Presence.member_id == member_id)
        .values(seen_at=moment)
    )
    if known:
        return
    try:
        with db.session.begin_nested():
            db.session.add(Presence(case_id=case_id, member_id=member_id, seen_at=moment))
    except IntegrityError:
        # The same person's other page was first.
        return


def forget_presences() -> int:
    """Delete who had which page open a while ago. Returns how many."""
    return count_rows(delete(Presence).where(Presence.seen_at < now() - KEPT))
