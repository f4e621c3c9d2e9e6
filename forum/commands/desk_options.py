"""The options of `teduh simulate --desk`, and how each is read from the command line."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from moderation.insight.desk_defaults import DEFAULT_PLAN
from moderation.insight.desk_figures import LEVELS
from moderation.insight.desk_model import DAY, Order
from moderation.risk.levels import Level

HOURS = re.compile(r"(\d\d):([0-5]\d)-(\d\d):([0-5]\d)")
PROTECTED = {"teduh": frozenset({Order.TEDUH}), "all": frozenset(Order), "none": frozenset[Order]()}

Command = TypeVar("Command", bound=Callable[..., Any])


class HourlyRates(click.ParamType[tuple[float, ...]]):
    """Cases an hour: 24 numbers from 00 to 23 WIB, or one for every hour."""

    name = "N[,N...]"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, ...]:
        """Return 24 rates."""
        if isinstance(value, tuple):
            return value
        try:
            rates = tuple(float(part) for part in value.split(","))
        except ValueError:
            rates = ()
        # The bound keeps a slip of the hand from filling the memory; inf and nan fail it too.
        if len(rates) not in {1, 24} or not all(0 <= rate <= 200 for rate in rates):
            self.fail("write 24 numbers from 0 to 200 with commas, or one for every hour")
        return rates * (24 // len(rates))


class ByLevel(click.ParamType[dict[Level, float]]):
    """Numbers by level, such as crisis=6,red=18. Levels left out keep what `fallback` says."""

    name = "LEVEL=N,..."

    def __init__(self, fallback: Mapping[Level, float], *, least: float) -> None:
        self.fallback = fallback
        self.least = least

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> dict[Level, float]:
        """Return a number for every level, worst first."""
        if isinstance(value, dict):
            return value
        numbers = dict(self.fallback)
        for entry in value.split(","):
            word, _, number = entry.partition("=")
            try:
                level = Level.parse(word)
                numbers[level] = float(number)
            except ValueError:
                self.fail(f"“{entry}”: write a level and a number, such as red=15")
            if not self.least <= numbers[level] <= DAY:
                self.fail(f"“{entry}”: the number lies between {self.least:g} and {DAY}")
        if not any(numbers.values()):
            self.fail("at least one level needs more than 0")
        return {level: numbers[level] for level in LEVELS}


class StaffedHours(click.ParamType[tuple[int, int]]):
    """Hours as in TEDUH_STAFFED_HOURS, which here may run over midnight."""

    name = "HH:MM-HH:MM"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """Return the first and the last minute of the day."""
        if isinstance(value, tuple):
            return value
        found = HOURS.fullmatch(value)
        if not found:
            self.fail("write hours such as 20:00-04:00")
        hours = [int(part) for part in found.groups()]
        first, last = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
        if first >= DAY or last > DAY:
            self.fail("a day ends at 24:00")
        return first, last % DAY


NOTHING = dict.fromkeys(LEVELS, 0.0)
PLAN = DEFAULT_PLAN


def _option(
    flag: str, kind: Any, default: Any, meaning: str, *, shown: str | bool = True, name: str = ""
) -> Callable[[Command], Command]:
    """Return an option of the desk model; `shown` is its default in words, `name` its parameter."""
    flags = (flag, name) if name else (flag,)
    return click.option(*flags, type=kind, default=default, show_default=shown, help=meaning)


OPTIONS = (
    _option(
        "--arrivals",
        HourlyRates(),
        PLAN.arrivals,
        "Cases an hour: 24 numbers from 00 to 23 WIB, or one.",
        shown="66 a day, most at 02 WIB",
    ),
    _option("--load", click.FloatRange(0, 10), 1.0, "Times all arrivals: 1.4 is 40 % more."),
    _option(
        "--shares",
        ByLevel(NOTHING, least=0),
        PLAN.shares,
        "Parts of each level among the cases.",
        shown="crisis=6,red=18,amber=42,green=34",
    ),
    _option(
        "--handling",
        ByLevel(PLAN.handling, least=0.1),
        PLAN.handling,
        "Median minutes that a case takes.",
        shown="crisis=35,red=15,amber=7,green=2",
    ),
    _option(
        "--spread",
        click.FloatRange(0, 2),
        PLAN.spread,
        "How far handling times scatter: sigma of their logarithm.",
    ),
    _option(
        "--staffed",
        StaffedHours(),
        PLAN.staffed,
        "Hours (WIB) with people on duty, every day.",
        shown="20:00-04:00",
    ),
    _option("--shift-hours", click.FloatRange(0.5, 24), PLAN.shift / 60, "Length of a shift."),
    _option("--volunteers", click.IntRange(1, 100), PLAN.people, "People on duty in each shift."),
    _option(
        "--moderators",
        click.IntRange(0),
        None,
        "How many of them may take crisis and red.",
        shown="all",
    ),
    _option(
        "--budget",
        click.IntRange(0),
        PLAN.budget,
        "Crisis and red cases for one person in a shift.",
    ),
    _option("--pause", click.FloatRange(0, DAY), PLAN.pause, "Minutes of nothing after a crisis."),
    _option(
        "--alarm-hours",
        click.FloatRange(0, 10_000),
        PLAN.alarm / 60,
        "When amber begins to take turns with red; 10000 is never.",
    ),
    _option(
        "--amber-turn",
        click.IntRange(1, 10_000),
        PLAN.turn,
        "While red waits, every how manieth case is an aged amber.",
        name="turn",
    ),
    _option(
        "--protect",
        click.Choice(list(PROTECTED)),
        "teduh",
        "Which orders keep to budget and pause.",
    ),
    _option("--days", click.IntRange(1, 366), PLAN.days, "Days that are measured."),
    _option("--seed", int, PLAN.seed, "Another seed, other chances."),
    click.option(
        "--chart",
        type=click.Path(dir_okay=False, writable=True, path_type=Path),
        help="Write an SVG chart too.",
    ),
)


def desk_options(command: Command) -> Command:
    """Give a command the options of the desk model."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command
