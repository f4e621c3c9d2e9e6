"""Entry point of the worker: `celery -A workers.main worker`. Beat has its own: workers.clock."""

import threading
import time
from typing import Any

import structlog
from celery.signals import setup_logging, worker_init, worker_ready

from forum.app import create_app
from forum.extensions import db
from forum.heartbeats import WORKER, note_heartbeat
from forum.settings import load_settings
from moderation.rules.queries import load_before_fork
from workers import tasks
from workers.app import make_celery
from workers.schedule import SWEEP_SECONDS

__all__ = ["celery", "tasks"]

settings = load_settings()
flask_app = create_app(settings)
celery = make_celery(flask_app, settings.celery_broker_url)
log = structlog.get_logger()


@setup_logging.connect
def keep_our_logs(**_: Any) -> None:
    """Leave logging as create_app has set it; Celery would add its own handlers."""


@worker_init.connect
def compile_rules_once(**_: Any) -> None:
    """Have the rules ready before the first post, in memory that the children share."""
    with flask_app.app_context():
        load_before_fork()


@worker_ready.connect
def begin_heartbeat(**_: Any) -> None:
    """Give a sign of life from the worker's main process, whatever its children do."""
    threading.Thread(target=_beat_for_ever, name="heartbeat", daemon=True).start()


def _beat_for_ever() -> None:
    while True:
        try:
            with flask_app.app_context():
                note_heartbeat(WORKER)
                db.session.commit()
        except Exception as error:  # noqa: BLE001 (silence is what readyz reports)
            log.warning("heartbeat_failed", error=type(error).__name__)
        time.sleep(SWEEP_SECONDS)
