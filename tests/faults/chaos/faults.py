"""The faults: each breaks the system from outside, holds for its time, and mends what it broke.

What mends itself, such as a killed process, is left to the system. A fault that this machine
can't do says why when it is asked for (`missing`); none is faked.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.chaos.inside.sitecustomize import POISON
from tests.faults.chaos.site import Site
from tests.system import environment

FROZEN_SECONDS = 4.0
STORM_SECONDS = 12.0
LOCKED_SECONDS = 3.0
FULL_SECONDS = 3.0
FLOOD_SECONDS = 4.0
FLOOD = 10.0
CLOCK_SECONDS = 3.0
CLOCK_AHEAD_SECONDS = 3600
RULES_SECONDS = 4.0
TWO_BEATS_SECONDS = 12.0
BOTH = ("sqlite", "postgresql")


@dataclass(frozen=True)
class Fault:
    """What one kind of fault does, from breaking to mending, and on which databases it exists."""

    act: Callable[[Site], None]
    databases: tuple[str, ...] = BOTH
    # Why this machine can't do it, or nothing.
    missing: Callable[[Site], str] = field(default=lambda _: "")


def signal_to(number: int, part: str, *, group: bool = False) -> Fault:
    """Return the fault that sends a signal to one process of a part, or to its group."""

    def act(site: Site) -> None:
        if not site.send(number, part, group=group):
            # It is being started again after the fault before.
            time.sleep(1)
            site.send(number, part, group=group)

    return Fault(act)


def storm(part: str, *, group: bool) -> Fault:
    """Return the fault that kills a part again and again, as soon as it is back."""

    def act(site: Site) -> None:
        give_up = time.monotonic() + STORM_SECONDS
        while time.monotonic() < give_up:
            site.send(signal.SIGKILL, part, group=group)
            time.sleep(0.3)

    return Fault(act)


def freeze_broker(site: Site) -> None:
    """Stop the broker without closing its socket: who calls it hears nothing."""
    site.send(signal.SIGSTOP, "broker")
    time.sleep(FROZEN_SECONDS)
    site.send(signal.SIGCONT, "broker")


def empty_broker(site: Site) -> None:
    """Let the broker forget everything that waits in it."""
    with site.broker() as client:
        client.flushall()


def fill_broker(site: Site) -> None:
    """Give the broker less memory than it uses: it refuses whatever would be new."""
    with site.broker() as client:
        client.config_set("maxmemory", "1")
    time.sleep(FULL_SECONDS)
    # It may have been killed meanwhile by nobody but us; a new one has its memory anyway.
    with site.broker() as client:
        client.config_set("maxmemory", "128mb")


def run_two_beats(site: Site) -> None:
    """Start a second beat beside the first."""
    schedule = site.folder / "second-beat"
    command = ["celery", "--quiet", "-A", "workers.clock:celery", "beat", "--pidfile", ""]
    second = subprocess.Popen(
        [sys.executable, "-m", *command, "--schedule", str(schedule), "--loglevel", "error"],
        env=environment(site.folder) | site.variables,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(TWO_BEATS_SECONDS)
    second.terminate()
    second.wait(timeout=30)
    for path in site.folder.glob("second-beat*"):
        path.unlink()


def cut_connections(site: Site) -> None:
    """End every connection to the database but our own."""
    site.database.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )


def lock_tables(site: Site) -> None:
    """Hold what every post needs, for seconds: three tables, or SQLite's only pen."""
    lock = ["BEGIN IMMEDIATE"]
    if site.database.kind == "postgresql":
        lock = ["BEGIN", "LOCK TABLE post, job, moderation_case IN ACCESS EXCLUSIVE MODE"]
    # Closing the connection takes it back.
    site.database.do(*lock, hold_seconds=LOCKED_SECONDS)


def fill_disk(site: Site) -> None:
    """Leave the database no byte; its folder is a small disk of its own."""
    ballast = ballast_of(site)
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(b"\0" * 65_536)
    with contextlib.suppress(OSError), ballast.open("ab", buffering=0) as file:
        while True:
            file.write(b"\0" * 512)
    time.sleep(FULL_SECONDS)
    ballast.unlink()
    site.database.start()


