"""Who is told when: the ladders of cases and alarms."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from forum.extensions import setting
from forum.targets import Rung
from moderation.alerts.models import Kind
from moderation.risk.levels import Level

ALARM_REPEAT_MINUTES = 60.0
# Faults of the system are for admins; what lacks a person is for whoever can find one.
ALARM_RUNGS = {
    Kind.AMBER_OLD: Rung.ON_DUTY,
    Kind.CLAIM_LOST: Rung.ON_DUTY,
    Kind.NOBODY_ON_DUTY: Rung.ON_CALL,
    Kind.UNSCANNED: Rung.ADMINS,
    Kind.DEAD_JOB: Rung.ADMINS,
    Kind.LEAD_CALL: Rung.LEADS,
    Kind.SILENT: Rung.ADMINS,
}


@dataclass(frozen=True)
class Ladder:
    """Minutes from the beginning to each rung; after the last, all of them again and again."""

    minutes: tuple[float, ...]
    rungs: tuple[Rung, ...]
    repeat_minutes: float

    @property
    def longest(self) -> timedelta:
        """How far ahead a next step can lie at most."""
        return timedelta(minutes=max(*self.minutes, self.repeat_minutes))

    def rungs_at(self, step: int) -> tuple[Rung, ...]:
        """Return who is told at a step, counted from 0."""
        return (self.rungs[step],) if step < len(self.rungs) else self.rungs

    def due_at(self, step: int, started_at: datetime, moment: datetime) -> datetime:
        """Return when a step is due. `moment` is that of the step before."""
        if step < len(self.rungs):
            return started_at + timedelta(minutes=self.minutes[step])
        return moment + timedelta(minutes=self.repeat_minutes)


def ladder_of(kind: Kind, level: int) -> Ladder:
    """Return the ladder that something of this kind and level climbs."""
    if kind is Kind.CASE:
        crisis = level >= Level.CRISIS
        minutes = setting("ALERT_CRISIS_MINUTES" if crisis else "ALERT_RED_MINUTES")
        return Ladder(tuple(minutes), tuple(Rung), setting("ALERT_REPEAT_MINUTES"))
    return Ladder((0.0,), (ALARM_RUNGS[kind],), ALARM_REPEAT_MINUTES)
