"""The system under test: `teduh up` for real, with handles on every one of its processes."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import redis

from forum.settings import load_settings
from tests.faults.chaos.database import Database
from tests.system import ROOT, START_SECONDS, Run, children_of, environment, free_port

INSIDE = Path(__file__).parent / "inside"
COMMAND_SECONDS = 180
# How each part is named.
PARTS = {"web": "teduh web", "worker": "teduh worker", "beat": "teduh beat", "broker": "valkey-"}


class Site:
    """One `teduh up`, started again where a fault wants it."""

    def __init__(self, folder: Path, database: Database, **variables: str) -> None:
        """Start it. Takes an empty data folder, which may be a mount of its own."""
        self.folder = folder
        self.database = database
        self.port = free_port()
        self.variables = {
            **database.variables,
            **variables,
            "CHAOS_FOLDER": str(folder),
            "PYTHONPATH": f"{INSIDE}:{ROOT}",
        }
        # How many times the set rate posts come in.
        self.rush = 1.0
        # Texts that are to be posted next, out of turn.
        self.wanted: list[str] = []
        self.run = Run(folder, self.port, **self.variables)
        self.run.wait_until_ready()

    def start_again(self) -> None:
        """Start everything anew, after it has ended, and wait until it answers.

        Not until it is ready: a post that nobody can scan keeps it from that for a while.
        """
        self.run = Run(self.folder, self.port, **self.variables)
        give_up = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self.run.process.poll() is None, self.run.output
            assert time.monotonic() < give_up, self.run.output
            time.sleep(0.1)

    def _answers(self) -> bool:
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"http://127.0.0.1:{self.port}/healthz").is_success
        return False

    def pids(self, part: str) -> list[int]:
        """Return the main process of a part, or the processes below it: "worker child"."""
        name, _, below = part.partition(" ")
        found = []
        with contextlib.suppress(FileNotFoundError):
            for pid, command in children_of(self.run.process.pid).items():
                if command.startswith(PARTS[name]):
                    found.append(pid)
        if below:
            with contextlib.suppress(FileNotFoundError):
                return [child for pid in found for child in children_of(pid)]
        return found

    def send(self, number: int, part: str, *, group: bool = False) -> bool:
        """Send a signal to one process of a part, or to its whole group. Returns whether it met."""
        for pid in self.pids(part):
            with contextlib.suppress(ProcessLookupError):
                (os.killpg if group else os.kill)(pid, number)
                return True
        return False

    @contextlib.contextmanager
    def broker(self) -> Iterator[redis.Redis]:
        """Open a connection to the broker, as its operator would, and close it."""
        path = load_settings(demo=True, data_dir=self.folder).runtime_dir / "valkey.sock"
        with redis.Redis(unix_socket_path=str(path), socket_timeout=5) as client:
            yield client

    def teduh(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a command beside the system, as its operator would."""
        return subprocess.run(
            [sys.executable, "-m", "forum.commands.main", *arguments],
            env=environment(self.folder) | self.variables,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )

    def log(self, name: str) -> str:
        """Return what a part has logged."""
        path = self.folder / "logs" / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def end(self) -> None:
        """Stop everything, frozen or not."""
        for part in PARTS:
            self.send(signal.SIGCONT, part, group=True)
        if self.run.process.poll() is None:
            self.run.end(signal.SIGTERM)
