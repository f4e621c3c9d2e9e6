"""What must be true of data rights at every moment; `teduh doctor` asks."""

from sqlalchemy import Select, and_, exists, or_, select

from forum.accounts.models import Member
from forum.clock import now
from forum.outbox import Job, JobState
from moderation.rights.erasure import ERASE_MEMBER, PROMISED
from moderation.rights.models import Erasure


def _late_erasures() -> Select[tuple[int]]:
    return select(Erasure.id).where(
        Erasure.done_at.is_(None), Erasure.requested_at < now() - PROMISED
    )


def _erasures_without_job() -> Select[tuple[int]]:
    waiting = exists().where(
        Job.kind == ERASE_MEMBER,
        Job.subject_id == Erasure.id,
        Job.state.in_((JobState.PENDING, JobState.LEASED)),
    )
    return select(Erasure.id).where(Erasure.done_at.is_(None), ~waiting)


def _half_erased() -> Select[tuple[int]]:
    """Find requests that are done and still name an account, or that wait and name none."""
    gone = ~exists().where(Member.id == Erasure.member_id)
    return select(Erasure.id).where(
        or_(
            and_(Erasure.done_at.is_not(None), Erasure.member_id.is_not(None)),
            and_(Erasure.done_at.is_(None), gone),
        )
    )


CHECKS = {
    "erasures later than 72 hours": _late_erasures,
    "erasures that nobody carries out": _erasures_without_job,
    "erasures half done": _half_erased,
}
