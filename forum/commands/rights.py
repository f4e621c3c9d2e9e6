"""`teduh retention` and `teduh erasures`: what is forgotten when, and that it stays forgotten."""

import json
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from forum.app import create_app
from forum.clock import now
from forum.commands.errors import OperatorError
from forum.database import empty_log, reading
from forum.extensions import db, setting
from forum.settings import load_settings
from moderation.rights.erase_list import read_list
from moderation.rights.queries import oldest_open_erasure
from moderation.rights.restored import erase_again
from moderation.rights.retention import Due, carry_out, due


@click.command()
@click.option("--dry-run", is_flag=True, help="Count what is due, change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")
def retention(*, dry_run: bool, as_json: bool) -> None:
    """Forget what has been kept for long enough, as the worker does every hour."""
    with create_app(load_settings()).app_context():
        if dry_run:
            with reading(db.session):
                found = due()
        else:
            found = carry_out()
            db.session.commit()
            empty_log(db.engine)
    if as_json:
        click.echo(json.dumps({one.rule.name: one.rows for one in found}))
    else:
        _print(found, "Due" if dry_run else "Forgotten")


def _print(found: list[Due], title: str) -> None:
    table = Table("What", "Kept", title)
    for one in found:
        hours = int(one.rule.length.total_seconds() // 3600)
        kept = f"{hours // 24} days" if hours % 24 == 0 else f"{hours} hours"
        table.add_row(one.rule.name, kept, str(one.rows))
    Console().print(table)


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")
@click.pass_context
def erasures(context: click.Context, *, as_json: bool) -> None:
    """Say how many accounts wait for their erasure, and where the list of erased ones is."""
    if context.invoked_subcommand:
        return
    with create_app(load_settings()).app_context(), reading(db.session):
        oldest = oldest_open_erasure()
        path = Path(setting("ERASE_LIST"))
        listed = sum(1 for _ in read_list(path))
    hours = (now() - oldest).total_seconds() / 3600 if oldest else 0.0
    if as_json:
        told = {"list": str(path), "listed": listed, "oldest_hours": round(hours, 2)}
        click.echo(json.dumps(told))
        return
    click.echo(f"List: {path} ({listed} accounts)")
    waiting = f"the oldest for {hours:.1f} h of 72" if oldest else "none"
    click.echo(f"Waiting: {waiting}")


@erasures.command("apply")
@click.argument("file", required=False, type=click.Path(exists=True, path_type=Path))
def apply_list(file: Path | None) -> None:
    """Erase again who is on the list: do this after a backup was restored, before opening.

    Without FILE, the list of the settings. Accounts that are gone already are left alone, so it
    can be done twice.
    """
    with create_app(load_settings()).app_context():
        known, done = erase_listed(file or Path(setting("ERASE_LIST")))
    click.echo(f"{known} on the list, {done} erased again")


def erase_listed(path: Path) -> tuple[int, int]:
    """Erase again who is on a list. Returns how many are, and how many were still here. Commits.

    Raises OperatorError for a list that can't be read.
    """
    try:
        lines = list(read_list(path))
    except ValueError as error:
        raise OperatorError(f"TEDUH_ERASE_LIST: {error}") from None
    done = 0
    for line in lines:
        done += erase_again(line)
        db.session.commit()
    empty_log(db.engine)
    return len(lines), done
