"""Whether the system is well: for load balancers, operators and Prometheus."""

import hmac
import time
from collections.abc import Callable
from functools import cache

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Blueprint, Response, abort, current_app, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from sqlalchemy import func, select, text

from forum.clock import now
from forum.extensions import db, limiter
from forum.heartbeats import silent_processes
from forum.outbox import Job, JobState, open_broker
from forum.posts.queries import oldest_unscanned
from forum.settings import find_folder
from forum.web.figures import SharedFigures

health = Blueprint("health", __name__)

# A post that waits longer for its scan than this makes the system unready.
UNSCANNED_LIMIT_SECONDS = 60

request_seconds = Histogram(
    "teduh_request_seconds", "Time to answer, by route template.", ["route", "method"]
)
responses = Counter("teduh_responses", "Answers, by route template and status.", ["route", "code"])


class NotReady(Exception):
    """A part of the system is not well; the message says what, in operators' words."""


@health.get("/healthz")
@limiter.exempt
def healthz() -> dict[str, str]:
    """Say that this process answers."""
    return {"status": "ok"}


@health.get("/readyz")
@limiter.exempt
def readyz() -> tuple[dict[str, object], int]:
    """Check every part that a flag needs on its way, each with its milliseconds."""
    checks: dict[str, object] = {}
    ready = True
    for name, check in CHECKS.items():
        started = time.perf_counter()
        try:
            check()
            state = "ok"
        except Exception as error:  # noqa: BLE001 (a check that fails in any way has failed)
            # The driver's message may name hosts and users; ours are written for this page.
            state = str(error) if isinstance(error, NotReady) else type(error).__name__
            ready = False
            db.session.rollback()
        milliseconds = round((time.perf_counter() - started) * 1000, 1)
        checks[name] = {"state": state, "ms": milliseconds}
    return {"ready": ready, "checks": checks}, 200 if ready else 503


@health.get("/metrics")
@limiter.exempt
def metrics() -> Response:
    """Give Prometheus its figures: no label names a person, a thread or an address."""
    token = current_app.config["METRICS_TOKEN"]
    if token:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), token.encode()):
            abort(403)
    elif not current_app.config["DEMO"]:
        abort(404)
    registry = CollectorRegistry()
    if current_app.config["METRICS_SHARED"]:
        SharedFigures(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(request_seconds)
        registry.register(responses)
    for measure in current_app.extensions["gauges"]:
        measure(registry)
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def measure_jobs(registry: CollectorRegistry) -> None:
    """Add the jobs that are not done, by state, and the age of the oldest unscanned post."""
    jobs = Gauge("teduh_jobs", "Jobs that are not done.", ["state"], registry=registry)
    counts = db.session.execute(
        select(Job.state, func.count()).where(Job.state != JobState.DONE).group_by(Job.state)
    )
    found = {row[0]: row[1] for row in counts}
    for state in (JobState.PENDING, JobState.LEASED, JobState.DEAD):
        jobs.labels(state.value).set(found.get(state, 0))
    age = Gauge(
        "teduh_oldest_unscanned_seconds", "Age of the oldest unscanned post.", registry=registry
    )
    age.set(unscanned_seconds())


def unscanned_seconds() -> float:
    """Return how long the oldest unscanned post has waited, in seconds; 0 if there is none."""
    oldest = oldest_unscanned()
    return (now() - oldest).total_seconds() if oldest else 0.0


def _check_database() -> None:
    db.session.execute(text("SELECT 1"))


@cache
def newest_schema() -> str | None:
    """Return the newest schema that the code of this process knows; read from disk once."""
    return ScriptDirectory(str(find_folder("migrations"))).get_current_head()


def _check_migrations() -> None:
    wanted = newest_schema()
    found = MigrationContext.configure(db.session.connection()).get_current_revision()
    if found != wanted:
        raise NotReady(f"schema is at {found}, this version wants {wanted}: run teduh migrate")


def _check_broker() -> None:
    url = current_app.config["REDIS_URL"]
    if not url:
        raise NotReady("REDIS_URL is not set")
    with open_broker(url) as client:
        client.ping()


def _check_processes() -> None:
    if silent := silent_processes():
        raise NotReady("silent for a minute: " + ", ".join(silent))


def _check_unscanned() -> None:
    waited = unscanned_seconds()
    if waited > UNSCANNED_LIMIT_SECONDS:
        raise NotReady(f"a post has waited {waited:.0f} s for its scan")


CHECKS: dict[str, Callable[[], None]] = {
    "database": _check_database,
    "migrations": _check_migrations,
    "broker": _check_broker,
    "processes": _check_processes,
    "unscanned": _check_unscanned,
}
