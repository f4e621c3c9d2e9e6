"""What must be true of appeals at every moment; `teduh doctor` asks."""

from typing import Any

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from moderation.appeals.models import Appeal
from moderation.cases.models import Case, CaseState, Lane, Recusal
from moderation.measures.models import Measure


def _appeals_that_nobody_sees() -> Select[tuple[int]]:
    """Find what waits for a decision without an open case of its own."""
    seen = exists().where(
        Case.id == Appeal.case_id, Case.lane == Lane.APPEAL, Case.state != CaseState.CLOSED
    )
    return select(Appeal.id).where(Appeal.outcome.is_(None), ~seen)


def _appeals_open_to_their_own() -> Select[tuple[int]]:
    """Find appeals that somebody who took or confirmed the measure could take."""

    def may(person: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
        return ~exists().where(Recusal.case_id == Appeal.case_id, Recusal.member_id == person)

    return (
        select(Appeal.id)
        .join(Measure, Measure.id == Appeal.measure_id)
        .where(
            or_(
                may(Measure.moderator_id),
                Measure.confirmed_by_id.is_not(None) & may(Measure.confirmed_by_id),
            )
        )
    )


def _appeal_cases_without_appeal() -> Select[tuple[int]]:
    return select(Case.id).where(
        Case.lane == Lane.APPEAL, ~exists().where(Appeal.case_id == Case.id)
    )


def _cases_joined_with_an_appeal() -> Select[tuple[int]]:
    """Find cases that ended by being joined to an appeal, and appeals that ended so."""
    into = aliased(Case)
    return (
        select(Case.id)
        .join(into, into.id == Case.merged_into_id)
        .where(or_(Case.lane == Lane.APPEAL, into.lane == Lane.APPEAL))
    )


CHECKS = {
    "appeals that nobody sees": _appeals_that_nobody_sees,
    "appeals open to whom they question": _appeals_open_to_their_own,
    "appeal cases without appeal": _appeal_cases_without_appeal,
    "cases joined with an appeal": _cases_joined_with_an_appeal,
}
