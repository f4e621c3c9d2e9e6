"""What a worker looks after besides its tasks: its sign of life, overdue jobs, and its own hearing.

All of it happens in a thread of the main process, which its children can't hold up.
"""

import os
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import redis
import structlog
from celery.signals import task_received
from flask import Flask

from forum import outbox
from forum.clock import now
from forum.extensions import db
from forum.heartbeats import WORKER, note_heartbeat
from workers.schedule import SWEEP_SECONDS

# Three sweeps were missed: beat or the broker is away.
OVERDUE = timedelta(seconds=3 * SWEEP_SECONDS)
# Longer than any task may take, so a healthy worker takes up a message within it.
DEAF_AFTER_SECONDS = 60.0

log = structlog.get_logger()


class Ear:
    """Whether this worker still takes up messages, after all that may befall a broker.

    `waiting` returns how many messages lie in the broker, and raises if it does not answer.
    """

    def __init__(self, waiting: Callable[[], int], patience: float = DEAF_AFTER_SECONDS) -> None:
        self._waiting = waiting
        self._patience = patience
        self._heard_at = time.monotonic()

    def hear(self, **_: Any) -> None:
        """Note that a message was taken up."""
        self._heard_at = time.monotonic()

    def is_deaf(self) -> bool:
        """Return whether messages have lain there for long and none was taken up."""
        try:
            waiting = self._waiting()
        except redis.RedisError:
            waiting = 0
        if not waiting:
            self.hear()
            return False
        return time.monotonic() - self._heard_at > self._patience


def start_watching(app: Flask, broker_url: str, queue: str) -> None:
    """Begin to watch, in a thread. Takes the broker's address as redis-py wants it."""
    broker = outbox.open_broker(broker_url)
    ear = Ear(lambda: int(broker.llen(queue)))  # type: ignore[arg-type]
    task_received.connect(ear.hear, weak=False)
    threading.Thread(target=_watch, args=[app, ear], name="watchdog", daemon=True).start()


def _watch(app: Flask, ear: Ear) -> None:
    while True:
        try:
            with app.app_context():
                look_after(ear)
        except Exception as error:  # noqa: BLE001 (silence is what readyz reports)
            log.warning("heartbeat_failed", error=type(error).__name__)
        time.sleep(SWEEP_SECONDS)


def look_after(ear: Ear) -> None:
    """Give a sign of life, do jobs that nobody came for, and end a process that is deaf."""
    note_heartbeat(WORKER)
    db.session.commit()
    if outbox.due_jobs(limit=1, since=OVERDUE):
        db.session.rollback()
        log.warning(
            "jobs_overdue", done=outbox.sweep(until=now() + timedelta(seconds=SWEEP_SECONDS))
        )
    db.session.rollback()
    if ear.is_deaf():
        log.error("worker_deaf")
        # Whoever started it starts it again; its own way of stopping may be what hangs.
        os._exit(1)
