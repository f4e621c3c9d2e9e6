"""Posts that a human reads because of who posts how and where, not of what a rule found.

The first posts of a new account come to a calm lane, so that somebody greets who is new and sees
who is not here to talk. They are shown meanwhile; a room can ask that they wait, and so do the
posts of accounts that came without a proof of work while many joined. A room can also ask that a
human reads everything there before others do.
"""

import re
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import exists, func, select

from forum.accounts.operations import is_new
from forum.clock import now
from forum.extensions import db, setting
from forum.posts.models import Post
from forum.rooms.models import PATIENT, Policy
from moderation.cases.models import Case, CaseState, Lane
from moderation.risk.levels import Level

_LINK = re.compile(r"https?://|\bwww\.|\b[\w-]+\.[a-z]{2,10}/\w", re.IGNORECASE)
# Short words come again in bad hours and are no advertisement.
LEAST_REPEATED = 40
MOST_REPEATED = 2
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Wish:
    """That a human reads a post, in which lane, and whether others see it before."""

    lane: Lane
    waits: bool


def wish_for(post: Post) -> Wish | None:
    """Return why a human should read a post in which no rule saw a risk, or None."""
    author = post.author
    if author.is_staff or post.as_volunteer:
        return None
    is_early = _is_among_first(post)
    if (is_new(author) and _LINK.search(post.body)) or _is_repeated(post):
        return Wish(Lane.SPAM, waits=True)
    if asks_to_wait(post, Level.GREEN):
        return Wish(Lane.ROOM, waits=True)
    if not is_early or post.version > 1:
        return None
    if author.is_unproven or post.thread.room.holds_newcomers:
        return Wish(Lane.NEWCOMER, waits=True)
    if _has_case(post) or _lane_is_full():
        return None
    return Wish(Lane.NEWCOMER, waits=False)


def asks_to_wait(post: Post, level: Level) -> bool:
    """Return whether its room asks that a post of this level waits until a human has read it.

    What a volunteer writes on duty never does; what staff write as themselves is read first only
    where a rule fired.
    """
    policy = post.thread.room.policy
    if post.as_volunteer or policy not in PATIENT:
        return False
    reads_all = policy is Policy.READ_FIRST and not post.author.is_staff
    return reads_all or level >= Level.AMBER


def _is_among_first(post: Post) -> bool:
    """Return whether it is one of the first posts of a new, or of an unproven account."""
    first = setting("NEWCOMER_POSTS")
    if not first or not (is_new(post.author) or post.author.is_unproven):
        return False
    earlier = select(func.count()).where(Post.author_id == post.author_id, Post.id < post.id)
    return (db.session.scalar(earlier) or 0) < first


def _is_repeated(post: Post) -> bool:
    if len(post.body) < LEAST_REPEATED:
        return False
    same = select(func.count()).where(
        Post.author_id == post.author_id,
        Post.id != post.id,
        Post.body == post.body,
        Post.created_at > now() - DAY,
    )
    return (db.session.scalar(same) or 0) >= MOST_REPEATED


def _has_case(post: Post) -> bool:
    """Return whether somebody reads this person in this thread anyway."""
    found = exists().where(
        Case.thread_id == post.thread_id,
        Case.subject_id == post.author_id,
        Case.state != CaseState.CLOSED,
    )
    return bool(db.session.scalar(select(found)))


def _lane_is_full() -> bool:
    """Return whether as many newcomers wait as the desk is willing to have waiting."""
    most = setting("NEWCOMER_CASES")
    waiting = (
        select(Case.id)
        .where(Case.state != CaseState.CLOSED, Case.lane == Lane.NEWCOMER)
        .limit(most)
        .subquery()
    )
    return (db.session.scalar(select(func.count()).select_from(waiting)) or 0) >= most
