"""Words that were taken back or replaced before any scan could read them.

They are kept for the case, and erased when it is over. What still waits for its scan is left to it.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select

from forum.extensions import db
from forum.outbox import Handler, enqueue
from forum.posts.models import EarlierText, Post, Visibility
from forum.posts.operations import erase
from forum.posts.queries import waits_for_scan
from moderation.cases.models import Case, CaseState
from moderation.cases.queries import ended_with

ERASE_KEPT = "erase_kept"


def erase_later(case: Case, after: timedelta) -> None:
    """Erase what the person of a case has taken back, when its closing can't be undone.

    Also what the people of the cases that were joined to it have taken back.
    """
    ended = ended_with(case)
    if db.session.scalar(select(or_(_posts_of(ended).exists(), _texts_of(ended).exists()))):
        enqueue(ERASE_KEPT, case.id, after=after)


def erase_kept(case_id: int) -> None:
    """Erase what `erase_later` found, but for people about whom a case is open (again)."""
    ended = ended_with(db.session.get_one(Case, case_id))
    for post in db.session.scalars(_posts_of(ended)):
        erase(post)
    for text in db.session.scalars(_texts_of(ended)):
        db.session.delete(text)


def _leave_to_the_operator(case_id: int, job_id: int) -> None:
    """Do nothing: the dead job stays, and health shows it."""


ERASE_HANDLER = Handler(run=erase_kept, bury=_leave_to_the_operator)


def _posts_of(ended: Sequence[Case]) -> Select[Post]:
    return select(Post).where(
        _needed_no_more(ended),
        Post.visibility == Visibility.DELETED,
        Post.body != "",
        ~waits_for_scan(),
    )


def _texts_of(ended: Sequence[Case]) -> Select[EarlierText]:
    return (
        select(EarlierText)
        .join(Post, Post.id == EarlierText.post_id)
        .where(
            _needed_no_more(ended),
            or_(
                EarlierText.version <= Post.scanned_version,
                EarlierText.version <= Post.given_up_version,
            ),
        )
    )


def _needed_no_more(ended: Sequence[Case]) -> ColumnElement[bool]:
    """Return the condition for posts of these cases' people that no open case is about."""
    theirs = (
        and_(Post.thread_id == case.thread_id, Post.author_id == case.subject_id) for case in ended
    )
    still_open = exists().where(
        Case.thread_id == Post.thread_id,
        Case.subject_id == Post.author_id,
        Case.state != CaseState.CLOSED,
    )
    return and_(or_(*theirs), ~still_open)
