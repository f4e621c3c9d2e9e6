"""`teduh watch`: raise alerts and send them, apart from everything that they watch."""

import os
import signal
import threading

import click
from flask import Flask

from forum.app import create_app
from forum.database import reading
from forum.extensions import db
from forum.heartbeats import WATCH, silent_processes
from forum.settings import load_settings
from moderation.alerts.watcher import Watcher


@click.command()
@click.option("--check", is_flag=True, help="Only say whether one watches; exit code 1 if not.")
def watch(*, check: bool) -> None:
    """Look around every few seconds and send alerts; Ctrl-C stops it."""
    app = create_app(load_settings())
    if check:
        with app.app_context(), reading(db.session):
            silent = WATCH in silent_processes()
        click.echo("nobody watches" if silent else "somebody watches")
        raise SystemExit(int(silent))
    keep_watch(app)


def keep_watch(app: Flask) -> None:
    """Watch until somebody asks this process to end."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    if not Watcher(app).run(stop):
        # Whoever started it starts it again; its own way of stopping may be what hangs.
        os._exit(1)
