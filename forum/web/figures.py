"""Figures of processes, scans and backups for Prometheus. Each reads a few rows at most."""

import math
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy import select

from forum.backups.archive import newest_backup
from forum.clock import now
from forum.extensions import db, setting
from forum.heartbeats import BEAT, WATCH, WORKER, Heartbeat
from forum.outbox import Job, JobState
from forum.posts.operations import SCAN_POST

# So many of the latest scans are enough for a 95th percentile, and few enough for each scrape.
LATEST_SCANS = 200
QUANTILES = (0.5, 0.95, 1.0)


class SharedFigures(MultiProcessCollector):
    """What all web processes have counted, from their files in PROMETHEUS_MULTIPROC_DIR.

    Without gauges: who answers a scrape measures them anew, and those of another process are old.
    """

    def collect(self) -> Iterable[Metric]:
        """Return counters and histograms, added up."""
        counted = super().collect()  # type: ignore[no-untyped-call]
        return [metric for metric in counted if metric.type != "gauge"]


def measure_processes(registry: CollectorRegistry) -> None:
    """Add the version, and for how long each process that no visitor talks to has been silent."""
    build = Gauge("teduh_build_info", "The version that runs.", ["version"], registry=registry)
    build.labels(version("teduh")).set(1)
    silent = Gauge(
        "teduh_silent_seconds", "Time since the last sign of life.", ["process"], registry=registry
    )
    seen = {row.name: row.seen_at for row in db.session.scalars(select(Heartbeat))}
    for name in (WORKER, BEAT, WATCH):
        # One that was never seen is as bad as one that is long gone.
        age = (now() - seen[name]).total_seconds() if name in seen else math.inf
        silent.labels(name).set(age)


def measure_scans(registry: CollectorRegistry) -> None:
    """Add how long the latest scans took, from the post's commit to the flag's."""
    seconds = Gauge(
        "teduh_scan_seconds",
        f"From post to flag, of the latest {LATEST_SCANS} scans.",
        ["quantile"],
        registry=registry,
    )
    rows = db.session.execute(
        select(Job.created_at, Job.finished_at)
        .where(Job.kind == SCAN_POST, Job.state == JobState.DONE)
        .order_by(Job.id.desc())
        .limit(LATEST_SCANS)
    )
    taken = sorted((row[1] - row[0]).total_seconds() for row in rows if row[1])
    for quantile in QUANTILES:
        place = max(0, math.ceil(quantile * len(taken)) - 1)
        seconds.labels(str(quantile)).set(taken[place] if taken else math.nan)


def measure_backups(registry: CollectorRegistry) -> None:
    """Add the age of the newest backup; endless if there is none."""
    age = Gauge("teduh_backup_age_seconds", "Age of the newest backup.", registry=registry)
    made = newest_backup(Path(setting("BACKUP_DIR")))
    age.set((now() - made).total_seconds() if made else math.inf)
