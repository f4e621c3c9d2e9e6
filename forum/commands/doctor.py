"""`teduh doctor`: whether everything that must be true of the database is true."""

import json

import click
from rich.console import Console
from rich.table import Table

from forum.accounts.demo import has_demo_logins
from forum.app import create_app
from forum.commands.checks import refuse_half_restored
from forum.database import reading
from forum.extensions import db, setting
from forum.settings import load_settings
from forum.web.health import unscanned_seconds
from moderation.alerts.invariants import check_alerts
from moderation.cases.invariants import Finding, check_invariants


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")
def doctor(*, as_json: bool) -> None:
    """Check the database's invariants. Exit code 1 says that one is broken."""
    with create_app(load_settings()).app_context():
        refuse_half_restored(db.engine)
        with reading(db.session):
            published = not setting("DEMO") and has_demo_logins()
            findings = [
                Finding("logins of a demo", int(published), ()),
                *check_alerts(),
                *check_invariants(),
            ]
            oldest = unscanned_seconds()
        db.engine.dispose()
    healthy = not any(finding.broken for finding in findings)
    if as_json:
        click.echo(
            json.dumps(
                {
                    "healthy": healthy,
                    "oldest_unscanned_seconds": round(oldest, 3),
                    "checks": [
                        {"name": f.name, "broken": f.broken, "sample": list(f.sample)}
                        for f in findings
                    ],
                }
            )
        )
    else:
        table = Table("Check", "Broken", "Rows")
        for finding in findings:
            rows = ", ".join(map(str, finding.sample))
            table.add_row(finding.name, str(finding.broken) if finding.broken else "none", rows)
        Console().print(table)
        click.echo(f"Oldest unscanned post: {oldest:.1f} s")
    raise SystemExit(0 if healthy else 1)
