"""Reads of lists of threads. Each list goes on from what was read last, so it doesn't shift."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, and_, not_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased, contains_eager, joinedload

from forum.accounts.models import Member
from forum.blocks.queries import is_muted_for
from forum.extensions import db
from forum.follows.models import Follow
from forum.posts.models import Post, Thread, Visibility
from forum.posts.queries import readable_by
from forum.rooms.models import Policy, Room
from forum.text import LEFT

THREADS_PER_PAGE = 20


class Place(NamedTuple):
    """The last row that was read: its moment, and its id among those of the same moment."""

    moment: datetime
    id: int


@dataclass(frozen=True)
class Part:
    """One part of a list: opening posts, and the place where the next part begins, if any."""

    items: list[Post]
    after: Place | None


def threads_of(room: Room, viewer: Member | None, after: Place | None = None) -> Part:
    """Return opening posts of a room's readable threads, the latest talk first, with authors.

    Threads of names that the viewer does not want to read are left out, and of topics.
    """
    wanted = _threads_for(viewer).where(Thread.room_id == room.id)
    return _latest_first(wanted, after)


def followed_by(member: Member, after: Place | None = None) -> Part:
    """Return the threads that a member follows, the latest talk first, of any name."""
    wanted = _openings(member).join(Follow, Follow.thread_id == Thread.id)
    wanted = wanted.where(Follow.member_id == member.id, Follow.is_on)
    return _latest_first(wanted, after)


def unanswered(viewer: Member | None, room: Room | None = None, after: Place | None = None) -> Part:
    """Return threads that nobody else has answered yet, who waits longest first.

    In one room, or in all that are listed. An answer of a volunteer is one too, and one that is
    being read at this moment. What the viewer wrote, and what is closed to answers, is left out.
    """
    answer = aliased(Post)
    # Two who left are one row, so what either answered counts.
    has_left = Thread.author_id.in_(select(Member.id).where(Member.folded_name == LEFT))
    is_answered = (
        select(answer.id)
        .where(
            answer.thread_id == Thread.id,
            or_(
                answer.author_id != Thread.author_id,
                answer.as_volunteer,
                and_(answer.is_opening.is_(False), has_left),
            ),
            answer.visibility.in_((Visibility.VISIBLE, Visibility.PENDING)),
        )
        .exists()
    )
    wanted = _threads_for(viewer).where(
        Room.is_listed if room is None else Thread.room_id == room.id,
        Post.visibility == Visibility.VISIBLE,
        Thread.is_locked.is_(False),
        Room.policy != Policy.CLOSED,
        not_(is_answered),
    )
    if viewer is not None:
        wanted = wanted.where(Post.author_id != viewer.id)
    if after is not None:
        wanted = wanted.where(_beyond(Thread.created_at, after, later=True))
    ordered = wanted.order_by(Thread.created_at, Thread.id)
    return _part(ordered, lambda thread: Place(thread.created_at, thread.id))


def _openings(viewer: Member | None) -> Select[tuple[Post]]:
    return (
        select(Post)
        .join(Post.thread)
        .join(Thread.room)
        .options(
            contains_eager(Post.thread).contains_eager(Thread.room),
            joinedload(Post.author),
            joinedload(Post.alias),
        )
        .where(Post.is_opening, readable_by(viewer))
    )


def _threads_for(viewer: Member | None) -> Select[tuple[Post]]:
    wanted = _openings(viewer)
    if viewer is not None and not viewer.is_staff:
        wanted = wanted.where(not_(is_muted_for(viewer.id)))
    if viewer is not None and viewer.left_out:
        wanted = wanted.where(
            or_(Post.author_id == viewer.id, Post.warning.not_in(viewer.left_out))
        )
    return wanted


def _latest_first(wanted: Select[tuple[Post]], after: Place | None) -> Part:
    if after is not None:
        wanted = wanted.where(_beyond(Thread.last_post_at, after, later=False))
    ordered = wanted.order_by(Thread.last_post_at.desc(), Thread.id.desc())
    return _part(ordered, lambda thread: Place(thread.last_post_at, thread.id))


def _beyond(moment: InstrumentedAttribute, place: Place, *, later: bool) -> ColumnElement[bool]:
    if later:
        return or_(moment > place.moment, and_(moment == place.moment, Thread.id > place.id))
    return or_(moment < place.moment, and_(moment == place.moment, Thread.id < place.id))


def _part(ordered: Select[tuple[Post]], place_of: Callable[[Thread], Place]) -> Part:
    rows = list(db.session.scalars(ordered.limit(THREADS_PER_PAGE + 1)))
    items = rows[:THREADS_PER_PAGE]
    return Part(items, place_of(items[-1].thread) if len(rows) > THREADS_PER_PAGE else None)
