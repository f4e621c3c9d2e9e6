"""Who is on duty: the one place that says so."""

from datetime import timedelta

from sqlalchemy import Select, and_, func, or_, select

from forum.accounts.models import Member, Role
from forum.clock import now
from forum.extensions import db
from moderation.alerts.models import Duty
from moderation.audit.models import Action, AuditEntry

# Source: practice.md section 6, at most two hours a shift.
SHIFT = timedelta(hours=2)
ACTIVE = timedelta(minutes=15)
# Those who may answer red and crisis: practice.md section 2.
ANSWERING = (Role.MODERATOR, Role.LEAD, Role.ADMIN)
_NOT_ACTS = (Action.GO_ON_DUTY, Action.LEAVE_DUTY)


def on_duty() -> int:
    """Return how many people who may answer red and crisis cases are on duty now.

    That is who said so less than two hours ago, and who has acted in the last quarter of an hour
    and not said to leave since.
    """
    return db.session.scalar(select(func.count()).select_from(_on_duty().subquery())) or 0


def is_on_duty(member: Member) -> bool:
    """Return whether this person said to be on duty, and still is."""
    found = select(Duty.member_id).where(Duty.member_id == member.id, Duty.until > now())
    return db.session.scalar(found) is not None


def _on_duty() -> Select[tuple[int]]:
    moment = now()
    acts = (
        select(AuditEntry.actor_id, func.max(AuditEntry.moment).label("last"))
        .where(AuditEntry.moment >= moment - ACTIVE, AuditEntry.action.not_in(_NOT_ACTS))
        .group_by(AuditEntry.actor_id)
        .subquery()
    )
    acted = and_(
        acts.c.last.is_not(None), or_(Duty.changed_at.is_(None), acts.c.last > Duty.changed_at)
    )
    return (
        select(Member.id)
        .outerjoin(Duty, Duty.member_id == Member.id)
        .outerjoin(acts, acts.c.actor_id == Member.id)
        .where(Member.role.in_(ANSWERING), or_(Duty.until > moment, acted))
    )
