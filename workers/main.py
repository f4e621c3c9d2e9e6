"""The worker: `celery -A workers.main worker`, or `work`. Beat has its own: workers.clock."""

import sys
from typing import Any

from celery.signals import setup_logging, worker_init, worker_process_init, worker_ready
from sqlalchemy import Pool

from forum.extensions import db
from forum.memory import settle
from forum.settings import load_settings
from forum.wsgi import app as flask_app
from moderation.rules.queries import load_before_fork
from workers import tasks
from workers.app import make_celery
from workers.watchdog import start_watching

__all__ = ["celery", "tasks"]

settings = load_settings()
celery = make_celery(flask_app, settings.celery_broker_url)
# What the main process has open; its children neither use nor close it.
_inherited: list[Pool] = []


@setup_logging.connect
def keep_our_logs(**_: Any) -> None:
    """Leave logging as forum.wsgi has set it; Celery would add its own handlers."""


@worker_init.connect
def compile_rules_once(**_: Any) -> None:
    """Have the rules ready before the first post, in memory that the children share."""
    with flask_app.app_context():
        load_before_fork()
    settle()


@worker_process_init.connect
def open_own_connections(**_: Any) -> None:
    """Leave the main process its connections: a child that replaces a dead one is forked later."""
    with flask_app.app_context():
        _inherited.append(db.engine.pool)
        db.engine.dispose(close=False)


@worker_ready.connect
def begin_to_watch(**_: Any) -> None:
    """Look after the worker from its main process, whatever its children do."""
    start_watching(flask_app, settings.redis_url, celery.conf.task_default_queue)


def work(processes: int) -> None:
    """Do what that command does, in this process and so many children, until it is ended."""
    worker = celery.Worker(
        concurrency=processes,
        loglevel="warning",
        quiet=True,
        without_gossip=True,
        without_mingle=True,
    )
    worker.start()
    sys.exit(worker.exitcode)
