"""Reads of how cases end."""

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from forum.accounts.models import Member, Role
from forum.extensions import db
from moderation.cases.models import Case
from moderation.closing.models import Ending, Judgement, Opinion, Referral

OWNERS = (Role.MODERATOR, Role.LEAD, Role.ADMIN)
SHOWN = 200


def latest_opinion(case: Case) -> Opinion | None:
    """Return the last pair of judgements of a case, or the half of one."""
    return db.session.scalar(
        select(Opinion)
        .where(Opinion.case_id == case.id)
        .options(joinedload(Opinion.first_by), joinedload(Opinion.second_by))
        .order_by(Opinion.id.desc())
        .limit(1)
    )


def referrals_of(case: Case) -> list[Referral]:
    """Return the services that were named on a case, the first one first."""
    return list(
        db.session.scalars(
            select(Referral)
            .where(Referral.case_id == case.id)
            .options(joinedload(Referral.moderator), joinedload(Referral.entry))
            .order_by(Referral.id)
        )
    )


def find_referral(case: Case, number: int) -> Referral | None:
    """Return a referral of this case."""
    return db.session.scalar(
        select(Referral).where(Referral.id == number, Referral.case_id == case.id)
    )


def ending_of(case: Case) -> Ending | None:
    """Return the state in which a heavy case was closed."""
    return db.session.get(Ending, case.id)


def owners(first: Member, subject_id: int) -> list[Member]:
    """Return who can write to a person again: `first`, then the others who answer heavy cases."""
    others = db.session.scalars(
        select(Member)
        .where(Member.role.in_(OWNERS), Member.id.not_in((first.id, subject_id)))
        .order_by(Member.pseudonym)
        .limit(SHOWN)
    )
    return [first, *others]


def judgement_pairs() -> dict[tuple[Judgement, Judgement], int]:
    """Return how often two people judged a case so and so, first and second: kappa's table.

    The first one has always seen no need to act, because nobody asks otherwise. Cohen's kappa
    says something only together with pairs whose first judgement varies, such as calibration
    cases that two people read.
    """
    rows = db.session.execute(
        select(Opinion.first, Opinion.second, func.count())
        .where(Opinion.second.is_not(None))
        .group_by(Opinion.first, Opinion.second)
    )
    return {(first, second): number for first, second, number in rows if second is not None}
