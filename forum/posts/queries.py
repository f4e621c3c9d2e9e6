"""Reads of threads and posts. `get_*_for` is the only way to a row that not everyone may see."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import (
    ColumnElement,
    Integer,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    exists,
    func,
    not_,
    or_,
    select,
)
from sqlalchemy.orm import aliased, contains_eager, joinedload

from forum.accounts.aliases import alias_in
from forum.accounts.models import Member
from forum.accounts.viewers import AnyViewer, Viewer, anybody_like, viewer_values
from forum.blocks.queries import is_hidden_from
from forum.clock import now
from forum.database import UtcDateTime
from forum.extensions import db, setting
from forum.groups.entry import may_enter
from forum.posts.models import Post, Thread, Visibility
from forum.rooms.models import PATIENT, Room, Unscanned

POSTS_PER_PAGE = 20
SCAN_POLL_SECONDS = 0.03
FIRST_WORDS = (
    select(Post)
    .where(
        Post.thread_id == bindparam("thread_id"),
        Post.author_id == bindparam("author_id"),
        Post.as_volunteer.is_(False),
    )
    .options(joinedload(Post.author), joinedload(Post.alias))
    .order_by(Post.id)
    .limit(1)
)
FIRST_NAME = (
    select(Post.alias_id)
    .where(
        Post.thread_id == bindparam("thread_id"),
        Post.author_id == bindparam("author_id"),
        Post.as_volunteer.is_(False),
    )
    .order_by(Post.id)
    .limit(1)
)
POSTS_BEFORE = select(func.count()).where(
    Post.thread_id == bindparam("thread_id"), Post.id < bindparam("post_id")
)


@dataclass(frozen=True)
class Page:
    """One page of a list. `number` counts from 1."""

    items: list[Post]
    number: int
    has_next: bool


def readable_by(viewer: Viewer | None) -> ColumnElement[bool]:
    """Return the condition under which a viewer may read a post; needs Thread and Room joined.

    Nobody but the author sees a post before its scan, unless no worker came within the grace
    time and the room shows such posts. A room that waits for humans never does, and those of
    accounts without a proof of work wait for a human anyway. Who was blocked by its writer does
    not see it. Staff see everything that is not deleted. What is written in a support group is for
    those who are in it.
    """
    return and_(may_enter(viewer), _is_shown_to(viewer))


def _is_shown_to(viewer: Viewer | None) -> ColumnElement[bool]:
    if viewer is not None and viewer.is_staff:
        return Post.visibility != Visibility.DELETED
    # Asked for at each execution, so that a statement can be built once.
    late = bindparam(None, type_=UtcDateTime, callable_=_too_late)
    shown_late = and_(
        Post.visibility == Visibility.PENDING,
        Post.written_at < late,
        Room.unscanned == Unscanned.SHOW,
        Room.policy.not_in(PATIENT),
        not_(exists().where(Member.id == Post.author_id, Member.is_unproven)),
    )
    shown = or_(Post.visibility == Visibility.VISIBLE, shown_late)
    if viewer is None:
        return shown
    own = and_(Post.author_id == viewer.id, Post.visibility != Visibility.DELETED)
    return or_(and_(shown, not_(is_hidden_from(viewer.id))), own)


def _too_late() -> datetime:
    return now() - timedelta(seconds=setting("SCAN_GRACE"))


def get_thread_for(viewer: Member | None, public_id: str) -> Thread | None:
    """Return a thread whose opening the viewer may read, with its room and author.

    A thread whose author took the opening back stays, because others have answered in it.
    """
    values = {"public_id": public_id, **viewer_values(viewer)}
    return db.session.scalar(_thread_for(anybody_like(viewer)), values)


@cache
def _thread_for(viewer: AnyViewer | None) -> Select[tuple[Thread]]:
    return (
        select(Thread)
        .join(Post, and_(Post.thread_id == Thread.id, Post.is_opening))
        .join(Thread.room)
        .options(contains_eager(Thread.room), joinedload(Thread.author))
        .where(
            Thread.public_id == bindparam("public_id"),
            or_(readable_by(viewer), Post.visibility == Visibility.DELETED),
            may_enter(viewer),
        )
    )


def posts_of(thread: Thread, viewer: Member | None, number: int = 1) -> Page:
    """Return a page of a thread's posts, the oldest first, with authors; deleted ones too.

    A page holds the same places of the thread for everyone and at all times, whoever may read
    what stands there: so it doesn't shift under a reader when a post is held, hidden or shown.
    """
    values = {
        "thread_id": thread.id,
        "begin": (number - 1) * POSTS_PER_PAGE,
        "end": number * POSTS_PER_PAGE,
        **viewer_values(viewer),
    }
    rows = db.session.execute(_posts_for(anybody_like(viewer)), values).all()
    items = [post for post, next_begins in rows if next_begins is None or post.id < next_begins]
    return Page(items, number, len(rows) > len(items))


@cache
def _posts_for(viewer: AnyViewer | None) -> Select[tuple[Post, int]]:
    end = _id_at("end")
    return (
        select(Post, end)
        .join(Post.thread)
        .join(Thread.room)
        .options(
            # No more of other people than a page shows.
            joinedload(Post.author).load_only(Member.pseudonym),
            joinedload(Post.alias),
            contains_eager(Post.thread),
        )
        .where(
            Post.thread_id == bindparam("thread_id"),
            Post.id >= _id_at("begin"),
            or_(readable_by(viewer), Post.visibility == Visibility.DELETED),
        )
        .order_by(Post.id)
        .limit(POSTS_PER_PAGE + 1)
    )


def get_post_for(viewer: Member | None, public_id: str) -> Post | None:
    """Return a post that the viewer may read, with its thread, room and alias."""
    return db.session.scalar(
        select(Post)
        .join(Post.thread)
        .join(Thread.room)
        .options(contains_eager(Post.thread).contains_eager(Thread.room), joinedload(Post.alias))
        .where(Post.public_id == public_id, readable_by(viewer))
    )


def newest_in(thread: Thread, viewer: Member | None) -> Post | None:
    """Return the last post of a thread that the viewer may read."""
    return db.session.scalar(
        select(Post)
        .join(Post.thread)
        .join(Thread.room)
        .options(contains_eager(Post.thread).contains_eager(Thread.room))
        .where(Post.thread_id == thread.id, readable_by(viewer))
        .order_by(Post.id.desc())
        .limit(1)
    )


def quoted_by(posts: Iterable[Post], viewer: Member | None) -> dict[int, Post]:
    """Return those posts that these ones answer and that the viewer may read, by id.

    One statement, or none.
    """
    ids = {post.quoted_id for post in posts if post.quoted_id is not None}
    if not ids:
        return {}
    rows = db.session.scalars(
        select(Post)
        .join(Post.thread)
        .join(Thread.room)
        .options(joinedload(Post.author), joinedload(Post.alias))
        .where(Post.id.in_(ids), readable_by(viewer))
    )
    return {post.id: post for post in rows}


def get_post_at_desk(public_id: str) -> Post | None:
    """Return a post that is not deleted, with its thread and room; for pages of the desk."""
    return db.session.scalar(
        select(Post)
        .join(Post.thread)
        .join(Thread.room)
        .options(contains_eager(Post.thread).contains_eager(Thread.room))
        .where(Post.public_id == public_id, Post.visibility != Visibility.DELETED)
    )


def get_own_post(author: Member, public_id: str) -> Post | None:
    """Return the author's own post, unless it is deleted, with its thread and room."""
    post = get_post_for(author, public_id)
    return post if post is not None and post.author_id == author.id else None


