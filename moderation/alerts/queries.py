"""Reads of alerts: what waits, what was sent, where it went."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from forum.extensions import db
from moderation.alerts.models import ABOUT_CASES, Alert, AlertDelivery, Kind
from moderation.cases.models import Case
from moderation.risk.levels import Level

ALERTS_SHOWN = 50
DELIVERIES_SHOWN = 50


@dataclass(frozen=True)
class Summary:
    """How many alerts of each kind and level nobody has seen. `oldest` is the longest wait."""

    counts: dict[tuple[Kind, int], int]
    oldest: datetime | None

    @property
    def worst(self) -> int:
        """The highest level, or -1 for none."""
        return max((level for _, level in self.counts), default=-1)

    def cases(self, level: Level) -> int:
        """Return how many red or crisis cases of this level there are."""
        return self.counts.get((Kind.CASE, int(level)), 0)

    def others(self) -> dict[Kind, int]:
        """Return the numbers of the other kinds."""
        found: dict[Kind, int] = {}
        for (kind, _), number in self.counts.items():
            if kind is not Kind.CASE:
                found[kind] = found.get(kind, 0) + number
        return found

    def alarms(self) -> int:
        """Return how many there are of the other kinds."""
        return sum(self.others().values())


def summary_for(rung: int = 0) -> Summary:
    """Return what nobody has seen and has reached this rung; the desk is the rung of all."""
    rows = db.session.execute(
        select(Alert.kind, Alert.level, func.count(), func.min(Alert.started_at))
        .where(
            Alert.ended_at.is_(None),
            Alert.acknowledged_at.is_(None),
            func.coalesce(Alert.rung, 0) >= rung,
        )
        .group_by(Alert.kind, Alert.level)
    ).all()
    cases = [row[3] for row in rows if row[0] is Kind.CASE]
    return Summary({(row[0], row[1]): row[2] for row in rows}, min(cases, default=None))


def open_alerts() -> list[tuple[Alert, Case | None]]:
    """Return the alerts that have not ended, unseen and worst first, each with its case if any."""
    is_case = Alert.kind.in_(ABOUT_CASES)
    rows = db.session.execute(
        select(Alert, Case)
        .outerjoin(Case, is_case & (Case.id == Alert.subject_id))
        .where(Alert.ended_at.is_(None))
        .options(joinedload(Alert.acknowledged_by))
        .order_by(Alert.acknowledged_at.is_not(None), Alert.level.desc(), Alert.started_at)
        .limit(ALERTS_SHOWN)
    )
    return [(row[0], row[1]) for row in rows]


def find_alert(public_id: str) -> tuple[Alert, Case | None] | None:
    """Return an alert that has not ended, with its case if it is about one."""
    alert = db.session.scalar(
        select(Alert).where(Alert.public_id == public_id, Alert.ended_at.is_(None))
    )
    if alert is None:
        return None
    return alert, db.session.get(Case, alert.subject_id) if alert.kind in ABOUT_CASES else None


def latest_deliveries() -> list[AlertDelivery]:
    """Return the latest messages, the newest first."""
    return list(
        db.session.scalars(
            select(AlertDelivery).order_by(AlertDelivery.id.desc()).limit(DELIVERIES_SHOWN)
        )
    )


def oldest_unseen() -> datetime | None:
    """Return since when the longest unseen alert waits."""
    return db.session.scalar(
        select(func.min(Alert.started_at)).where(
            Alert.ended_at.is_(None), Alert.acknowledged_at.is_(None)
        )
    )
