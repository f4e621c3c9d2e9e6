"""The spans of time that figures are about."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

# The zone of Jakarta; a month of the transparency page begins at its midnight.
WIB = ZoneInfo("Asia/Jakarta")
CHOICES = (7, 28, 90)
DEFAULT = 28


@dataclass(frozen=True)
class Period:
    """From one moment up to another, without the second."""

    start: datetime
    end: datetime

    @property
    def hours(self) -> int:
        """How many whole hours it has."""
        return int((self.end - self.start) / timedelta(hours=1))


def last_days(days: int, moment: datetime) -> Period:
    """Return this many days up to the end of the present hour."""
    end = moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return Period(end - timedelta(days=days), end)


def month_of(day: date) -> Period:
    """Return the month that a day is in, by Jakarta's clock."""
    first = day.replace(day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    return Period(_midnight(first), _midnight(following))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=WIB)
