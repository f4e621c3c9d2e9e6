"""After a backup was restored: who had been erased since is erased again."""

from datetime import UTC, datetime, time

from sqlalchemy import select

from forum.accounts.models import Member
from forum.extensions import db
from moderation.follow_ups.operations import end_for_member
from moderation.rights.erase_list import Erased
from moderation.rights.erasure import erase_now, mark_of
from moderation.rights.models import Erasure


def erase_again(line: Erased) -> bool:
    """Erase the account of one line, if the database has it, in the caller's transaction.

    It is not held for the desk: it was erased once. Returns whether there was anything to do.
    """
    member = next(
        (
            found
            for found in db.session.scalars(select(Member).where(Member.erase_key != ""))
            if mark_of(found) == line.mark
        ),
        None,
    )
    if member is None:
        return False
    erasure = db.session.scalar(select(Erasure).where(Erasure.mark == line.mark))
    if erasure is None:
        erasure = Erasure(
            member_id=member.id,
            mark=line.mark,
            posts=line.posts,
            requested_at=datetime.combine(line.asked_on, time(), UTC),
        )
        db.session.add(erasure)
        db.session.flush()
    end_for_member(member.id)
    erase_now(erasure)
    return True
