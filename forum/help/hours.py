"""When volunteers are on duty, in the three time zones of Indonesia."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app

from forum.accounts.models import Zone
from forum.clock import now

# Hours ahead of UTC; the setting speaks in the first.
ZONES = tuple((zone.value, zone.hours) for zone in Zone)
DAY = 24 * 60


@dataclass(frozen=True)
class Coverage:
    """What the rota knows: whether somebody is there now, and the hours that people planned.

    The hours are moments of start and end, in order, none of them over.
    """

    is_there: bool
    planned: tuple[tuple[datetime, datetime], ...]


@dataclass(frozen=True)
class StaffedHours:
    """The hours of today, or the next that are planned.

    `zones` holds zone, start and end as a clock shows them there; it is empty where nobody plans
    to come. `opens_in` is how many minutes are left until the next start; 0 while somebody is on
    duty, or should be. `planned` are the hours after these, as moments; None without a rota.
    """

    on_duty: bool
    opens_in: int
    zones: tuple[tuple[str, str, str], ...]
    starts_at: datetime | None = None
    planned: tuple[tuple[datetime, datetime], ...] | None = None


def staffed_hours() -> StaffedHours:
    """Return the hours of the rota, else those that TEDUH_STAFFED_HOURS sets."""
    coverage: Coverage | None = current_app.extensions["coverage"]()
    return _promised() if coverage is None else _planned(coverage)


def _planned(coverage: Coverage) -> StaffedHours:
    """Return the next hours for which people have signed up, and whether anybody is there."""
    if not coverage.planned:
        return StaffedHours(coverage.is_there, 0, (), None, ())
    start, end = coverage.planned[0]
    zones = tuple(
        (
            zone,
            f"{start + timedelta(hours=ahead):%H:%M}",
            f"{end + timedelta(hours=ahead):%H:%M}",
        )
        for zone, ahead in ZONES
    )
    wait = max(0, int((start - now()).total_seconds() // 60))
    return StaffedHours(coverage.is_there, wait, zones, start, coverage.planned[1:])


def _promised() -> StaffedHours:
    """Return the hours of every day that the setting promises, and whether they are now."""
    hours = current_app.config["STAFFED_HOURS"]
    start, end, minute = _span_and_now(hours)
    on_duty = _is_within(start, end, minute)
    zones = tuple((zone.value, *in_zone(hours, zone)) for zone in Zone)
    return StaffedHours(on_duty, 0 if on_duty else (start - minute) % DAY, zones)


def in_zone(hours: str, zone: Zone) -> tuple[str, str]:
    """Return start and end of daily hours such as "08:00-20:00" (WIB) as a zone's clocks show."""
    ahead = (zone.hours - Zone.WIB.hours) * 60
    start, end = (_clock(_minutes(clock) + ahead) for clock in hours.split("-"))
    return start, end


def is_now(hours: str) -> bool:
    """Return whether daily hours such as "08:00-20:00" (WIB) are now."""
    return _is_within(*_span_and_now(hours))


def _span_and_now(hours: str) -> tuple[int, int, int]:
    start, end = (_minutes(part) for part in hours.split("-"))
    local = now() + timedelta(hours=ZONES[0][1])
    return start, end, local.hour * 60 + local.minute


def _is_within(start: int, end: int, minute: int) -> bool:
    return start <= minute < end if start < end else minute >= start or minute < end


def _minutes(clock: str) -> int:
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)


def _clock(minutes: int) -> str:
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"
