"""Who may answer which case, and what keeps the others from it."""

from sqlalchemy import ColumnElement, and_, exists, not_, or_

from forum.accounts.models import Member, Role
from forum.clock import now
from moderation.cases.models import Case, Lane, Reading, Recusal
from moderation.cases.refusals import (
    ForItsOwner,
    ForLeads,
    NotTrained,
    OwnDecision,
    ReadAlready,
    Refusal,
)
from moderation.risk.levels import Level

# Who decides where two opinions differ.
DECIDE = (Role.LEAD, Role.ADMIN)


def is_recused(member: Member, case: Case) -> bool:
    """Return whether the case questions what this person did."""
    return case.lane is Lane.APPEAL and any(row.member_id == member.id for row in case.recusals)


def is_blind_to(member: Member, case: Case) -> bool:
    """Return whether this person may see nothing of what was thought of the case before."""
    return case.reading is Reading.BLIND and not any(
        row.member_id == member.id for row in case.recusals
    )


def may_answer(member: Member, case: Case) -> bool:
    """Return whether this person's role answers cases of this level.

    Amber is for any trained volunteer, red and crisis are for moderators: practice.md section 2.
    Appeals are for moderators too. Nobody answers a case about themselves or their own decision.
    """
    if case.subject_id == member.id or is_recused(member, case):
        return False
    if member.role is Role.VOLUNTEER and case.lane is Lane.APPEAL:
        return False
    return answers_level(member, case.risk_level)


def answers_level(member: Member, level: Level) -> bool:
    """Return whether this person's role answers cases of a level."""
    if member.role is Role.VOLUNTEER:
        return level <= Level.AMBER
    return member.role in (Role.MODERATOR, Role.LEAD, Role.ADMIN)


def why_not(member: Member, case: Case) -> Refusal | None:
    """Return what keeps this person from taking the case if it waits, or None."""
    if is_recused(member, case):
        return OwnDecision()
    if not may_answer(member, case):
        return NotTrained()
    if case.reading is Reading.BLIND and not is_blind_to(member, case):
        return ReadAlready()
    if case.reading is Reading.LEADS and member.role not in DECIDE:
        return ForLeads()
    owned = case.owner_until is not None and case.owner_until > now()
    if owned and case.owner_id != member.id:
        return ForItsOwner()
    return None


def may_be_answered_by(member: Member) -> ColumnElement[bool]:
    """Return the condition for cases, of whatever level, that are not kept from this person."""
    kept = [
        Case.subject_id != member.id,
        is_not_recused(member),
        or_(Case.owner_until.is_(None), Case.owner_until <= now(), Case.owner_id == member.id),
    ]
    if member.role is Role.VOLUNTEER:
        kept.append(Case.lane != Lane.APPEAL)
    if member.role not in DECIDE:
        kept.append(Case.reading != Reading.LEADS)
    return and_(*kept)


def is_not_recused(moderator: Member) -> ColumnElement[bool]:
    """Return the condition for cases that do not question what this person did."""
    return not_(
        and_(
            or_(Case.lane == Lane.APPEAL, Case.reading == Reading.BLIND),
            exists().where(Recusal.case_id == Case.id, Recusal.member_id == moderator.id),
        )
    )
