"""make_celery: Celery on top of the Flask app, with one database session per task."""

from typing import Any

from celery import Celery, Task
from flask import Flask

from forum.extensions import db
from workers.broker import TIMEOUTS
from workers.schedule import SCHEDULE


def make_celery(flask_app: Flask, broker_url: str) -> Celery:
    """Return a Celery app whose tasks run inside the Flask app."""

    class FlaskTask(Task):  # type: ignore[type-arg]
        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            with flask_app.app_context():
                return self.run(*args, **kwargs)

    celery = Celery("teduh", broker=broker_url, task_cls=FlaskTask)
    celery.conf.update(
        task_ignore_result=True,
        task_acks_late=True,
        # A job that kills its worker must not come back through the broker for ever: its row
        # comes back, five times at most.
        task_reject_on_worker_lost=False,
        task_time_limit=30,
        task_soft_time_limit=20,
        accept_content=["json"],
        worker_prefetch_multiplier=1,
        worker_max_tasks_per_child=10_000,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        worker_soft_shutdown_timeout=2,
        worker_cancel_long_running_tasks_on_connection_loss=True,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={
            **TIMEOUTS,
            "visibility_timeout": 120,
            "health_check_interval": 10,
        },
        beat_schedule=SCHEDULE,
        beat_max_loop_interval=1,
    )
    celery.set_default()
    flask_app.extensions["celery"] = celery
    with flask_app.app_context():
        # The children of this process must not share its connections.
        db.engine.dispose()
    return celery
