"""What a clock that ran ahead wrote into open cases: it is brought back once the clock is right."""

from datetime import datetime

from sqlalchemy import ColumnElement, exists, or_, select, update
from sqlalchemy import case as choose

from forum.clock import now
from forum.extensions import count_rows, db
from moderation.cases.leases import IN_HAND
from moderation.cases.models import Case, CaseState, Lane
from moderation.cases.opening import target_of
from moderation.risk.levels import Level


def are_cases_ahead() -> bool:
    """Return whether a case is due later than any of its level can be."""
    found = or_(*(exists().where(*_is_ahead(level, now())) for level in Level))
    return bool(db.session.scalar(select(found)))


def bring_cases_back() -> int:
    """Let such cases be as if they had come now. Returns how many. Does not commit."""
    moment = now()
    return sum(
        count_rows(
            update(Case)
            .where(*_is_ahead(level, moment))
            .values(
                due_at=moment + target_of(level),
                opened_at=choose((Case.opened_at > moment, moment), else_=Case.opened_at),
            )
            .execution_options(synchronize_session=False)
        )
        for level in Level
    )


def _is_ahead(level: Level, moment: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        Case.state.in_((CaseState.WAITING, *IN_HAND)),
        Case.level == int(level),
        Case.due_at > moment + target_of(level),
        # An appeal has a time of its own, longer than its level's.
        Case.lane != Lane.APPEAL,
    )
