"""Reads of appeals. `get_measure_for` is a member's only way to a measure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from forum.accounts.models import Member
from forum.clock import now
from forum.extensions import db, setting
from moderation.appeals.models import Appeal, AppealOutcome
from moderation.cases.models import Case
from moderation.measures.models import Measure
from moderation.measures.reversals import is_reversible


@dataclass(frozen=True)
class Standing:
    """What a member can do about a measure: appeal until `until`, or read what became of it."""

    measure: Measure
    appeal: Appeal | None
    until: datetime
    may_appeal: bool


@dataclass(frozen=True)
class Reversals:
    """How many appeals were decided, and how many of them took the measure back."""

    decided: int
    overturned: int

    @property
    def rate(self) -> float | None:
        """Return the share that was overturned, 0 to 1; None before the first decision."""
        return self.overturned / self.decided if self.decided else None


def get_measure_for(member: Member, public_id: str) -> Measure | None:
    """Return a measure that concerns this member and that they were told of, and no other."""
    measure = db.session.scalar(
        select(Measure)
        .where(Measure.public_id == public_id, Measure.member_id == member.id)
        .options(joinedload(Measure.post), joinedload(Measure.thread))
    )
    return measure if measure is not None and measure.took_effect else None


def standing_of(measure: Measure) -> Standing:
    """Return whether a measure can be appealed now, and the appeal that there is."""
    appeal = db.session.scalar(select(Appeal).where(Appeal.measure_id == measure.id))
    until = measure.created_at + timedelta(days=setting("APPEAL_DAYS"))
    may_appeal = (
        appeal is None and measure.is_in_force and is_reversible(measure.kind) and now() <= until
    )
    return Standing(measure, appeal, until, may_appeal)


def find_appeal(case: Case) -> Appeal | None:
    """Return the appeal that a case was opened for, with measure and post."""
    return db.session.scalar(
        select(Appeal)
        .where(Appeal.case_id == case.id)
        .options(joinedload(Appeal.measure).joinedload(Measure.post))
    )


def appeals_with_danger(case: Case) -> list[Appeal]:
    """Return the appeals whose words opened or raised a case, the oldest first."""
    return list(
        db.session.scalars(
            select(Appeal).where(Appeal.danger_case_id == case.id).order_by(Appeal.id)
        )
    )


def reversals(since: datetime | None = None) -> Reversals:
    """Return the figures of decided appeals, all or from a moment on, in one statement."""
    counted = select(
        func.count(Appeal.id),
        func.count(Appeal.id).filter(Appeal.outcome == AppealOutcome.OVERTURNED),
    ).where(Appeal.outcome.is_not(None))
    if since is not None:
        counted = counted.where(Appeal.decided_at >= since)
    decided, overturned = db.session.execute(counted).one()
    return Reversals(decided, overturned)
