"""`teduh simulate --desk`: three orders of the queue compared on the same made-up cases."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from forum.commands.desk_options import PROTECTED
from forum.commands.errors import OperatorError
from moderation.insight.desk_chart import NAMES, draw_chart, in_words
from moderation.insight.desk_defaults import DEFAULT_PLAN
from moderation.insight.desk_figures import LEVELS, compare
from moderation.insight.desk_model import Order

# About a minute of work and a gigabyte.
MOST_CASES = 500_000


def compare_orders(
    *,
    as_json: bool,
    protect: str,
    chart: Path | None,
    arrivals: tuple[float, ...],
    load: float,
    shift_hours: float,
    alarm_hours: float,
    volunteers: int,
    moderators: int | None,
    **assumed: Any,
) -> None:
    """Run the model, print its figures and draw its chart. Raises OperatorError."""
    if moderators is not None and moderators > volunteers:
        raise OperatorError("--moderators: they are some of the --volunteers, so not more")
    plan = replace(
        DEFAULT_PLAN,
        arrivals=tuple(round(rate * load, 6) for rate in arrivals),
        shift=round(shift_hours * 60),
        alarm=alarm_hours * 60,
        people=volunteers,
        moderators=volunteers if moderators is None else moderators,
        **assumed,
    )
    if sum(plan.arrivals) * plan.days > MOST_CASES:
        raise OperatorError(
            f"--arrivals, --load, --days: more than {MOST_CASES:,} cases; take less"
        )
    report = compare(plan, PROTECTED[protect])
    if chart:
        try:
            chart.write_text(draw_chart(report), "utf-8")
        except OSError as error:
            raise OperatorError(f"--chart: {chart}: {error.strerror}") from None
    if as_json:
        click.echo(json.dumps(report))
    else:
        show(report)


def show(report: Mapping[str, Any]) -> None:
    """Print the figures for people."""
    console = Console(highlight=False)
    plan, orders = report["plan"], report["orders"]
    shares = ", ".join(f"{word} {part:g}" for word, part in plan["shares"].items())
    console.print(
        f"{plan['days']} days, seed {plan['seed']}, {sum(plan['arrivals_per_hour']):.0f} cases a "
        f"day ({shares}), {plan['people']} on duty, {plan['moderators']} for crisis and red"
    )
    waits = Table(
        *("level", "order", "cases", "p50", "p95", "max", "in target"),
        *("p50", "p95", "max"),
        title="Waiting in staffed time (left), and by the wall clock (right)",
        box=SIMPLE,
        padding=(0, 1, 0, 0),
    )
    for level in (level.word for level in LEVELS):
        for order, figures in orders.items():
            row = figures["levels"][level]
            waits.add_row(
                level if order == Order.TEDUH else "",
                NAMES[order],
                str(row["cases"]),
                *(briefly(row["staffed_wait_minutes"][name]) for name in ("p50", "p95", "max")),
                percent(row["in_target"]),
                *(briefly(row["wait_minutes"][name]) for name in ("p50", "p95", "max")),
            )
    console.print(waits)
    sums = Table("", *(NAMES[order] for order in orders), box=SIMPLE)
    for name, read in ROWS.items():
        sums.add_row(name, *(read(figures) for figures in orders.values()))
    console.print(sums)
    console.print("What this can't tell: docs/desk-simulation.md")


ROWS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "amber that waited over 24 h": lambda of: percent(of["amber_starved"]["share"]),
    "amber never taken": lambda of: str(of["amber_starved"]["never_taken"]),
    "crisis and red in a shift, p95": lambda of: str(of["people"]["exposure"]["p95"]),
    "crisis and red in a shift, max": lambda of: str(of["people"]["exposure"]["max"]),
    "shifts over the budget": lambda of: percent(of["people"]["over_budget"]),
    "cases held back by the budget": lambda of: str(of["held_back_by_budget"]),
    "time in use": lambda of: percent(of["people"]["utilisation"]),
    "past the shift's end, p95": lambda of: in_words(of["people"]["overrun_minutes"]["p95"]),
}


def briefly(minutes: float | None) -> str:
    """Return minutes in the fewest signs, for a table of 80 columns."""
    return in_words(minutes).replace(" min", "m").replace(" ", "")


def percent(part: float | None) -> str:
    """Return a share in words; a dash for none."""
    return "-" if part is None else f"{part:.1%}"
