"""When a room takes new words. Reading, and ways to help, are never closed."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from forum.accounts.models import Zone
from forum.clock import now
from forum.rooms.models import Policy, Room

# The clock that hours are written in.
HERE = Zone.WIB.tz
WEEK = 7


@dataclass(frozen=True)
class Rest:
    """Nobody writes in the room now. `until` is when it opens again, None if nobody knows."""

    until: datetime | None


def rest_of(room: Room) -> Rest | None:
    """Return whether a room rests at this moment, and until when; None while it is open."""
    if room.policy is Policy.CLOSED:
        return Rest(None)
    if not room.hours:
        return None
    moment = now()
    spans = _spans(room.hours, room.days, moment)
    if any(start <= moment < end for start, end in spans):
        return None
    return Rest(min(start for start, _ in spans if start > moment))


def _spans(hours: str, days: list[int], moment: datetime) -> list[tuple[datetime, datetime]]:
    """Return the open hours around a moment: from those of yesterday, for a week."""
    begins, ends = (time.fromisoformat(part) for part in hours.split("-"))
    # What ends before it begins ends on the next day, and belongs to the day of its beginning.
    length = timedelta(days=int(ends <= begins))
    today = moment.astimezone(HERE).date()
    dates = (today + timedelta(days=ahead) for ahead in range(-1, WEEK + 1))
    return [
        (datetime.combine(day, begins, HERE), datetime.combine(day, ends, HERE) + length)
        for day in dates
        if not days or day.isoweekday() in days
    ]
