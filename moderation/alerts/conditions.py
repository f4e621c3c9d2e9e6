"""What waits for a human now, each kind as one query."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, not_, select

from forum.accounts.models import Member
from forum.clock import now
from forum.extensions import db, setting
from forum.outbox import Job, JobState
from forum.web.health import UNSCANNED_LIMIT_SECONDS, unscanned_seconds
from moderation.alerts.models import Kind
from moderation.cases.eligibility import DECIDE
from moderation.cases.leases import IN_HAND, in_hand
from moderation.cases.models import Case, CaseState, Decision
from moderation.cases.opening import target_of
from moderation.risk.levels import Level
from moderation.volunteers.duty import on_duty

# A dead scan has a case of its own; its alarm is no use for ever.
DEAD_JOB_SHOWN = timedelta(days=1)


def is_unclaimed(moment: datetime) -> ColumnElement[bool]:
    """Return the condition that nobody has a case now; a claim that ran out is none."""
    return and_(Case.state != CaseState.CLOSED, not_(in_hand(moment)))


def rows_that_wait(kind: Kind) -> Select[tuple[int, int]]:
    """Return ids and levels of the rows of a kind that wait for a human: cases, or dead jobs."""
    moment = now()
    if kind is Kind.DEAD_JOB:
        return select(Job.id.label("subject_id"), literal(int(Level.RED)).label("level")).where(
            Job.state == JobState.DEAD, Job.finished_at > moment - DEAD_JOB_SHOWN
        )
    if kind is Kind.LEAD_CALL:
        # What one of them has taken or decided on has been answered, for good: once for a case.
        answered = exists().where(
            Decision.case_id == Case.id,
            Decision.moderator_id == Member.id,
            Member.role.in_(DECIDE),
        )
        called = select(Case.id.label("subject_id"), literal(int(Level.CRISIS)).label("level"))
        return called.where(
            Case.lead_called_at.is_not(None), Case.state != CaseState.CLOSED, ~answered
        )
    cases = select(Case.id.label("subject_id"), Case.level.label("level"))
    if kind is Kind.CASE:
        return cases.where(is_unclaimed(moment), Case.level >= Level.RED)
    amber = cases.where(Case.level == Level.AMBER)
    if kind is Kind.CLAIM_LOST:
        return amber.where(Case.state.in_(IN_HAND), not_(in_hand(moment)))
    old = moment - timedelta(minutes=setting("AMBER_ALARM_MINUTES"))
    return amber.where(is_unclaimed(moment), Case.opened_at < old)


def level_of_state(kind: Kind, *, silent: bool) -> int | None:
    """Return how urgent a state of the whole system is, or None while all is well."""
    if kind is Kind.SILENT:
        return int(Level.CRISIS) if silent else None
    if kind is Kind.UNSCANNED:
        return int(Level.CRISIS) if unscanned_seconds() > UNSCANNED_LIMIT_SECONDS else None
    waiting = rows_that_wait(Kind.CASE).subquery()
    worst = db.session.scalar(select(func.max(waiting.c.level)))
    return worst if worst is not None and on_duty() == 0 else None


def since_of(case_ids: list[int]) -> dict[int, datetime]:
    """Return when cases that nobody has ever taken got their level.

    That is the due time less the target, never before they opened.
    """
    untouched = ~exists().where(Decision.case_id == Case.id)
    rows = db.session.execute(
        select(Case.id, Case.opened_at, Case.due_at, Case.level).where(
            Case.id.in_(case_ids), untouched
        )
    )
    return {
        row.id: min(now(), max(row.opened_at, row.due_at - target_of(Level(row.level))))
        for row in rows
    }
