"""`teduh up` for real: it starts, says why it can't, and leaves nothing behind."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.parts.processes import memory_mb
from tests.system import (
    START_SECONDS,
    Run,
    environment,
    free_port,
    processes_of,
    wait_until_gone,
)

# Idle; 500 with what a busy start leaves.
LARGEST_MB = 500
# It takes two or three; a machine that is busy with other tests takes several times as long.
SOON_SECONDS = 30


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    data = tmp_path / "data"
    yield data
    for pid in processes_of(data):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def start(folder: Path, port: int) -> Run:
    """Start a whole system. It must be ready in its own time."""
    run = Run(folder, port)
    run.wait_until_ready()
    assert "not ready after" not in run.output
    return run


def try_up(folder: Path, *options: str, **variables: str) -> tuple[int, list[str]]:
    """Run a `teduh up` that can't start. Return its exit code and what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "forum.commands.main", "up", *options],
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        env={**environment(folder), **variables},
        cwd="/",
        check=False,
    )
    assert done.stdout == ""
    return done.returncode, done.stderr.splitlines()


def test_starts_answers_and_stops(folder: Path) -> None:
    port = free_port()
    run = start(folder, port)
    print("first_start_seconds", round(run.seconds, 2))
    names = " ".join(processes_of(folder).values())
    for part in ("up", "web", "worker", "beat", "watch"):
        assert f"teduh {part} " in names
    assert "valkey-server" in names
    assert "watchdog" in names

    # The system that runs can be found by the next command.
    demo = folder / "demo.env"
    assert demo.stat().st_mode & 0o777 == 0o600
    assert f"TEDUH_PORT={port}" in demo.read_text()
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.glob("teduh.db*"))

    # A second one on the same folder, and one on the same port: one line each, and no harm.
    code, lines = try_up(folder, "--demo", "--port", str(free_port()))
    assert (code, len(lines)) == (2, 1)
    assert f"already runs on {folder} (process {run.process.pid})" in lines[0]
    code, lines = try_up(folder.with_name("other"), "--demo", "--port", str(port))
    assert (code, len(lines)) == (2, 1)
    assert re.fullmatch(
        rf"teduh: TEDUH_PORT: 127.0.0.1:{port} is taken .*--port {port + 1}\.", lines[0]
    )

    # What they share is there once: each by itself, they took 670 MB.
    megabytes = memory_mb(list(processes_of(folder)))
    print("idle_mb", round(megabytes))
    assert megabytes < LARGEST_MB

    # Parts that die come back.
    parts = ("web", "worker", "beat", "watch")
    for part in parts:
        leader = next(pid for pid, name in processes_of(folder).items() if f"teduh {part} " in name)
        os.kill(os.getpgid(leader), signal.SIGKILL)
    began = time.monotonic()
    while not all(f"{part} ended by signal 9; it starts again" in run.output for part in parts):
        assert time.monotonic() - began < START_SECONDS
        time.sleep(0.05)
    run.wait_until_ready()

    assert run.end(signal.SIGTERM) < SOON_SECONDS
    assert run.process.returncode == 0
    assert wait_until_gone(folder) < SOON_SECONDS
    assert "nothing is left running" in run.output
    for log in (folder / "logs").iterdir():
        assert "Traceback" not in log.read_text(), log.read_text()


def test_kill_of_the_parent_leaves_nothing(folder: Path) -> None:
    port = free_port()
    first = start(folder, port)
    secret = (folder / "demo.env").read_text()
    # Processes that hang can't end themselves: freeze what scans and what serves.
    for pid, name in processes_of(folder).items():
        if "teduh web " in name or "teduh worker " in name:
            os.kill(pid, signal.SIGSTOP)
    first.process.kill()
    first.process.wait()

    # The next start waits for the cleaning up, and then has the port and the folder.
    second = start(folder, port)
    print("second_start_seconds_with_clean_up", round(second.seconds, 2))
    assert (folder / "demo.env").read_text() == secret
    second.end(signal.SIGINT)
    assert wait_until_gone(folder) < SOON_SECONDS

    third = start(folder, port)
    print("second_start_seconds", round(third.seconds, 2))
    third.process.kill()
    third.process.wait()
    print("gone_after_kill_seconds", round(wait_until_gone(folder), 2))


def test_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    code, lines = try_up(tmp_path / "file" / "data", "--demo")
    assert (code, len(lines)) == (2, 1)
    assert lines[0].startswith(f"teduh: TEDUH_DATA_DIR: cannot write to {tmp_path}/file/data")


def test_settings_that_make_no_sense(tmp_path: Path) -> None:
    code, lines = try_up(tmp_path / "data", TEDUH_SECRET_KEY="short")
    assert (code, len(lines)) == (2, 1)
    assert lines[0].startswith("teduh: TEDUH_SECRET_KEY needs 32 characters")
    code, lines = try_up(tmp_path / "data", "--demo", TEDUH_PORT="eighty", TEDUH_PROXIES="9")
    assert code == 2
    assert [line.split(":")[1].strip() for line in lines] == ["TEDUH_PORT", "TEDUH_PROXIES"]
    assert not (tmp_path / "data").exists()


def test_a_folder_that_was_a_demo_is_no_real_site(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "demo.env").write_text("TEDUH_DEMO=1\n")
    secret = "kY3-vQ9_wB7xN2mR8tZ5pL1cJ6hF4gD0aS"
    for variables in ({}, {"TEDUH_DEMO": "0"}):
        code, lines = try_up(data, TEDUH_SECRET_KEY=secret, **variables)
        assert (code, len(lines)) == (2, 1)
        assert lines[0].startswith(f"teduh: TEDUH_DATA_DIR: {data} was a demo")
    assert [path.name for path in data.iterdir()] == ["demo.env"]


def test_stops_with_the_process_that_started_it(folder: Path) -> None:
    """`make run` is killed in the hardest way: what it started ends too."""
    script = (
        "import subprocess, sys\n"
        "command = [sys.executable, '-m', 'forum.commands.main', 'up', '--demo', '--leashed']\n"
        "subprocess.run([*command, '--port', sys.argv[1]])\n"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", script, str(free_port())],
        env=environment(folder),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    began = time.monotonic()
    while not any("valkey" in name for name in processes_of(folder).values()):
        assert time.monotonic() - began < START_SECONDS
        time.sleep(0.05)
    starter.kill()
    starter.wait()
    assert wait_until_gone(folder) < SOON_SECONDS
