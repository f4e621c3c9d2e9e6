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
OPTIONS = (
    click.option(
        "--arrivals",
        type=HourlyRates(),
        default=PLAN.arrivals,
        show_default="66 a day, most at 02 WIB",
        help="Cases an hour: 24 numbers from 00 to 23 WIB, or one.",
    ),
    click.option(
        "--load",
        type=click.FloatRange(0, 10),
        default=1.0,
        show_default=True,
        help="Times all arrivals: 1.4 is 40 % more.",
    ),
    click.option(
        "--shares",
        type=ByLevel(NOTHING, least=0),
        default=PLAN.shares,
        show_default="crisis=6,red=18,amber=42,green=34",
        help="Parts of each level among the cases.",
    ),
    click.option(
        "--handling",
        type=ByLevel(PLAN.handling, least=0.1),
        default=PLAN.handling,
        show_default="crisis=35,red=15,amber=7,green=2",
        help="Median minutes that a case takes.",
    ),
    click.option(
        "--spread",
        type=click.FloatRange(0, 2),
        default=PLAN.spread,
        show_default=True,
        help="How far handling times scatter: sigma of their logarithm.",
    ),
    click.option(
        "--staffed",
        type=StaffedHours(),
        default=PLAN.staffed,
        show_default="20:00-04:00",
        help="Hours (WIB) with people on duty, every day.",
    ),
    click.option(
        "--shift-hours",
        type=click.FloatRange(0.5, 24),
        default=PLAN.shift / 60,
        show_default=True,
        help="Length of a shift.",
    ),
    click.option(
        "--volunteers",
        type=click.IntRange(1, 100),
        default=PLAN.people,
        show_default=True,
        help="People on duty in each shift.",
    ),
    click.option(
        "--moderators",
        type=click.IntRange(0),
        show_default="all",
        help="How many of them may take crisis and red.",
    ),
    click.option(
        "--budget",
        type=click.IntRange(0),
        default=PLAN.budget,
        show_default=True,
        help="Crisis and red cases for one person in a shift.",
    ),
    click.option(
        "--pause",
        type=click.FloatRange(0, DAY),
        default=PLAN.pause,
        show_default=True,
        help="Minutes of nothing after a crisis.",
    ),
    click.option(
        "--alarm-hours",
        type=click.FloatRange(0, 10_000),
        default=PLAN.alarm / 60,
        show_default=True,
        help="When amber begins to take turns with red; 10000 is never.",
    ),
    click.option(
        "--amber-turn",
        "turn",
        type=click.IntRange(1, 10_000),
        default=PLAN.turn,
        show_default=True,
        help="While red waits, every how manieth case is an aged amber.",
    ),
    click.option(
        "--protect",
        type=click.Choice(list(PROTECTED)),
        default="teduh",
        show_default=True,
        help="Which orders keep to budget and pause.",
    ),
    click.option(
        "--days",
        type=click.IntRange(1, 366),
        default=PLAN.days,
        show_default=True,
        help="Days that are measured.",
    ),
    click.option(
        "--seed",
        type=int,
        default=PLAN.seed,
        show_default=True,
        help="Another seed, other chances.",
    ),
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
