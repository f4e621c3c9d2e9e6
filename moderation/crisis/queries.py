"""Reads of the time line and of who keeps whom company."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from forum.accounts.models import Member
from forum.clock import now
from forum.extensions import db
from moderation.cases.eligibility import may_answer
from moderation.cases.leases import in_hand
from moderation.cases.models import Case, CaseState, Flag
from moderation.crisis.models import Company, Entry

SHOWN = 200
ASKED_SHOWN = 20


def entries_of(case: Case) -> list[Entry]:
    """Return a case's time line, the oldest first, with who wrote it."""
    return list(
        db.session.scalars(
            select(Entry)
            .where(Entry.case_id == case.id)
            .options(joinedload(Entry.moderator))
            .order_by(Entry.id)
            .limit(SHOWN)
        )
    )


def company_of(case: Case) -> list[Company]:
    """Return the calls for company on a case that have not ended, with who joined."""
    return list(
        db.session.scalars(
            select(Company)
            .where(Company.case_id == case.id, Company.ended_at.is_(None))
            .options(joinedload(Company.helper), joinedload(Company.asked_by))
            .order_by(Company.id)
        )
    )


def is_helper(member: Member, case: Case) -> bool:
    """Return whether this person keeps company on this case now, while it is open."""
    found = db.session.scalar(
        select(Company.id)
        .join(Case, Case.id == Company.case_id)
        .where(
            Company.case_id == case.id,
            Company.helper_id == member.id,
            Company.ended_at.is_(None),
            Case.state != CaseState.CLOSED,
        )
        .limit(1)
    )
    return found is not None


def ever_on(case: Case) -> list[int]:
    """Return the ids of all who have kept company on a case or written on its time line."""
    helpers = select(Company.helper_id).where(
        Company.case_id == case.id, Company.helper_id.is_not(None)
    )
    writers = select(Entry.moderator_id).where(Entry.case_id == case.id)
    return [number for number in db.session.scalars(helpers.union(writers)) if number]


def calls_for(member: Member) -> list[Case]:
    """Return the cases whose holders ask for company that this person could give."""
    cases = db.session.scalars(
        select(Case)
        .join(Company, Company.case_id == Case.id)
        .where(
            Company.helper_id.is_(None),
            Company.ended_at.is_(None),
            in_hand(now()),
            Case.holder_id != member.id,
        )
        .options(joinedload(Case.thread), joinedload(Case.holder))
        .order_by(Case.level.desc(), Company.asked_at)
        .limit(ASKED_SHOWN)
    )
    return [case for case in cases if may_answer(member, case)]


def flagged_since(case: Case) -> datetime:
    """Return when the first sign of the case's present level came, or when the case opened."""
    first = db.session.scalar(
        select(func.min(Flag.created_at)).where(Flag.case_id == case.id, Flag.level == case.level)
    )
    return first or case.opened_at
