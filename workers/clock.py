"""Beat: `celery -A workers.clock beat`, or `keep_time`.

It sends names of tasks and runs none, so it needs no more than the broker's address: it starts in
half the time of a worker and takes half the memory.
"""

from typing import Any

from celery import Celery
from celery.signals import beat_init, setup_logging

from forum.settings import load_settings
from forum.web.logs import configure_logs
from workers.broker import TIMEOUTS
from workers.schedule import SCHEDULE

settings = load_settings()
celery = Celery("teduh", broker=settings.celery_broker_url)
celery.conf.update(
    task_ignore_result=True,
    broker_connection_max_retries=None,
    broker_transport_options=TIMEOUTS,
    beat_schedule=SCHEDULE,
    beat_max_loop_interval=1,
)


@setup_logging.connect
def set_up_logs(**_: Any) -> None:
    """Log as every process does; Celery would add its own handlers."""
    configure_logs(settings)


@beat_init.connect
def begin(**_: Any) -> None:
    """Run everything once at the start: jobs may have waited while nothing ran."""
    for entry in SCHEDULE.values():
        celery.send_task(entry["task"])


def keep_time(schedule: str) -> None:
    """Do what that command does, in this process. Takes the path of the file that it keeps."""
    celery.Beat(schedule=schedule, loglevel="warning", quiet=True).run()
