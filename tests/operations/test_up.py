"""`teduh up` for real: it starts, says why it can't, and leaves nothing behind."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

START_SECONDS = 40
GONE_SECONDS = 8
# What a machine's own environment says must not reach the system under test.
OWN_VARIABLES = ("TEDUH_", "REDIS_URL", "DATABASE_URL", "PROMETHEUS_")


class Run:
    """One `teduh up` in a folder of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self.lines: list[str] = []
        self.ready = threading.Event()
        self.began = time.monotonic()
        self.seconds = 0.0
        self.process = subprocess.Popen(
            [sys.executable, "-m", "forum.commands.main", "up", "--demo", "--port", str(port)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment(folder),
            cwd=folder.parent,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait_until_ready(self) -> None:
        while not self.ready.wait(0.1):
            assert self.process.poll() is None, self.output
            assert time.monotonic() - self.began < START_SECONDS, self.output
        assert "not ready after" not in self.output

    def end(self, number: int) -> float:
        """Send a signal; return the seconds until the parent is gone."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(timeout=20)
        seconds = time.monotonic() - began
        self._reader.join(timeout=5)
        return seconds

    @property
    def output(self) -> str:
        return "".join(self.lines)

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line)
            if "Ctrl-C stops" in line:
                self.seconds = time.monotonic() - self.began
                self.ready.set()
        self.process.stdout.close()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    data = tmp_path / "data"
    yield data
    for pid in processes_of(data):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def environment(folder: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(OWN_VARIABLES)}
    return {**kept, "TEDUH_DATA_DIR": str(folder)}


def processes_of(folder: Path) -> dict[int, str]:
    """Return every living process, however distant a child, that was started for the folder."""
    found = {}
    mark = f"TEDUH_DATA_DIR={folder}".encode()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found[int(entry.name)] = (entry / "cmdline").read_text().replace("\0", " ")
    return found


def wait_until_gone(folder: Path) -> float:
    began = time.monotonic()
    while time.monotonic() - began < GONE_SECONDS:
        if not processes_of(folder):
            return time.monotonic() - began
        time.sleep(0.05)
    raise AssertionError(processes_of(folder))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def try_up(folder: Path, *options: str, **variables: str) -> tuple[int, list[str]]:
    """Run a `teduh up` that can't start. Return its exit code and what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "forum.commands.main", "up", *options],
        capture_output=True,
        text=True,
        timeout=30,
        env={**environment(folder), **variables},
        cwd="/",
        check=False,
    )
    assert done.stdout == ""
    return done.returncode, done.stderr.splitlines()


def test_starts_answers_and_stops(folder: Path) -> None:
    port = free_port()
    run = Run(folder, port)
    run.wait_until_ready()
    print("first_start_seconds", round(run.seconds, 2))
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
        assert answer.status == 200
    names = " ".join(processes_of(folder).values()).replace("--quiet ", "")
    for part in (
        *("forum.commands.serve", "workers.main:celery worker", "workers.clock:celery beat"),
        *("valkey-server", "watchdog"),
    ):
        assert part in names

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

    # A part that dies comes back.
    worker = next(pid for pid, name in processes_of(folder).items() if " worker " in name)
    os.kill(os.getpgid(worker), signal.SIGKILL)
    began = time.monotonic()
    while "worker ended by signal 9; it starts again" not in run.output:
        assert time.monotonic() - began < 5
        time.sleep(0.05)

    assert run.end(signal.SIGTERM) < 4
    assert run.process.returncode == 0
    assert wait_until_gone(folder) < 1
    assert "nothing is left running" in run.output
    for log in (folder / "logs").iterdir():
        assert "Traceback" not in log.read_text(), log.read_text()


def test_kill_of_the_parent_leaves_nothing(folder: Path) -> None:
    port = free_port()
    first = Run(folder, port)
    first.wait_until_ready()
    secret = (folder / "demo.env").read_text()
    # Processes that hang can't end themselves: freeze what scans and what serves.
    for pid, name in processes_of(folder).items():
        if "serve" in name or " worker " in name:
            os.kill(pid, signal.SIGSTOP)
    first.process.kill()
    first.process.wait()

    # The next start waits for the cleaning up, and then has the port and the folder.
    second = Run(folder, port)
    second.wait_until_ready()
    print("second_start_seconds_with_clean_up", round(second.seconds, 2))
    assert (folder / "demo.env").read_text() == secret
    second.end(signal.SIGINT)
    assert wait_until_gone(folder) < 1

    third = Run(folder, port)
    third.wait_until_ready()
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
