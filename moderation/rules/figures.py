"""Which rules are in force, for Prometheus."""

from prometheus_client import CollectorRegistry, Gauge
from sqlalchemy import func, select

from forum.extensions import db
from moderation.rules.models import RulesVersion, VersionState


def measure_rules(registry: CollectorRegistry) -> None:
    """Add the number of the version in force and of the shadow; 0 says that there is none."""
    number = Gauge("teduh_rules_version", "Version of the rules.", ["state"], registry=registry)
    states = (VersionState.PUBLISHED, VersionState.SHADOW)
    rows = db.session.execute(
        select(RulesVersion.state, func.max(RulesVersion.id))
        .where(RulesVersion.state.in_(states))
        .group_by(RulesVersion.state)
    )
    found = {row[0]: row[1] for row in rows}
    for state in states:
        number.labels(state.value).set(found.get(state, 0))