def first_of(member: Member, thread: Thread) -> Post | None:
    """Return the first words of someone in a thread, taken back or not, with their name.

    What they wrote there on duty, under the name of the desk, is none of them.
    """
    return db.session.scalar(FIRST_WORDS, {"thread_id": thread.id, "author_id": member.id})


def alias_of(thread_id: int, member_id: int) -> int | None:
    """Return the id of the alias that someone writes under in a thread, or None."""
    return db.session.scalar(FIRST_NAME, {"thread_id": thread_id, "author_id": member_id})


def name_for(member: Member, room_id: int, thread: Thread | None = None) -> str | None:
    """Return under which name a member writes here next, or None while they may choose.

    Two statements at most.
    """
    if thread is not None and (earlier := first_of(member, thread)):
        return earlier.author_name
    chosen = alias_in(member, room_id)
    return (chosen.name or member.pseudonym) if chosen else None


def page_of(post: Post) -> int:
    """Return the number of the thread page that a post stands on."""
    before = db.session.scalar(POSTS_BEFORE, {"thread_id": post.thread_id, "post_id": post.id})
    return (before or 0) // POSTS_PER_PAGE + 1


def waits_for_scan() -> ColumnElement[bool]:
    """Return the condition for posts that neither the rules nor, in their stead, a human got."""
    return and_(Post.scanned_version < Post.version, Post.given_up_version < Post.version)


def oldest_unscanned() -> datetime | None:
    """Return when the post that has waited longest for its scan was written."""
    return db.session.scalar(select(func.min(Post.written_at)).where(waits_for_scan()))


def wait_for_scan(post: Post, seconds: float) -> None:
    """Wait for the workers to read a post that was written a moment ago, but not for long.

    Ends the session's transaction, so what was loaded before is loaded again.
    """
    asked = select(Post.id).where(Post.id == post.id, Post.scanned_version < Post.version)
    give_up = time.monotonic() + seconds
    while True:
        db.session.rollback()
        if db.session.scalar(asked) is None or time.monotonic() > give_up:
            return
        time.sleep(SCAN_POLL_SECONDS)


def _id_at(place: str) -> ScalarSelect[int]:
    """Return the id of the post at a place of its thread, counted from 0 over all its posts.

    `place` names the value that says which; another one, `thread_id`, names the thread.
    """
    post = aliased(Post)
    return (
        select(post.id)
        .where(post.thread_id == bindparam("thread_id"))
        .order_by(post.id)
        .offset(bindparam(place, type_=Integer))
        .limit(1)
        .scalar_subquery()
    )
