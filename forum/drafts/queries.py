"""The only reads of drafts: one's own."""

from datetime import datetime
from functools import cache
from typing import NamedTuple

from sqlalchemy import Select, bindparam, func, select

from forum.accounts.models import Member
from forum.drafts.models import Draft
from forum.drafts.operations import is_for
from forum.extensions import db
from forum.posts.models import Thread
from forum.rooms.models import Room

MOST_SHOWN = 100


class Kept(NamedTuple):
    """Where a draft waits: its room, the thread that it answers in, and since when."""

    room: Room
    thread_id: str | None
    kept_at: datetime


def drafts_of(member: Member) -> list[Kept]:
    """Return where a member's drafts wait, the latest first. A thread may have moved."""
    rows = db.session.execute(
        select(Room, Thread.public_id, Draft.kept_at)
        .select_from(Draft)
        .outerjoin(Thread, Thread.id == Draft.thread_id)
        .join(Room, Room.id == func.coalesce(Thread.room_id, Draft.room_id))
        .where(Draft.member_id == member.id)
        .order_by(Draft.kept_at.desc(), Draft.id.desc())
        .limit(MOST_SHOWN)
    )
    return [Kept(*row) for row in rows]


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
