"""The only read of drafts: one's own."""

from sqlalchemy import select

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
    wanted = is_for(member.id, room.id, thread.id if thread else None)
    return db.session.scalar(select(Draft).where(wanted).order_by(Draft.id.desc()).limit(1))
