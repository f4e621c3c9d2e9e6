"""The processes of `teduh up`: started, watched, started again, and never left behind.

Every child leads a process group of its own, so that a signal reaches its children too. Three
things see that none outlives the parent: the parent's own stop, the watchdog at the other end of a
pipe, and on Linux the kernel, which tells each child of the parent's death.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from forum.commands import watchdog

# An idle Celery takes longer; a scan that is cut off is done again from its row.
STOP_SECONDS = 1.5
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 10.0
SETTLED_SECONDS = 30.0
LARGEST_LOG_BYTES = 10_000_000
PR_SET_PDEATHSIG = 1

_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


@dataclass
class Child:
    """One process that `teduh up` keeps alive."""

    name: str
    command: Sequence[str]
    log_path: Path
    stops_last: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = FIRST_PAUSE_SECONDS
    restart_at: float | None = None

    @property
    def pid(self) -> int | None:
        """The process id, which is the id of its group too; None before the first start."""
        return self.process.pid if self.process else None


class Family:
    """All children of one `teduh up`, and the watchdog beside them.

    `say` is told, in one line, of everything that an operator may want to know.
    """

    def __init__(self, say: Callable[[str], None], keep_open: Sequence[int] = ()) -> None:
        """Start the watchdog. It holds `keep_open` file descriptors until all is cleaned up."""
        self.children: list[Child] = []
        self._say = say
        self._keep_open = keep_open
        self._watchdog = self._start_watchdog()

    def start(self, child: Child) -> None:
        """Start a child and keep it from now on."""
        self.children.append(child)
        self._launch(child)

    def tend(self) -> None:
        """Look after all children once: start again what has ended, keep the log files small."""
        moment = time.monotonic()
        if self._watchdog.poll() is not None:
            self._watchdog = self._start_watchdog()
        for child in self.children:
            _trim(child.log_path)
            if child.restart_at is not None:
                if moment >= child.restart_at:
                    self._launch(child)
            elif child.process and child.process.poll() is not None:
                self._bury(child)
                settled = moment - child.started > SETTLED_SECONDS
                child.pause = FIRST_PAUSE_SECONDS if settled else child.pause
                child.restart_at = moment + child.pause
                code = child.process.returncode
                how = f"by signal {-code}" if code < 0 else f"with code {code}"
                self._say(f"{child.name} ended {how}; it starts again (log: {child.log_path})")
                child.pause = min(child.pause * 2, LONGEST_PAUSE_SECONDS)

    def stop(self) -> None:
        """Stop all children, the broker after those who use it, in 2 x STOP_SECONDS at most."""
        for last in (False, True):
            self._stop_some([child for child in self.children if child.stops_last == last])
        if self._watchdog.stdin:
            self._watchdog.stdin.close()
        self._watchdog.wait()

    def _stop_some(self, children: list[Child]) -> None:
        for child in children:
            child.restart_at = None
            if child.process and child.process.poll() is None:
                # Only the leader: it ends its own children, and lets them finish a scan.
                child.process.terminate()
        give_up = time.monotonic() + STOP_SECONDS
        living = [child for child in children if child.process]
        while living and time.monotonic() < give_up:
            living = [child for child in living if _is_alive(child)]
            time.sleep(0.02)
        for child in living:
            self._bury(child)

    def _launch(self, child: Child) -> None:
        child.restart_at = None
        child.started = time.monotonic()
        child.log_path.parent.mkdir(parents=True, exist_ok=True)
        with child.log_path.open("ab") as output:
            child.process = subprocess.Popen(
                child.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **child.environment},
                process_group=0,
                preexec_fn=die_with_parent,  # noqa: PLW1509 (the parent has a single thread)
            )
        self._tell_watchdog(f"+{child.process.pid}\n")

    def _bury(self, child: Child) -> None:
        """End whatever is left of a child's group: grandchildren may hold its port or its jobs."""
        if child.process is None:
            return
        watchdog.send(child.process.pid, signal.SIGKILL)
        child.process.wait()
        self._tell_watchdog(f"-{child.process.pid}\n")

    def _start_watchdog(self) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", watchdog.__file__],
            stdin=subprocess.PIPE,
            text=True,
            start_new_session=True,
            pass_fds=self._keep_open,
        )
        self._watchdog = process
        for child in self.children:
            if child.pid:
                self._tell_watchdog(f"+{child.pid}\n")
        return process

    def _tell_watchdog(self, line: str) -> None:
        try:
            if self._watchdog.stdin:
                self._watchdog.stdin.write(line)
                self._watchdog.stdin.flush()
        except BrokenPipeError:
            # It was killed; `tend` starts another one, which learns of all children.
            pass


def read_tail(path: Path, lines: int = 8) -> str:
    """Return the last lines of a log file, or nothing if there is none."""
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 8192))
            text = file.read().decode(errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def _is_alive(child: Child) -> bool:
    """Whether anything of the child's group is left; a finished child is collected first."""
    if child.process:
        child.process.poll()
    return child.pid is not None and watchdog.send(child.pid, 0)


def _trim(path: Path) -> None:
    """Keep one older copy of a log that has grown large. Children append, so cutting is safe."""
    if path.exists() and path.stat().st_size > LARGEST_LOG_BYTES:
        shutil.copyfile(path, path.with_suffix(".old.log"))
        os.truncate(path, 0)


def die_with_parent() -> None:
    """Have the kernel send SIGTERM to this process when its parent ends. Linux only."""
    if _prctl:
        _prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
