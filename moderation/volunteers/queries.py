"""Reads of shifts: one's own, what was left to others, and what leads look after."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, func, select
from sqlalchemy.orm import joinedload

from forum.accounts.models import STAFF, Member
from forum.clock import now
from forum.extensions import db
from forum.posts.models import Thread
from moderation.cases.models import Act, Case, CaseState, Decision
from moderation.volunteers.exposure import Exposure, exposure_of, stays_of
from moderation.volunteers.models import Shift

SHIFTS_SHOWN = 30
STAFF_SHOWN = 200
LATELY = timedelta(days=14)
LEFT_SHOWN = 100


@dataclass(frozen=True)
class Left:
    """A case that was not closed in somebody's shift, with the last note that they wrote on it."""

    case: Case
    note: str


def open_shift(member: Member) -> Shift | None:
    """Return the shift that somebody has not ended; it may have run out."""
    found = select(Shift).where(Shift.member_id == member.id, Shift.ended_at.is_(None))
    return db.session.scalar(found)


def last_shift(member: Member) -> Shift | None:
    """Return somebody's latest shift."""
    found = select(Shift).where(Shift.member_id == member.id).order_by(Shift.started_at.desc())
    return db.session.scalar(found.limit(1))


def last_ended_at(member: Member) -> datetime | None:
    """Return when somebody's last shift ended."""
    return db.session.scalar(select(func.max(Shift.ended_at)).where(Shift.member_id == member.id))


def left_by(shift: Shift) -> list[Left]:
    """Return the hand-over: what was taken in a shift and is not closed, worst first."""
    within = (
        Decision.moderator_id == shift.member_id,
        Decision.created_at.between(shift.started_at, shift.ended_at or now()),
    )
    taken = exists().where(Decision.case_id == Case.id, Decision.act == Act.CLAIM, *within)
    cases = db.session.scalars(
        select(Case)
        .where(taken, Case.state != CaseState.CLOSED)
        .options(joinedload(Case.thread).joinedload(Thread.room))
        .order_by(Case.level.desc(), Case.due_at)
        .limit(LEFT_SHOWN)
    ).all()
    notes = db.session.execute(
        select(Decision.case_id, Decision.note)
        .where(
            Decision.case_id.in_([case.id for case in cases]),
            Decision.act.in_((Act.RELEASE, Act.HOLD_CASE)),
            Decision.note != "",
            *within,
        )
        .order_by(Decision.id)
    )
    last = {row.case_id: row.note for row in notes}
    return [Left(case, last.get(case.id, "")) for case in cases]


def latest_shifts() -> Sequence[Shift]:
    """Return the shifts of two weeks, the newest first, with who was in them."""
    return db.session.scalars(
        select(Shift)
        .where(Shift.started_at >= now() - LATELY)
        .options(joinedload(Shift.member))
        .order_by(Shift.started_at.desc())
        .limit(SHIFTS_SHOWN)
    ).all()


def exposures() -> list[tuple[Member, Exposure]]:
    """Return the figures of everybody at the desk, by name; two statements."""
    staff = db.session.scalars(
        select(Member)
        .where(Member.role.in_(STAFF), Member.closed_at.is_(None))
        .order_by(Member.pseudonym)
        .limit(STAFF_SHOWN)
    ).all()
    stays = stays_of(member.id for member in staff)
    return [(member, exposure_of(stays.get(member.id, []))) for member in staff]
