"""What the processes of `teduh up` share: code, app and rules, loaded once before they part.

Imported only when the environment holds the settings of this run: the app reads them while it is
imported, and so does the metrics library.
"""

import importlib
import sys
from contextvars import copy_context
from datetime import datetime
from types import ModuleType

import structlog
from gunicorn.app.wsgiapp import WSGIApplication
from sqlalchemy import delete

from forum.commands.demo import load_demo
from forum.commands.migrate import prepare_database
from forum.commands.watch import keep_watch
from forum.extensions import db
from forum.heartbeats import Heartbeat
from forum.memory import settle
from forum.settings import load_settings
from forum.wsgi import app
from moderation.alerts.climbing import look
from moderation.rules.queries import load_before_fork

# What each process would import by itself only when it runs, and then have for itself alone.
LATE_IMPORTS = (
    "celery.app.amqp",
    "celery.app.log",
    "celery.apps.beat",
    "celery.apps.worker",
    "celery.backends.base",
    "celery.concurrency.prefork",
    "celery.worker.autoscale",
    "celery.worker.components",
    "celery.worker.consumer",
    "celery.worker.strategy",
    "forum.web.server",
    "gunicorn.workers.gthread",
    "kombu.transport.redis",
)

log = structlog.get_logger()


def load(started: datetime) -> None:
    """Prepare the database and load all that is worth sharing. Takes when `teduh up` was started.

    Leaves neither a thread nor a connection, which no process may share.
    """
    _prepare(started)
    # What a request sets for itself, such as that it only reads, ends with it.
    copy_context().run(_rehearse)
    with app.app_context():
        load_before_fork()
    for name in LATE_IMPORTS:
        importlib.import_module(name)
    for workers in (_clock(), _worker()):
        workers.celery.finalize()
    settle()


def serve() -> None:
    """Become the web server."""
    sys.argv = ["gunicorn", "--config", "python:forum.web.server", "forum.wsgi:app"]
    WSGIApplication("%(prog)s [OPTIONS] [APP_MODULE]").run()


def work(processes: int) -> None:
    """Become the worker, with so many children that scan."""
    _worker().work(processes)


def keep_time(schedule: str) -> None:
    """Become beat. Takes the path of the file that it keeps."""
    _clock().keep_time(schedule)


def watch() -> None:
    """Become the watcher."""
    keep_watch(app)


def _worker() -> ModuleType:
    # By name: the layers know the workers above all that is theirs, and beside the commands.
    return importlib.import_module("workers.main")


def _clock() -> ModuleType:
    return importlib.import_module("workers.clock")


def _prepare(started: datetime) -> None:
    """Bring the database up to date, and load the demo if this is one. Safe to repeat."""
    # A hint sent from here would open a connection to the broker, and no worker runs yet; the
    # sweep that beat starts with finds these jobs.
    waker, app.extensions["waker"] = app.extensions["waker"], None
    prepare_database(app)
    if load_settings().demo:
        load_demo(app)
    with app.app_context():
        # Signs of life of an earlier run would make this one look ready.
        db.session.execute(delete(Heartbeat).where(Heartbeat.seen_at < started))
        db.session.commit()
    app.extensions["waker"] = waker


def _rehearse() -> None:
    """Do once what all will do again and again, so that its SQL is compiled in what they share."""
    app.test_client().get("/readyz", headers={"Host": load_settings().hosts[0]})
    with app.app_context():
        try:
            look()
            db.session.commit()
        except Exception:  # the watcher tries again, and says so too
            log.exception("rehearsal_failed")
