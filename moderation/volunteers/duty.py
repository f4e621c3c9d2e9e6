"""Who is on duty: the one place that says so."""

from datetime import timedelta

from sqlalchemy import Select, and_, case, func, or_, select

from forum.accounts.models import Member, Role
from forum.clock import now
from forum.extensions import db
from moderation.audit.models import Action, AuditEntry
from moderation.training.queries import certified
from moderation.volunteers.models import Shift

# A sign further ahead than this was written by a clock that has been set back since.
ACTIVE = timedelta(minutes=15)
# A shift that matters to who is on duty began within it.
RECENT = timedelta(days=1)
# Those who may answer red and crisis: practice.md section 2.
ANSWERING = (Role.MODERATOR, Role.LEAD, Role.ADMIN)
_NOT_ACTS = (Action.GO_ON_DUTY, Action.LEAVE_DUTY)


def on_duty() -> int:
    """Return how many people who may answer red and crisis cases are on duty now.

    That is who is in a shift, and who has acted in the last quarter of an hour and not ended a
    shift since. Whom the desk is shut to, for their lessons have run out, is not among them.
    """
    return db.session.scalar(select(func.count()).select_from(_on_duty().subquery())) or 0


def is_alone(member: Member) -> bool:
    """Return whether nobody else is on duty who may answer red and crisis cases."""
    return db.session.scalar(_on_duty().where(Member.id != member.id).limit(1)) is None


def is_on_duty(member: Member) -> bool:
    """Return whether the desk is open to this person, in a shift that has not run out."""
    moment = now()
    found = select(Shift.id).where(
        Shift.member_id == member.id,
        Shift.member_id.in_(certified(moment)),
        Shift.ended_at.is_(None),
        Shift.until > moment,
    )
    return db.session.scalar(found) is not None


def _on_duty() -> Select[tuple[int]]:
    moment = now()
    acts = (
        select(AuditEntry.actor_id, func.max(AuditEntry.moment).label("last"))
        .where(
            AuditEntry.moment.between(moment - ACTIVE, moment + ACTIVE),
            AuditEntry.action.not_in(_NOT_ACTS),
        )
        .group_by(AuditEntry.actor_id)
        .subquery()
    )
    shifts = (
        select(
            Shift.member_id,
            func.max(func.coalesce(Shift.ended_at, Shift.started_at)).label("changed_at"),
            func.max(case((Shift.ended_at.is_(None), Shift.until))).label("until"),
        )
        .where(Shift.started_at.between(moment - RECENT, moment + ACTIVE))
        .group_by(Shift.member_id)
        .subquery()
    )
    acted = and_(
        acts.c.last.is_not(None),
        or_(shifts.c.changed_at.is_(None), acts.c.last > shifts.c.changed_at),
    )
    return (
        select(Member.id)
        .outerjoin(shifts, shifts.c.member_id == Member.id)
        .outerjoin(acts, acts.c.actor_id == Member.id)
        .where(
            Member.role.in_(ANSWERING),
            Member.id.in_(certified(moment)),
            or_(shifts.c.until > moment, acted),
        )
    )
