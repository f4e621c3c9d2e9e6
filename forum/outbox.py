"""Durable jobs: a row in the caller's transaction, a hint to the workers after the commit.

The database is the truth and the broker only a hint: Celery over Redis alone lost 1 of 4,500
tasks under kills, a job row in the post's own transaction lost none
(docs/decisions/0001-outbox.md).
"""

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import redis
import structlog
from celery import Celery
from flask import current_app
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import ColumnElement, Index, Row, String, delete, event, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from forum.clock import now
from forum.database import enum_column, seconds_between
from forum.extensions import Model, count_rows, db

LEASE = timedelta(seconds=30)
MAX_ATTEMPTS = 5
# No lease and no retry lies further ahead than this, unless the clock has been set back since.
FAR_AHEAD = 2 * LEASE
# The sweep leaves a fresh job to the hint for this long.
HEAD_START = timedelta(seconds=1)
RETRY_AFTER = timedelta(seconds=2)
KEPT_AFTER_DONE = timedelta(days=1)
RUN_JOB = "workers.run_job"
HINTS_KEPT = 10_000
BROKER_WAIT_SECONDS = 0.3
BROKER_PAUSE_SECONDS = 1.0
# The parts of the broker's settings that bound how long a sender may wait.
SENDER_OPTIONS = {
    "max_retries": 0,
    "socket_timeout": BROKER_WAIT_SECONDS,
    "socket_connect_timeout": BROKER_WAIT_SECONDS,
}

log = structlog.get_logger()


class JobState(StrEnum):
    """Where a job stands. Dead means that a human must look; it is never dropped."""

    PENDING = "pending"
    LEASED = "leased"
    DONE = "done"
    DEAD = "dead"


