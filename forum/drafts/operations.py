"""Keeping a draft, and erasing it."""

from sqlalchemy import ColumnElement, and_, delete

from forum.accounts.models import Member
from forum.clock import now
from forum.drafts.models import Draft
from forum.extensions import db
from forum.posts.models import Post, Thread, Wish
from forum.rooms.models import ContentWarning, Room
from forum.text import clean, clean_line


def keep_draft(
    member: Member,
    room: Room,
    thread: Thread | None = None,
    *,
    title: str,
    body: str,
    warning: ContentWarning = ContentWarning.NONE,
    wish: Wish = Wish.NONE,
    quoted: Post | None = None,
) -> Draft | None:
    """Keep a draft in the place of an earlier one; an empty one is not kept.

    Raises forum.text.TextTooLong.
    """
    title, body = clean_line(title), clean(body)
    erase_draft(member, room.id, thread.id if thread else None)
    if not title and not body:
        return None
    draft = Draft(
        member_id=member.id,
        room_id=room.id,
        thread_id=thread.id if thread else None,
        title=title,
        body=body,
        warning=warning,
        wish=wish,
        quote=quoted.public_id if quoted else "",
        kept_at=now(),
    )
    db.session.add(draft)
    return draft


def erase_draft(member: Member, room_id: int, thread_id: int | None) -> None:
    """Erase what a member has kept for a room, or for a thread in it."""
    db.session.execute(delete(Draft).where(is_for(member.id, room_id, thread_id)))


def is_for(member_id: int, room_id: int, thread_id: int | None) -> ColumnElement[bool]:
    """Return the condition of a draft of this member for this place. A thread may have moved."""
    if thread_id is not None:
        return and_(Draft.member_id == member_id, Draft.thread_id == thread_id)
    return and_(Draft.member_id == member_id, Draft.room_id == room_id, Draft.thread_id.is_(None))
