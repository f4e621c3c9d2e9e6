"""Words that were taken back before any scan could read them: kept for the case, then erased."""

from datetime import timedelta

from sqlalchemy import Select, select

from forum.extensions import db
from forum.outbox import Handler, enqueue
from forum.posts.models import Post, Visibility
from forum.posts.operations import erase
from moderation.cases.models import Case, CaseState

ERASE_KEPT = "erase_kept"


def erase_later(case: Case, after: timedelta) -> None:
    """Erase what the person of a case has taken back, when its closing can't be undone."""
    if db.session.scalar(select(_kept_of(case).exists())):
        enqueue(ERASE_KEPT, case.id, after=after)


def erase_kept(case_id: int) -> None:
    """Erase what the person of a closed case has taken back, unless the closing was undone."""
    case = db.session.get_one(Case, case_id)
    if case.state is CaseState.CLOSED:
        for post in db.session.scalars(_kept_of(case)):
            erase(post)


def _leave_to_the_operator(case_id: int, job_id: int) -> None:
    """Do nothing: the dead job stays, and health shows it."""


ERASE_HANDLER = Handler(run=erase_kept, bury=_leave_to_the_operator)


def _kept_of(case: Case) -> Select[Post]:
    return select(Post).where(
        Post.thread_id == case.thread_id,
        Post.author_id == case.subject_id,
        Post.visibility == Visibility.DELETED,
        Post.body != "",
    )
