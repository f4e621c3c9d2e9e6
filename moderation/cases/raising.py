"""How news moves an open case: it rises, never sinks, and may come back to the queue."""

from datetime import datetime
from typing import Any

from sqlalchemy import case as choose
from sqlalchemy import or_

from moderation.cases.eligibility import may_answer
from moderation.cases.leases import IN_HAND, free
from moderation.cases.models import Case, CaseState, Lane, Reading
from moderation.risk.levels import Level

# Lanes that never change the lane of an open case, and those that any other one changes.
QUIET = (Lane.SAMPLE, Lane.NEWCOMER, Lane.ROOM, Lane.CARE)
YIELDING = (*QUIET, Lane.BREACH, Lane.SPAM)


def raised(lane: Lane, level: Level, due_at: datetime) -> dict[str, Any]:
    """Return the columns of an open case that something of this lane, level and due time joins.

    A case never sinks, and its due time never moves back. It changes to the lane that raised
    it; a calm lane or one of spam also changes to an equal cause, so that nothing about a person
    in need is cleared away as spam. What someone thought of it before this came in is no opinion
    about it any more, and a follow-up is nobody's own any more. `free_for_others` comes after it.
    """
    yields = or_(Case.level < level, Case.lane.in_(YIELDING))
    return {
        "version": Case.version + 1,
        "lane": Case.lane if lane in QUIET else choose((yields, lane), else_=Case.lane),
        "level": choose((Case.level < level, int(level)), else_=Case.level),
        "due_at": choose((Case.due_at > due_at, due_at), else_=Case.due_at),
        "reading": Reading.ORDINARY,
        "owner_id": None,
        "owner_until": None,
    }


def free_for_others(case: Case, news: Level) -> None:
    """Put a case back in the queue at once if it rose above what its holder may answer.

    Also if something urgent came in while it was held.
    """
    is_urgent_news = case.state is CaseState.HELD and news >= Level.RED
    if is_urgent_news or (
        case.state in IN_HAND and case.holder and not may_answer(case.holder, case)
    ):
        free(case)
