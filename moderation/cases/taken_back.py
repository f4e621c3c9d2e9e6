"""Words that were taken back or replaced before any scan could read them.

They are kept for the case, and erased when it is over. What still waits for its scan is left to it.
"""

from datetime import timedelta

from sqlalchemy import ColumnElement, Select, exists, or_, select

from forum.extensions import db
from forum.outbox import Handler, enqueue
from forum.posts.models import EarlierText, Post, Visibility
from forum.posts.operations import erase
from moderation.cases.models import Case, CaseState, ScanFailure

ERASE_KEPT = "erase_kept"


def erase_later(case: Case, after: timedelta) -> None:
    """Erase what the person of a case has taken back, when its closing can't be undone."""
    kept = or_(_posts_of(case).exists(), _texts_of(case).exists())
    if db.session.scalar(select(kept)):
        enqueue(ERASE_KEPT, case.id, after=after)


def erase_kept(case_id: int) -> None:
    """Erase what the person of a closed case has taken back, unless a case about it is open."""
    case = db.session.get_one(Case, case_id)
    still_open = exists().where(
        Case.thread_id == case.thread_id,
        Case.subject_id == case.subject_id,
        Case.state != CaseState.CLOSED,
    )
    if db.session.scalar(select(still_open)):
        return
    for post in db.session.scalars(_posts_of(case)):
        erase(post)
    for text in db.session.scalars(_texts_of(case)):
        db.session.delete(text)


def is_given_up() -> ColumnElement[bool]:
    """Return the condition for posts whose scan failed for good on the text that they have now."""
    return exists().where(ScanFailure.post_id == Post.id, ScanFailure.created_at >= Post.written_at)


def _leave_to_the_operator(case_id: int, job_id: int) -> None:
    """Do nothing: the dead job stays, and health shows it."""


ERASE_HANDLER = Handler(run=erase_kept, bury=_leave_to_the_operator)


def _posts_of(case: Case) -> Select[Post]:
    return select(Post).where(
        *_written_by(case),
        Post.visibility == Visibility.DELETED,
        Post.body != "",
        or_(Post.scanned_version >= Post.version, is_given_up()),
    )


def _texts_of(case: Case) -> Select[EarlierText]:
    return (
        select(EarlierText)
        .join(Post, Post.id == EarlierText.post_id)
        .where(
            *_written_by(case),
            or_(EarlierText.version <= Post.scanned_version, is_given_up()),
        )
    )


def _written_by(case: Case) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return Post.thread_id == case.thread_id, Post.author_id == case.subject_id
