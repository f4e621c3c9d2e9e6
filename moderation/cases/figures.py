"""The queue's figures for Prometheus."""

from prometheus_client import CollectorRegistry, Gauge
from sqlalchemy import func, select

from forum.clock import now
from forum.extensions import db
from moderation.cases.models import Case, CaseState
from moderation.cases.queries import queue_state
from moderation.risk.levels import Level


def measure_queue(registry: CollectorRegistry) -> None:
    """Add the open cases by level, those that are late, and the age of the longest wait."""
    state = queue_state()
    cases = Gauge("teduh_open_cases", "Cases that are not closed.", ["level"], registry=registry)
    for level in Level:
        cases.labels(level.word).set(state.open_by_level[level])
    oldest = Gauge(
        "teduh_oldest_waiting_seconds", "Age of the oldest unclaimed case.", registry=registry
    )
    oldest.set((now() - state.oldest).total_seconds() if state.oldest else 0)
    overdue = Gauge(
        "teduh_overdue_cases", "Waiting cases past their target.", ["level"], registry=registry
    )
    counts = db.session.execute(
        select(Case.level, func.count())
        .where(Case.state == CaseState.WAITING, Case.due_at < now())
        .group_by(Case.level)
    )
    late = {row[0]: row[1] for row in counts}
    for level in Level:
        overdue.labels(level.word).set(late.get(level, 0))
