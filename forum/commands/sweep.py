"""`teduh sweep`: do the waiting jobs here and now, without broker, worker or beat."""

import json
import threading
import time
from datetime import timedelta

import click
from flask import Flask

from forum import outbox
from forum.app import create_app
from forum.clock import now
from forum.extensions import db
from forum.settings import load_settings
from moderation.alerts.watcher import Watcher
from moderation.cases.unscanned import scan_again

PAUSE_SECONDS = 2


@click.command()
@click.option("--seconds", default=300, show_default=True, help="Stop after this long.")
@click.option("--dead", is_flag=True, help="First put back the scans that were given up.")
@click.option("--loop", is_flag=True, help="Go on for ever, with a pause after each round.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")
def sweep(*, seconds: int, dead: bool, loop: bool, as_json: bool) -> None:
    """Do the jobs that are due, oldest first, and send the alerts that are.

    Exit code 1 says that some are still due.
    """
    app = create_app(load_settings())
    if dead:
        with app.app_context():
            put_back = scan_again()
            db.session.commit()
        click.echo(f"{put_back} put back", err=as_json)
    stop = threading.Event()
    watcher = _start_watcher(app, stop)
    try:
        while True:
            with app.app_context():
                done = outbox.sweep(until=now() + timedelta(seconds=seconds))
                left = len(outbox.due_jobs())
                db.session.rollback()
            if as_json:
                click.echo(json.dumps({"done": done, "due": left}))
            else:
                click.echo(f"{done} done, {left if left < 200 else '200 or more'} still due")
            if not loop:
                raise SystemExit(1 if left else 0)
            if not watcher.is_alive():
                watcher = _start_watcher(app, stop)
            time.sleep(PAUSE_SECONDS)
    finally:
        stop.set()
        watcher.join()


def _start_watcher(app: Flask, stop: threading.Event) -> threading.Thread:
    """Watch in a thread of its own: a target that hangs must not hold up the scans."""
    watcher = threading.Thread(target=Watcher(app).run, args=[stop], name="watch", daemon=True)
    watcher.start()
    return watcher