class Job(Model):
    """One piece of work about one row of another table."""

    __tablename__ = "job"
    __table_args__ = (Index("ix_job_state_run_at", "state", "run_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int] = mapped_column(index=True)
    state: Mapped[JobState] = enum_column(JobState, default=JobState.PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    run_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    # The name of the exception's type alone: a message could hold a member's words.
    last_error: Mapped[str | None] = mapped_column(String(100))


@dataclass(frozen=True)
class Handler:
    """What a kind of job does, and what happens when it can't be done.

    Both take the job's subject id and write in the caller's transaction; `bury` also takes the
    job's id.
    """

    run: Callable[[int], None]
    bury: Callable[[int, int], None]


_handlers: dict[str, Handler] = {}


def handle(kind: str, handler: Handler) -> None:
    """Say who does the jobs of one kind. Called once per kind, by `forum.app`."""
    _handlers[kind] = handler


def enqueue(kind: str, subject_id: int, after: timedelta = timedelta(0)) -> Job:
    """Add a job to the caller's transaction; after its commit the workers are woken.

    A job for later, `after` some time, waits for the sweep.
    """
    moment = now()
    run_at = moment + HEAD_START + after
    job = Job(kind=kind, subject_id=subject_id, created_at=moment, run_at=run_at)
    db.session.add(job)
    db.session.flush()
    if after:
        return job
    db.session.info.setdefault("hints", []).append(job.id)
    return job


def run_job(job_id: int) -> bool:
    """Lease a job, do it, and mark it done in the same transaction as its effects.

    Commits, because this is the edge for jobs as a view is for requests. Returns whether this
    call did the job: someone else may have it, or it may have failed and wait for its retry.
    """
    job = _lease(job_id)
    if job is None:
        return False
    kind, subject_id, attempt = job
    if attempt > MAX_ATTEMPTS:
        _bury(job_id, kind, subject_id, error="Killed")
        return False
    try:
        _handlers[kind].run(subject_id)
        if not _finish(job_id, attempt):
            db.session.rollback()
            return False
        db.session.commit()
        return True
    except Exception as error:  # noqa: BLE001 (whatever it was, the job must not be lost)
        db.session.rollback()
        name = type(error).__name__
        log.warning("job_failed", job_id=job_id, kind=kind, attempt=attempt, error=name)
        if attempt >= MAX_ATTEMPTS:
            _bury(job_id, kind, subject_id, error=name)
        else:
            _put_back(job_id, attempt, error=name)
        return False


def due_jobs(limit: int = 200, since: timedelta = timedelta(0)) -> list[int]:
    """Return ids of jobs whose hint was lost, whose retry is due or whose lease ran out.

    With `since`, only those that have been due for so long.
    """
    moment = now() - since
    return list(
        db.session.scalars(
            select(Job.id)
            .where(_is_waiting(moment) | _is_let_go(moment))
            .order_by(Job.run_at)
            .limit(limit)
        )
    )


def sweep(until: datetime) -> int:
    """Do due jobs, oldest first, until none is left or the moment has come.

    Needs neither broker nor beat. Returns how many jobs it did.
    """
    done = 0
    while now() < until:
        ids = due_jobs()
        db.session.rollback()
        if not ids:
            break
        for job_id in ids:
            done += run_job(job_id)
            if now() >= until:
                break
    return done


def put_back(*conditions: ColumnElement[bool]) -> int:
    """Have jobs done anew, with all their attempts. Returns how many. Does not commit."""
    return count_rows(
        update(Job)
        .where(*conditions)
        .values(state=JobState.PENDING, attempts=0, run_at=now(), finished_at=None)
        .execution_options(synchronize_session=False)
    )


def forget_done_jobs() -> int:
    """Delete jobs that were done a day ago: they tell who wrote when. Returns how many."""
    old = now() - KEPT_AFTER_DONE
    return count_rows(delete(Job).where(Job.state == JobState.DONE, Job.finished_at < old))


def _is_waiting(moment: datetime) -> ColumnElement[bool]:
    """Return the condition of a pending job that is due, or that a clock which ran ahead put off.

    A job that was put off on purpose, and never tried, keeps its time.
    """
    far = moment + FAR_AHEAD
    put_off = seconds_between(Job.run_at, Job.created_at) > FAR_AHEAD.total_seconds()
    return (Job.state == JobState.PENDING) & or_(
        Job.run_at <= moment,
        (Job.run_at > far) & ((Job.attempts > 0) | ((Job.created_at > far) & ~put_off)),
    )


def _is_let_go(moment: datetime) -> ColumnElement[bool]:
    """Return the condition of a lease that ran out, or that a clock which ran ahead gave."""
    ran_out = (Job.lease_until < moment) | (Job.lease_until > moment + FAR_AHEAD)
    return (Job.state == JobState.LEASED) & ran_out


def _lease(job_id: int) -> Row[str, int, int] | None:
    moment = now()
    taken = db.session.execute(
        update(Job)
        .where(Job.id == job_id, (Job.state == JobState.PENDING) | _is_let_go(moment))
        .values(state=JobState.LEASED, attempts=Job.attempts + 1, lease_until=moment + LEASE)
        .returning(Job.kind, Job.subject_id, Job.attempts)
    ).one_or_none()
    db.session.commit()
    return taken


def _finish(job_id: int, attempt: int) -> bool:
    """Mark the job done, unless its lease ran out and another worker has taken it since."""
    return (
        count_rows(
            update(Job)
            .where(Job.id == job_id, Job.state == JobState.LEASED, Job.attempts == attempt)
            .values(state=JobState.DONE, finished_at=now(), lease_until=None, last_error=None)
        )
        == 1
    )


def _put_back(job_id: int, attempt: int, error: str) -> None:
    db.session.execute(
        update(Job)
        .where(Job.id == job_id, Job.state == JobState.LEASED, Job.attempts == attempt)
        .values(
            state=JobState.PENDING,
            run_at=now() + RETRY_AFTER * 2 ** (attempt - 1),
            lease_until=None,
            last_error=error[:100],
        )
    )
    db.session.commit()


def _bury(job_id: int, kind: str, subject_id: int, error: str) -> None:
    """Give the job up in the open: dead, and whatever its handler shows to a human."""
    db.session.execute(
        update(Job)
        .where(Job.id == job_id, Job.state == JobState.LEASED)
        .values(state=JobState.DEAD, finished_at=now(), lease_until=None, last_error=error[:100])
    )
    _handlers[kind].bury(subject_id, job_id)
    db.session.commit()
    log.error("job_dead", job_id=job_id, kind=kind, error=error)


def open_broker(url: str) -> redis.Redis:
    """Return a client of the broker that soon says so when it does not answer.

    The library would try three times more, with pauses of seconds.
    """
    return redis.Redis.from_url(
        url,
        socket_timeout=BROKER_WAIT_SECONDS,
        socket_connect_timeout=BROKER_WAIT_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )


class Waker:
    """Sends hints to the workers from a thread of its own, so that no request ever waits.

    A broker that is down or frozen costs the hints of that time, and the sweep makes up for
    them.
    """

    def __init__(self, broker_url: str) -> None:
        self._hints: queue.Queue[int] = queue.Queue(maxsize=HINTS_KEPT)
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._celery = Celery("teduh-hints", broker=broker_url, set_as_current=False)
        self._celery.conf.update(
            broker_transport_options=SENDER_OPTIONS,
            broker_connection_timeout=BROKER_WAIT_SECONDS,
            task_publish_retry=False,
            task_ignore_result=True,
        )

    def wake(self, job_id: int) -> None:
        """Ask the workers to do a job soon. Never waits, never fails."""
        # The thread starts at the first hint, because threads do not survive a fork.
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._send, name="waker", daemon=True)
                self._thread.start()
        try:
            self._hints.put_nowait(job_id)
        except queue.Full:
            log.warning("hint_dropped", job_id=job_id)

    def _send(self) -> None:
        while True:
            job_id = self._hints.get()
            try:
                self._celery.send_task(RUN_JOB, args=[job_id], retry=False, ignore_result=True)
            except Exception as error:  # noqa: BLE001 (a hint may be lost, its thread not)
                lost = 1 + self._drop_hints()
                log.warning("broker_unreachable", hints=lost, error=type(error).__name__)
                time.sleep(BROKER_PAUSE_SECONDS)

    def _drop_hints(self) -> int:
        """Leave to the sweep what waited for a broker that does not answer."""
        dropped = 0
        while True:
            try:
                self._hints.get_nowait()
            except queue.Empty:
                return dropped
            dropped += 1


@event.listens_for(db.session, "after_commit")
def _send_hints(session: Session) -> None:
    # A savepoint that ends says so too, and nobody else can see its job yet.
    if session.in_nested_transaction():
        return
    waker: Waker | None = current_app.extensions["waker"]
    for job_id in session.info.pop("hints", ()):
        if waker is not None:
            waker.wake(job_id)


@event.listens_for(db.session, "after_rollback")
def _drop_hints(session: Session) -> None:
    if session.in_nested_transaction():
        return
    session.info.pop("hints", None)
