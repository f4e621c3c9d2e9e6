"""The only read of drafts: one's own."""

from functools import cache

from sqlalchemy import Select, bindparam, select

from forum.accounts.models import Member
from forum.drafts.models import Draft
from forum.drafts.operations import is_for
from forum.extensions import db
from forum.posts.models import Thread
from forum.rooms.models import Room


def draft_of(member: Member | None, room: Room, thread: Thread | None = None) -> Draft | None:
    """Return what a member has kept for a room, or for a thread in it."""
    if member is None:
        return None
    values = {"member_id": member.id} | (
        {"thread_id": thread.id} if thread else {"room_id": room.id}
    )
    return db.session.scalar(_latest_draft(in_thread=thread is not None), values)


@cache
def _latest_draft(*, in_thread: bool) -> Select[tuple[Draft]]:
    wanted = is_for(
        bindparam("member_id"), bindparam("room_id"), bindparam("thread_id") if in_thread else None
    )
    return select(Draft).where(wanted).order_by(Draft.id.desc()).limit(1)
