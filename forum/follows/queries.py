"""Reads of what a member follows."""

from collections.abc import Iterable

from sqlalchemy import bindparam, select

from forum.accounts.models import Member
from forum.extensions import db
from forum.follows.models import Follow
from forum.posts.models import Post, Thread
from forum.posts.queries import readable_by
from forum.rooms.models import Room

FOLLOW = select(Follow).where(
    Follow.member_id == bindparam("member_id"), Follow.thread_id == bindparam("thread_id")
)


def follow_of(member: Member | None, thread: Thread) -> Follow | None:
    """Return how a member follows a thread, also where they don't want to any more."""
    if member is None:
        return None
    return db.session.scalar(FOLLOW, {"member_id": member.id, "thread_id": thread.id})


def with_news(threads: Iterable[Thread], member: Member | None) -> set[int]:
    """Return the ids of those threads that hold something unread for a member, who follows them.

    One statement, or none.
    """
    if member is None:
        return set()
    rows = db.session.scalars(
        _unread(member).where(Follow.thread_id.in_([thread.id for thread in threads])).distinct()
    )
    return set(rows)


def first_unread(member: Member, thread: Thread) -> Post | None:
    """Return the first post of a thread that a member who follows it has not read."""
    found = _unread(member).with_only_columns(Post)
    return db.session.scalar(found.where(Thread.id == thread.id).order_by(Post.id).limit(1))


def _unread(member: Member):  # noqa: ANN202 (a select of one column, or of posts)
    return (
        select(Follow.thread_id)
        .join(Thread, Thread.id == Follow.thread_id)
        .join(Room, Room.id == Thread.room_id)
        .join(Post, Post.thread_id == Thread.id)
        .where(
            Follow.member_id == member.id,
            Follow.is_on,
            Post.id > Follow.seen_post_id,
            Post.author_id != member.id,
            readable_by(member),
        )
    )
