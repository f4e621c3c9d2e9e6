"""Joining a case to another that is about the same: one of them goes on with what both know."""

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import joinedload

from forum.accounts.models import Member
from forum.clock import now
from forum.extensions import db
from moderation.care.operations import end_check_ins, open_check_ins
from moderation.cases.acts import advance
from moderation.cases.models import Act, Case, CaseState, CloseReason, Lane
from moderation.cases.queries import is_same_name
from moderation.cases.raising import free_for_others, raised
from moderation.cases.refusals import CaseChanged, Refusal, Undecided
from moderation.cases.snapshots import remember
from moderation.measures.held import take_held
from moderation.risk.levels import Level

CANDIDATES = 20


class OwnCareNeeded(Refusal):
    """A red or crisis case goes on in no case of another name: its person would be left alone."""


def candidates_for(case: Case) -> list[Case]:
    """Return the open cases of the same name, or in the same thread; the worst first.

    Other names of the same person are not told here. A red or crisis case goes on with the same
    name alone. An appeal is joined to nothing.
    """
    if case.lane is Lane.APPEAL:
        return []
    same = is_same_name(case)
    if case.level < Level.RED:
        same = or_(same, Case.thread_id == case.thread_id)
    return list(
        db.session.scalars(
            select(Case)
            .where(
                Case.id != case.id,
                Case.state != CaseState.CLOSED,
                Case.lane != Lane.APPEAL,
                same,
            )
            .options(joinedload(Case.thread), joinedload(Case.subject), joinedload(Case.alias))
            .order_by(Case.level.desc(), Case.due_at, Case.id)
            .limit(CANDIDATES)
        )
    )


def case_after(case: Case) -> Case | None:
    """Return the case that this one was joined to. One statement, or none."""
    return db.session.get(Case, case.merged_into_id) if case.merged_into_id else None


def merge(moderator: Member, case: Case, seen_version: int, into: Case, note: str) -> None:
    """Close a case as a duplicate and let another one go on, as if its news had come there.

    The other case is new to whoever has it open, and back in the queue if its holder may not
    answer it now: `cases.raising`.
    Raises Undecided for an appeal; CaseChanged where the two are not about the same, or the other
    is an appeal, is closed meanwhile or is about the moderator; OwnCareNeeded where a red or crisis
    case would go on under another name, with neither a second opinion nor a follow-up for its
    person; StillHeld where a post waits that the other case does not show; else as `advance` does.
    """
    if case.lane is Lane.APPEAL:
        raise Undecided
    # Other names of the same person are not the same here: it would tell who they are.
    same_name = (case.subject_id, case.alias_id) == (into.subject_id, into.alias_id)
    same = same_name or case.thread_id == into.thread_id
    is_appeal = into.lane is Lane.APPEAL
    if not same or is_appeal or into.id == case.id or into.subject_id == moderator.id:
        raise CaseChanged
    if not same_name and case.level >= Level.RED:
        raise OwnCareNeeded
    take_held(case, None)
    level = case.risk_level
    checks = open_check_ins(case.id)
    target = remember([into])[0]
    version = db.session.scalar(
        update(Case)
        .where(Case.id == into.id, Case.state != CaseState.CLOSED)
        .values(
            raised(case.lane, level, case.due_at)
            | {"lead_called_at": func.coalesce(Case.lead_called_at, case.lead_called_at)}
        )
        .returning(Case.version)
        .execution_options(synchronize_session=False)
    )
    if version is None:
        raise CaseChanged
    db.session.expire(into)
    free_for_others(into, level)
    advance(
        moderator,
        case,
        seen_version,
        Act.MERGE,
        note=note,
        reason=CloseReason.DUPLICATE,
        values={
            "state": CaseState.CLOSED,
            "closed_at": now(),
            "close_reason": CloseReason.DUPLICATE,
            "claimed_until": None,
            "hold_reason": None,
            "merged_into_id": into.id,
        },
        before=[*remember([case, *checks]), {**target, "version": version}],
    )
    end_check_ins(case.id)
