"""`python -m tests.faults.chaos`: break the whole system for minutes, and count what is lost."""

import json
import sys
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.faults.chaos.faults import FAULTS
from tests.faults.chaos.members import Crowd
from tests.faults.chaos.run import Order, Result, carry_out

console = Console(stderr=True, highlight=False)


@click.command()
@click.option("--posts", default=2000, show_default=True, help="How many posts people write.")
@click.option("--faults", default=50, show_default=True, help="How many faults come.")
@click.option("--rate", default=8.0, show_default=True, help="Posts a second.")
@click.option("--seed", default=20261123, show_default=True, help="Draws the plan.")
@click.option("--database", type=click.Choice(["sqlite", "postgresql"]), default="sqlite")
@click.option("--only", multiple=True, type=click.Choice(list(FAULTS)), help="These kinds alone.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")
def main(
    *,
    posts: int,
    faults: int,
    rate: float,
    seed: int,
    database: str,
    only: tuple[str, ...],
    as_json: bool,
) -> None:
    """Start Teduh, let people write, break it by a plan, and print the ledger.

    Exit code 1 says that a promise was broken.
    """
    order = Order(database, posts, faults, rate, seed, only, small_disk=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        task = progress.add_task(f"{database}: starting", total=posts)

        def tick(crowd: Crowd) -> None:
            progress.update(task, completed=crowd.done)

        result = carry_out(
            order, lambda what: progress.update(task, description=f"{database}: {what}"), tick
        )
    if as_json:
        click.echo(json.dumps(vars(result) | {"happenings": len(result.happenings)}))
    else:
        show(order, result)
    sys.exit(1 if result.broken else 0)


def show(order: Order, result: Result) -> None:
    """Print a ledger for people."""
    out = Console(highlight=False)
    table = Table("", title=f"{order.kind}, seed {order.seed}, {order.rate:g} posts/s")
    table.add_column(justify="right")
    for name, value in result.ledger.items():
        if name not in ("recovery", "versions", "incidents"):
            table.add_row(name.replace("_", " "), _words(value))
    out.print(table)
    kinds = Table("fault", "times", "recovered in s, p50", "max")
    for fault, found in sorted(result.ledger["recovery"].items()):
        kinds.add_row(fault, *(f"{found[part]:g}" for part in ("times", "p50", "max")))
    out.print(kinds)
    out.print("versions: " + _words(result.ledger["versions"]))
    for fault, why in result.left_out.items():
        out.print(f"left out: {fault}: {why}")
    for promise in result.broken:
        out.print(f"[bold red]broken:[/] {promise}")


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {part}" for name, part in value.items()) or "none"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
