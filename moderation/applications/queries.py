"""Reads of applications, of those who learn, and of roles that wait for a second word."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from forum.accounts.models import STAFF, Member
from forum.extensions import db
from moderation.applications.models import Application, ApplicationState, Grant
from moderation.training.models import Trainee
from moderation.training.queries import Step, steps_of_all

APPLICATIONS_SHOWN = 50
PEOPLE_SHOWN = 200


@dataclass(frozen=True)
class Learner:
    """Somebody who learns or answers, how they stand, and the role that waits for them."""

    member: Member
    steps: Sequence[Step]
    grant: Grant | None

    @property
    def is_certified(self) -> bool:
        """Whether every certificate is valid."""
        return all(step.is_valid for step in self.steps)


def latest_application_of(member: Member) -> Application | None:
    """Return what somebody wrote last."""
    return db.session.scalar(
        select(Application)
        .where(Application.member_id == member.id)
        .order_by(Application.id.desc())
        .limit(1)
    )


def find_application(public_id: str) -> Application | None:
    """Return an application, for leads and admins."""
    return db.session.scalar(
        select(Application)
        .where(Application.public_id == public_id)
        .options(joinedload(Application.member), joinedload(Application.answered_by))
    )


def applications_in(state: ApplicationState) -> Sequence[Application]:
    """Return the applications in a state, the oldest first, worrying words before all others."""
    return db.session.scalars(
        select(Application)
        .where(Application.state == state)
        .options(joinedload(Application.member))
        .order_by(Application.level.desc().nulls_last(), Application.id)
        .limit(APPLICATIONS_SHOWN)
    ).all()


def open_grant_of(member: Member) -> Grant | None:
    """Return the role that waits for a second word about this person."""
    return db.session.scalar(
        select(Grant).where(Grant.member_id == member.id, Grant.second_id.is_(None))
    )


def learners() -> list[Learner]:
    """Return everybody who learns or answers, by name; three statements."""
    people = db.session.scalars(
        select(Member)
        .outerjoin(Trainee, Trainee.member_id == Member.id)
        .where(
            or_(Member.role.in_(STAFF), Trainee.member_id.is_not(None)),
            Member.closed_at.is_(None),
        )
        .order_by(Member.pseudonym)
        .limit(PEOPLE_SHOWN)
    ).all()
    steps = steps_of_all(person.id for person in people)
    grants = {
        grant.member_id: grant
        for grant in db.session.scalars(
            select(Grant).where(Grant.second_id.is_(None)).options(joinedload(Grant.first))
        )
    }
    return [Learner(person, steps[person.id], grants.get(person.id)) for person in people]
