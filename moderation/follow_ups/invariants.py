"""What must be true of follow-ups at every moment."""

from datetime import timedelta

from sqlalchemy import Select, exists, select

from forum.clock import now
from forum.outbox import Job, JobState
from moderation.follow_ups.models import FollowUp, FollowUpState
from moderation.follow_ups.operations import FOLLOW_UP

# A sweep comes every few seconds, and each one does the oldest jobs first.
LATEST = timedelta(minutes=15)


def _due_without_case() -> Select[tuple[int]]:
    return select(FollowUp.id).where(
        FollowUp.state == FollowUpState.PLANNED, FollowUp.due_at < now() - LATEST
    )


def _planned_without_job() -> Select[tuple[int]]:
    waiting = exists().where(
        Job.kind == FOLLOW_UP,
        Job.subject_id == FollowUp.id,
        Job.state.in_((JobState.PENDING, JobState.LEASED)),
    )
    return select(FollowUp.id).where(FollowUp.state == FollowUpState.PLANNED, ~waiting)


def _opened_without_case() -> Select[tuple[int]]:
    return select(FollowUp.id).where(
        FollowUp.state == FollowUpState.OPENED, FollowUp.opened_case_id.is_(None)
    )


FOLLOW_UP_CHECKS = {
    "follow-ups due without case": _due_without_case,
    "follow-ups planned without job": _planned_without_job,
    "follow-ups opened without case": _opened_without_case,
}
