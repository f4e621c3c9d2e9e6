"""How long people waited for a human, for Prometheus."""

import math
from datetime import timedelta

from prometheus_client import CollectorRegistry, Gauge

from forum.clock import now
from moderation.insight.periods import Period
from moderation.insight.queries import ANSWERED_LEVELS, until_taken

SPAN = timedelta(days=1)
SECONDS_A_MINUTE = 60


def measure_first_human(registry: CollectorRegistry) -> None:
    """Add the time from a case's opening to its first claim, of cases of the last day."""
    waited = Gauge(
        "teduh_first_human_seconds",
        "From a case's opening to its first claim, of cases of the last 24 hours.",
        ["level", "quantile"],
        registry=registry,
    )
    moment = now()
    spreads = until_taken(Period(moment - SPAN, moment))
    for level in ANSWERED_LEVELS:
        spread = spreads.get(level)
        for quantile, minutes in (
            ("0.5", spread.p50 if spread else None),
            ("0.95", spread.p95 if spread else None),
        ):
            seconds = math.nan if minutes is None else minutes * SECONDS_A_MINUTE
            waited.labels(level.word, quantile).set(seconds)
