"""Figures of alerts for Prometheus."""

from prometheus_client import CollectorRegistry, Gauge
from sqlalchemy import func, select

from forum.clock import now
from forum.extensions import db
from forum.targets import Rung
from moderation.alerts.models import AlertDelivery, DeliveryState
from moderation.alerts.queries import oldest_unseen
from moderation.risk.levels import Level


def measure_alerts(registry: CollectorRegistry) -> None:
    """Add the messages of the last month by state, rung and level, and the longest unseen alert."""
    messages = Gauge(
        "teduh_alert_messages",
        "Messages of alerts, of the last 30 days.",
        ["state", "rung", "level"],
        registry=registry,
    )
    for state in (DeliveryState.SENT, DeliveryState.FAILED):
        for rung in Rung:
            for level in (Level.AMBER, Level.RED, Level.CRISIS):
                messages.labels(state.value, rung.word, level.word)
    counts = db.session.execute(
        select(AlertDelivery.state, AlertDelivery.rung, AlertDelivery.level, func.count())
        .where(~AlertDelivery.is_test)
        .group_by(AlertDelivery.state, AlertDelivery.rung, AlertDelivery.level)
    )
    for state, rung, level, number in counts:
        messages.labels(state.value, Rung(rung).word, Level(level).word).set(number)
    oldest = Gauge(
        "teduh_oldest_unseen_alert_seconds",
        "Age of the oldest alert that nobody has seen.",
        registry=registry,
    )
    since = oldest_unseen()
    oldest.set((now() - since).total_seconds() if since else 0)
