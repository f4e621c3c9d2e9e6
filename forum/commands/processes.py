"""The processes of `teduh up`: forked, watched, started again, and never left behind.

Every child is a fork of this process, which has loaded what they share: memory is copied only
where somebody writes. Every child leads a process group of its own, so that a signal reaches its
children too. Three things see that none outlives the parent: the parent's own stop, the watchdog
at the other end of a pipe, and on Linux the kernel, which tells each child of the parent's death.
"""

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from forum.commands import watchdog

# An idle Celery takes longer; a scan that is cut off is done again from its row.
STOP_SECONDS = 1.5
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 10.0
SETTLED_SECONDS = 30.0
LARGEST_LOG_BYTES = 10_000_000
PR_SET_PDEATHSIG = 1
PR_SET_NAME = 15

_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


class Fork:
    """A copy of this process that runs something else. Its parts are those of `Popen`."""

    def __init__(self, run: Callable[[], NoReturn]) -> None:
        """Start the copy. Must be called from the only thread there is."""
        self.returncode: int | None = None
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        self.pid = os.fork()
        if not self.pid:
            run()
        # Here too, for whoever is first; a copy that has become another program did it itself.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.setpgid(self.pid, self.pid)

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal; None while it runs."""
        return self._collect(os.WNOHANG)

    def wait(self) -> int | None:
        """Wait for the end and return the exit code."""
        return self._collect(0)

    def _collect(self, options: int) -> int | None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, options)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode


@dataclass
class Child:
    """One process that `teduh up` keeps alive. `run` is what it does until it ends."""

    name: str
    run: Callable[[], object]
    log_path: Path
    stops_last: bool = False
    process: Fork | None = None
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
            elif child.process and (code := child.process.poll()) is not None:
                self._bury(child)
                settled = moment - child.started > SETTLED_SECONDS
                child.pause = FIRST_PAUSE_SECONDS if settled else child.pause
                child.restart_at = moment + child.pause
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
                os.kill(child.process.pid, signal.SIGTERM)
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
        parent = os.getpid()
        with child.log_path.open("ab") as log, _signals_wait():
            child.process = Fork(lambda: self._become(child, parent, log.fileno()))
            self._tell_watchdog(f"+{child.process.pid}\n")

    def _become(self, child: Child, parent: int, log: int) -> NoReturn:
        """Be a child from now on, until its end. Called in the fork alone."""
        code = 1
        try:
            os.setpgid(0, 0)
            die_with_parent()
            if os.getppid() != parent:
                sys.exit("its parent has ended")
            name_process(child.name)
            self._let_go()
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            for output in (1, 2):
                os.dup2(log, output)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGHUP, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, ())
            child.run()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:  # noqa: BLE001 (what Python itself does where nobody catches it)
            sys.excepthook(*sys.exc_info())
        finally:
            # Not through the frames of the parent, which would stop its children.
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            os._exit(code)

    def _let_go(self) -> None:
        """Leave to the parent what is its alone, or its end would not show."""
        # The watchdog may have been killed a moment ago.
        with contextlib.suppress(BrokenPipeError):
            if self._watchdog.stdin:
                self._watchdog.stdin.close()
        for held in self._keep_open:
            os.close(held)

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


@contextlib.contextmanager
def _signals_wait() -> Iterator[None]:
    """Hold signals back: here until a new child is known, and in the child until it is its own."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


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


def name_process(part: str) -> None:
    """Show this process as `teduh PART` in `ps -o comm` and `top`. Linux only."""
    if _prctl:
        _prctl(PR_SET_NAME, f"teduh {part}".encode())
