"""`teduh audit`: whether the record of what staff did and read is as it was written."""

import json

import click

from forum.app import create_app
from forum.database import reading
from forum.extensions import db
from forum.settings import load_settings
from moderation.audit.queries import holds, verify

WHYS = {
    "missing": "is missing",
    "moved": "does not follow the one before it",
    "changed": "is not as it was written",
}


@click.group()
def audit() -> None:
    """Look after the record of what staff did and read."""


@audit.command("verify")
@click.option("--noted", metavar="HASH", help="A head printed earlier; it must still be there.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")
def verify_chain(*, noted: str | None, as_json: bool) -> None:
    """Check that no entry was changed, moved or taken away. Exit code 1 names the first.

    Prints the head of the chain. Write it down in another place: given back with --noted, it
    shows entries that were taken from the end, and a chain that was written anew.
    """
    with create_app(load_settings()).app_context(), reading(db.session):
        verdict = verify()
        gone = noted is not None and not holds(noted.strip().lower())
    if as_json:
        broken = verdict.broken
        told = {"entries": verdict.entries, "head": verdict.head, "noted_is_gone": gone}
        told |= {"broken": broken.id if broken else None, "why": broken.why if broken else None}
        click.echo(json.dumps(told))
        raise SystemExit(1 if broken or gone else 0)
    click.echo(f"Entries in order: {verdict.entries}")
    click.echo(f"Head: {verdict.head}")
    if verdict.broken:
        why = WHYS[verdict.broken.why]
        click.echo(f"Broken: entry {verdict.broken.id} {why}.", err=True)
    if gone:
        click.echo("Broken: the noted head is not in the record any more.", err=True)
    raise SystemExit(1 if verdict.broken or gone else 0)
