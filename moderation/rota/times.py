"""When a slot of the week is: days and hours by the clock of Jakarta, moments in UTC."""

from datetime import UTC, date, datetime, time, timedelta

from forum.clock import now
from forum.help.hours import ZONES
from moderation.rota.models import Slot, Turn

JAKARTA = timedelta(hours=ZONES[0][1])
# How far ahead people plan.
DAYS_AHEAD = 14


def today() -> date:
    """Return the day in Jakarta."""
    return (now() + JAKARTA).date()


def begins(slot: Slot, day: date) -> datetime:
    """Return when a slot begins that begins on this day."""
    return datetime.combine(day, time(slot.hour), UTC) - JAKARTA


def ends(slot: Slot, day: date) -> datetime:
    """Return when it ends."""
    return begins(slot, day) + timedelta(hours=slot.length)


def is_planned(slot: Slot, day: date) -> bool:
    """Return whether one can still plan for a slot on this day: it is soon, and not over."""
    soon = today() - timedelta(days=1) <= day < today() + timedelta(days=DAYS_AHEAD)
    return soon and day.weekday() == slot.weekday and ends(slot, day) > now()


def rest_between(one: tuple[Slot, date], other: tuple[Slot, date]) -> timedelta:
    """Return how long the rest between two turns is; less than nothing where they overlap."""
    return max(begins(*one) - ends(*other), begins(*other) - ends(*one))


def place(turn: Turn) -> tuple[Slot, date]:
    """Return what says when a turn is."""
    return turn.slot, turn.day
