"""What must be true of alerts, for `teduh doctor`."""

from datetime import timedelta

from sqlalchemy import Select, exists, select

from forum.clock import now
from moderation.alerts.conditions import is_unclaimed
from moderation.alerts.models import Alert, AlertDelivery, DeliveryState, Kind
from moderation.cases.invariants import Finding, run_checks
from moderation.cases.models import Case
from moderation.risk.levels import Level

# Beat and the watcher look every few seconds; a minute without an alert is not chance.
ALERT_WITHIN = timedelta(seconds=60)
STUCK_AFTER = timedelta(minutes=5)


def _urgent_cases_without_alert() -> Select[tuple[int]]:
    moment = now()
    known = exists().where(
        Alert.kind == Kind.CASE, Alert.subject_id == Case.id, Alert.ended_at.is_(None)
    )
    lapsed_lately = Case.claimed_until.is_not(None) & (Case.claimed_until > moment - ALERT_WITHIN)
    return select(Case.id).where(
        is_unclaimed(moment),
        Case.level >= Level.RED,
        Case.opened_at < moment - ALERT_WITHIN,
        ~lapsed_lately,
        ~known,
    )


def _deliveries_that_stick() -> Select[tuple[int]]:
    old = now() - STUCK_AFTER
    waits = (AlertDelivery.state == DeliveryState.PENDING) & (AlertDelivery.run_at < old)
    leased = (AlertDelivery.state == DeliveryState.LEASED) & (AlertDelivery.lease_until < old)
    return select(AlertDelivery.id).where(waits | leased)


CHECKS = {
    "red or crisis cases without alert": _urgent_cases_without_alert,
    "deliveries that are stuck": _deliveries_that_stick,
}


def check_alerts() -> list[Finding]:
    """Return one finding for each check, broken or not."""
    return run_checks(CHECKS)
