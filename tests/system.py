"""The whole system for tests: `teduh up` as a person would start it, in a folder of its own."""

import contextlib
import itertools
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx

from forum.settings import load_settings

ROOT = Path(__file__).parents[1]
# When to give up; what is fast enough is for the tests of `teduh up` to say.
START_SECONDS = 180
GONE_SECONDS = 60
END_SECONDS = 60
# Below the ports that the system gives to connections that go out: one of those could take a port
# between our look and the server's start.
PORTS = range(20_000, 32_000)
# Tests do in a minute what fills a month, and leave nothing to chance.
UNSPARED = {
    "TEDUH_SAMPLE_PERCENT": "0",
    "TEDUH_NEWCOMER_DAYS": "0",
    "TEDUH_EXPOSURE_SHIFT": "1e9",
    "TEDUH_EXPOSURE_WEEK": "1e9",
    "TEDUH_SHIFT_HEAVY_CASES": "1000000",
    "TEDUH_REST_MINUTES": "0",
}
# What a machine's own environment says must not reach the system under test.
OWN_VARIABLES = ("TEDUH_", "REDIS_URL", "DATABASE_URL", "PROMETHEUS_")


class Run:
    """One `teduh up` in a folder of its own."""

    def __init__(self, folder: Path, port: int, **variables: str) -> None:
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
            env=environment(folder) | variables,
            cwd=folder.parent,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait_until_ready(self) -> None:
        """Wait until it says so and /readyz does too. On a busy machine that may be later."""
        while not (self.ready.wait(0.1) and self.is_ready()):
            assert self.process.poll() is None, self.output
            assert time.monotonic() - self.began < START_SECONDS, self.output
            time.sleep(0.1)

    def is_ready(self) -> bool:
        """Ask /readyz."""
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"http://127.0.0.1:{self.port}/readyz").is_success
        return False

    def end(self, number: int) -> float:
        """Send a signal; return the seconds until the parent is gone."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(timeout=END_SECONDS)
        seconds = time.monotonic() - began
        self._reader.join(timeout=END_SECONDS)
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


def environment(folder: Path) -> dict[str, str]:
    """Return the variables of a system on this folder: of the code here, wherever it is started."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(OWN_VARIABLES)}
    return {**kept, **UNSPARED, "TEDUH_DATA_DIR": str(folder), "PYTHONPATH": str(ROOT)}


def processes_of(folder: Path) -> dict[int, str]:
    """Return every living process, however distant a child, that was started for the folder.

    Each with its name, such as `teduh web`, and its command line.
    """
    found = {}
    mark = f"TEDUH_DATA_DIR={folder}".encode()
    # Valkey writes its title over its environment; its socket's folder names it.
    socket_folder = str(load_settings(demo=True, data_dir=folder).runtime_dir)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                command = _command_of(entry)
                variables = (entry / "environ").read_bytes().split(b"\0")
                if mark in variables or socket_folder in command:
                    found[int(entry.name)] = command
    return found


def wait_until_gone(folder: Path) -> float:
    began = time.monotonic()
    while time.monotonic() - began < GONE_SECONDS:
        if not processes_of(folder):
            return time.monotonic() - began
        time.sleep(0.05)
    raise AssertionError(processes_of(folder))


# Each process of the tests begins elsewhere, and gives the same one again after all others.
_given = itertools.count(os.getpid() * 97)


def free_port() -> int:
    """Return a port that nobody listens on, and that no other test was given lately."""
    for _ in PORTS:
        port = PORTS[next(_given) % len(PORTS)]
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError(PORTS)


def children_of(pid: int) -> dict[int, str]:
    """Return the direct children of a process, with name and command line.

    A server such as Valkey writes over its own command line and environment, not over its name.
    """
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    found = {}
    for child in children:
        with contextlib.suppress(OSError):
            found[int(child)] = _command_of(Path("/proc") / child)
    return found


def _command_of(entry: Path) -> str:
    """Return name and command line of a process. All of `teduh up` share one command line."""
    command = (entry / "cmdline").read_text().replace("\0", " ")
    return f"{(entry / 'comm').read_text().strip()} {command}"
