"""The queue's figures for Prometheus."""

from prometheus_client import CollectorRegistry, Gauge

from forum.clock import now
from moderation.cases.queries import queue_state
from moderation.risk.levels import Level


def measure_queue(registry: CollectorRegistry) -> None:
    """Add the open cases by level and the age of the one that has waited longest."""
    state = queue_state()
    cases = Gauge("teduh_open_cases", "Cases that are not closed.", ["level"], registry=registry)
    for level in Level:
        cases.labels(level.word).set(state.open_by_level[level])
    oldest = Gauge(
        "teduh_oldest_waiting_seconds", "Age of the oldest unclaimed case.", registry=registry
    )
    oldest.set((now() - state.oldest).total_seconds() if state.oldest else 0)
