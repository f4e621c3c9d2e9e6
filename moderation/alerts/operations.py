"""What people do about alerts: see one, try a target out."""

from sqlalchemy import update

from forum.accounts.models import Member
from forum.clock import now
from forum.extensions import count_rows, db
from forum.targets import Target
from moderation.alerts.models import Alert, AlertDelivery, Kind
from moderation.audit.models import Action, SubjectKind
from moderation.audit.operations import record
from moderation.cases.eligibility import DECIDE, may_answer
from moderation.cases.models import Case
from moderation.cases.refusals import NotTrained
from moderation.volunteers.duty import ANSWERING


def may_acknowledge(member: Member, alert: Alert, case: Case | None) -> bool:
    """Return whether this person's word stops an alert: whoever may take the case themselves.

    A call for a lead is stopped by nobody else.
    """
    if alert.kind is Kind.LEAD_CALL and member.role not in DECIDE:
        return False
    return may_answer(member, case) if case else member.role in ANSWERING


def acknowledge(member: Member, alert: Alert, case: Case | None) -> bool:
    """Say that a human has seen an alert; nobody further is told.

    A case that is still unclaimed after the length of a claim climbs again. Returns False if it
    was seen or had ended before. Raises NotTrained.
    """
    if not may_acknowledge(member, alert, case):
        raise NotTrained
    seen = count_rows(
        update(Alert)
        .where(Alert.id == alert.id, Alert.ended_at.is_(None), Alert.acknowledged_at.is_(None))
        .values(acknowledged_at=now(), acknowledged_by_id=member.id)
    )
    if seen:
        record(member, Action.SEE_ALERT, SubjectKind.ALERT, alert.id, about=alert.kind.value)
    return bool(seen)


def try_target(member: Member, target: Target) -> AlertDelivery:
    """Have a test sent to one target. Returns the delivery, which the log shows."""
    moment = now()
    delivery = AlertDelivery(
        target=target.key,
        rung=int(target.rung),
        level=0,
        is_test=True,
        created_at=moment,
        run_at=moment,
    )
    db.session.add(delivery)
    db.session.flush()
    record(member, Action.TRY_ALERT, SubjectKind.ALERT_DELIVERY, delivery.id)
    return delivery
