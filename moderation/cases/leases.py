"""How long a case is with one person, and that it comes back by itself."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select, update

from forum.accounts.models import Member
from forum.clock import now
from forum.extensions import count_rows, db, setting
from moderation.cases.models import Case, CaseState
from moderation.risk.levels import Level

IN_HAND = (CaseState.CLAIMED, CaseState.HELD)
# A case that is with nobody.
FREE = {"state": CaseState.WAITING, "holder_id": None, "claimed_until": None, "hold_reason": None}


def claim_length() -> timedelta:
    """Return how long a claim lasts without renewal."""
    return timedelta(minutes=setting("CLAIM_MINUTES"))


def hold_limit(level: Level) -> int:
    """Return how many minutes a case of this level may be held at most."""
    return int(setting("URGENT_HOLD_MINUTES" if level >= Level.RED else "HOLD_MINUTES"))


def in_hand(moment: datetime) -> ColumnElement[bool]:
    """Return the condition for cases that are with someone at this moment.

    An end far ahead was written by a clock that has been set back since, and counts as over.
    """
    return or_(
        *(
            and_(
                Case.state == state,
                Case.claimed_until.between(moment, moment + _furthest_end(state)),
            )
            for state in IN_HAND
        )
    )


def is_in_hand(case: Case, moment: datetime) -> bool:
    """Return whether a case is with someone at this moment; the same as `in_hand`."""
    return (
        case.state in IN_HAND
        and case.claimed_until is not None
        and moment <= case.claimed_until <= moment + _furthest_end(case.state)
    )


def keep(moderator: Member, case: Case, *, is_act: bool) -> bool:
    """Renew someone's claim because their page of the case is open. Returns whether they hold it.

    An open page alone keeps a claim no longer than the limit after the last act; with `is_act`
    a person has said that they are still there.
    """
    moment = now()
    if case.state is not CaseState.CLAIMED or case.holder_id != moderator.id:
        return False
    if not is_in_hand(case, moment):
        return False
    acted_at = moment if is_act or case.acted_at is None else case.acted_at
    limit = acted_at + timedelta(minutes=setting("CLAIM_LIMIT_MINUTES"))
    until = max(case.claimed_until, min(moment + claim_length(), limit))
    renewed = count_rows(
        update(Case)
        .where(
            Case.id == case.id,
            Case.state == CaseState.CLAIMED,
            Case.holder_id == moderator.id,
            Case.claimed_until == case.claimed_until,
        )
        .values(claimed_until=until, acted_at=acted_at)
    )
    db.session.refresh(case)
    return renewed == 1 or (case.holder_id == moderator.id and is_in_hand(case, moment))


def return_what_ran_out() -> None:
    """Put back what nobody has any more, so that what is not waiting stays little."""
    over = (
        select(Case.id)
        .where(Case.claimed_until.is_not(None), ~in_hand(now()))
        .with_for_update(skip_locked=True)
    )
    db.session.execute(
        update(Case).where(Case.id.in_(over)).values(FREE),
        execution_options={"synchronize_session": False},
    )


def free(case: Case) -> None:
    """Put a case back in the queue at once."""
    for name, value in FREE.items():
        setattr(case, name, value)


def _furthest_end(state: CaseState) -> timedelta:
    longest = setting("CLAIM_MINUTES") if state is CaseState.CLAIMED else setting("HOLD_MINUTES")
    return timedelta(minutes=2 * longest)
