"""The first promise under fire: kill what can be killed, in turn, and count what is lost."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.conftest import DATABASES, new_postgresql_database
from tests.system import Run, children_of, environment, free_port

POSTS = 300
RATE = 20
SECONDS_BETWEEN_KILLS = 2.0
TARGETS = ("celery worker", "valkey-server", "celery beat")
SEED = 20261123


def write_posts(path: Path) -> None:
    """Write posts of all levels; what is flagged does not matter here, only that it is seen."""
    texts = {
        "green": "Hari ini lumayan, tadi masak sayur bening.",
        "amber": "Aku capek banget, rasanya nggak ada harapan lagi.",
        "red": "Aku pengen mati.",
    }
    chooser = random.Random(SEED)
    levels = [chooser.choice(list(texts)) for _ in range(POSTS)]
    lines = [json.dumps({"text": texts[level], "level": level}) for level in levels]
    path.write_text("\n".join(lines), "utf-8")


def kill_in_turn(parent: int, stop: threading.Event, killed: list[str]) -> None:
    """Send SIGKILL to one process of each kind after the other, while posts come in."""
    last = time.monotonic() + POSTS / RATE
    while time.monotonic() < last:
        for target in TARGETS:
            if stop.wait(SECONDS_BETWEEN_KILLS):
                return
            for pid, command in children_of(parent).items():
                if all(word in command.split() for word in target.split()):
                    os.kill(pid, signal.SIGKILL)
                    killed.append(target)
                    break


def teduh(folder: Path, variables: dict[str, str], *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "forum.commands.main", *arguments],
        env=environment(folder) | variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("kind", DATABASES)
def test_kills_of_worker_broker_and_beat_lose_nothing(kind, tmp_path, request):
    if kind == "postgresql":
        with new_postgresql_database(request.getfixturevalue("postgresql_url")) as url:
            run_under_fire(tmp_path / "data", {"DATABASE_URL": url})
    else:
        run_under_fire(tmp_path / "data", {})


def run_under_fire(folder: Path, variables: dict[str, str]) -> None:
    run = Run(folder, free_port(), **variables)
    stop = threading.Event()
    killed: list[str] = []
    try:
        run.wait_until_ready()
        posts = folder.parent / "posts.jsonl"
        write_posts(posts)
        killer = threading.Thread(target=kill_in_turn, args=(run.process.pid, stop, killed))
        killer.start()
        try:
            simulation = teduh(
                folder, variables, "simulate", str(posts), "--rate", str(RATE), "--json"
            )
        finally:
            stop.set()
            killer.join()
        told = simulation.stdout + simulation.stderr + (folder / "logs" / "web.log").read_text()
        assert simulation.returncode == 0, told
        ledger = json.loads(simulation.stdout)
        time.sleep(0.5)
        doctor = teduh(folder, variables, "doctor", "--json")
        assert doctor.returncode == 0, doctor.stdout + doctor.stderr
    finally:
        run.end(signal.SIGTERM)
    assert ledger["posts"] == POSTS
    assert (ledger["lost"], ledger["duplicates"], ledger["unscanned"]) == (0, 0, 0)
    assert ledger["refused"] == {}
    assert set(killed) == set(TARGETS)
    assert len(killed) >= len(TARGETS)