def ballast_of(site: Site) -> Path:
    """Return the file that fills the database's disk."""
    home = site.folder if site.database.kind == "sqlite" else site.database.data
    return home / "ballast"


def no_small_disk(site: Site) -> str:
    """Say why the disk can't be filled: it must be a mount of its own."""
    where = ballast_of(site).parent
    on_its_own = any(os.path.ismount(path) for path in (where, where.parent))
    return "" if on_its_own else "a small disk can't be mounted here (it takes root)"


def move_clock(site: Site) -> None:
    """Set the clock of all our code an hour ahead, and back again."""
    clock = site.folder / "clock"
    clock.write_text(str(CLOCK_AHEAD_SECONDS))
    time.sleep(CLOCK_SECONDS)
    clock.unlink()


def deploy(site: Site) -> None:
    """Stop everything, migrate, start everything, while people write."""
    site.run.end(signal.SIGTERM)
    done = site.teduh("migrate")
    assert done.returncode == 0, done.stderr
    site.start_again()


def migrate(site: Site) -> None:
    """Change the schema under the running system, as the first half of an upgrade does."""
    done = site.teduh("migrate")
    assert done.returncode == 0, done.stderr
    site.database.do("ALTER TABLE post ADD COLUMN chaos INTEGER")
    time.sleep(1)
    site.database.do("ALTER TABLE post DROP COLUMN chaos")


def cut_power(site: Site) -> None:
    """Kill all of it at once, without a word, and start it again."""
    site.run.process.kill()
    site.run.process.wait()
    site.start_again()


def flood(site: Site) -> None:
    """Let ten times as many posts come in."""
    site.rush = FLOOD
    time.sleep(FLOOD_SECONDS)
    site.rush = 1.0


def poison(site: Site) -> None:
    """Let somebody post what kills the process that scans it."""
    site.wanted.append(POISON)


def damage_rules(site: Site) -> None:
    """Put rules in force whose text was cut off, and take them out again."""
    columns = "sha256, author_id, reason, created_at, published_at"
    site.database.do(
        f"INSERT INTO rules_version (state, body, {columns}) "
        f"SELECT 'published', substr(body, 1, length(body) / 2), {columns} FROM rules_version "
        "WHERE state = 'published' ORDER BY id DESC LIMIT 1"
    )
    time.sleep(RULES_SECONDS)
    site.database.do(
        "UPDATE rules_version SET state = 'dropped' WHERE id = (SELECT max(id) FROM rules_version)"
    )


FAULTS: dict[str, Fault] = {
    "poison post": Fault(poison),
    "web worker killed": signal_to(signal.SIGKILL, "web child"),
    "web worker ended": signal_to(signal.SIGTERM, "web child"),
    "web killed": signal_to(signal.SIGKILL, "web", group=True),
    "web ended": signal_to(signal.SIGTERM, "web"),
    "worker child killed": signal_to(signal.SIGKILL, "worker child"),
    "worker child ended": signal_to(signal.SIGTERM, "worker child"),
    "worker killed": signal_to(signal.SIGKILL, "worker"),
    "worker group killed": signal_to(signal.SIGKILL, "worker", group=True),
    "worker ended": signal_to(signal.SIGTERM, "worker"),
    "worker storm": storm("worker", group=True),
    "beat killed": signal_to(signal.SIGKILL, "beat"),
    "beat ended": signal_to(signal.SIGTERM, "beat"),
    "two beats": Fault(run_two_beats),
    "broker killed": signal_to(signal.SIGKILL, "broker"),
    "broker storm": storm("broker", group=False),
    "broker frozen": Fault(freeze_broker),
    "broker emptied": Fault(empty_broker),
    "broker full": Fault(fill_broker),
    "database restarted": Fault(lambda site: site.database.restart(), ("postgresql",)),
    "connections cut": Fault(cut_connections, ("postgresql",)),
    "tables locked": Fault(lock_tables),
    "disk full": Fault(fill_disk, missing=no_small_disk),
    "clock jumps": Fault(move_clock),
    "deploy": Fault(deploy),
    "migration": Fault(migrate),
    "power cut": Fault(cut_power),
    "flood": Fault(flood),
    "damaged rules": Fault(damage_rules),
}
