"""The servers that are measured, and what is needed to ask them: sessions, forms, addresses."""

import os
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select

from benchmarks.parts.load import get
from benchmarks.parts.processes import memory_mb, tree_of
from forum.accounts.models import Member
from forum.accounts.operations import start_sign_in
from forum.app import create_app
from forum.extensions import db
from forum.posts.models import Post, Thread
from forum.rooms.models import ContentWarning, Room
from forum.settings import load_settings
from tests.system import ROOT, Run, environment, free_port, processes_of
from tests.web_server import ask, connect

MEMBERS = 120
SPREAD_THREADS = 400
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
# A member of the rows that benchmarks/fill.py makes; the first are the staff.
FIRST_MEMBER, MODERATOR = 1_000, 4


@dataclass
class Reader:
    """One signed-in browser: its cookies, and the token of its forms once it has opened one."""

    cookies: str
    token: str = ""


@dataclass
class Site:
    """A whole Teduh on a filled database."""

    name: str
    run: Run
    app: Flask
    database_pid: int | None
    readers: list[Reader] = field(default_factory=list)
    moderator: Reader = field(default_factory=lambda: Reader(""))
    threads: list[str] = field(default_factory=list)
    rooms: list[str] = field(default_factory=list)
    measured: str = ""

    @property
    def port(self) -> int:
        """Where it answers."""
        return self.run.port

    @property
    def web_pids(self) -> list[int]:
        """The web processes: gunicorn and its workers."""
        return self._pids("teduh web ")

    @property
    def worker_pids(self) -> list[int]:
        """The processes that scan."""
        return self._pids("teduh worker ")

    @property
    def database_pids(self) -> list[int]:
        """The processes of PostgreSQL; none with SQLite."""
        return tree_of(self.database_pid) if self.database_pid else []

    def _pids(self, word: str) -> list[int]:
        told = processes_of(self.run.folder)
        found = [pid for pid, command in told.items() if word in command]
        return sorted({each for pid in found for each in tree_of(pid)})

    def memory(self) -> dict[str, float]:
        """Return MB of each part of the system, idle or not."""
        parts: dict[str, float] = {}
        words = {
            "teduh web ": "web",
            "teduh worker ": "worker",
            "teduh beat ": "beat",
            "teduh watch ": "watcher",
            "valkey-server": "valkey",
        }
        for pid, command in processes_of(self.run.folder).items():
            name = next((part for word, part in words.items() if word in command), "teduh up")
            parts[name] = parts.get(name, 0) + memory_mb([pid])
        if self.database_pid:
            parts["postgresql"] = memory_mb(self.database_pids)
        return {name: round(size, 1) for name, size in sorted(parts.items())}


@contextmanager
def site(name: str, folder: Path, url: str, database_pid: int | None) -> Iterator[Site]:
    """Start all of Teduh on a filled database, and sign people in."""
    run = Run(folder, free_port(), DATABASE_URL=url)
    try:
        run.wait_until_ready()
        app = create_app(load_settings(demo=True, data_dir=folder, database_url=url, redis_url=""))
        made = Site(name, run, app, database_pid)
        _look_around(made)
        yield made
    finally:
        run.end(signal.SIGTERM)


@contextmanager
def server(wsgi: str, folder: Path, **variables: str) -> Iterator[tuple[int, int]]:
    """Serve another app with Teduh's settings of gunicorn. Yields its port and process."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--config", "python:forum.web.server", wsgi]
    variables = {"TEDUH_DEMO": "1", "TEDUH_PORT": str(port), **variables}
    with start(command, {**environment(folder), **variables}, port) as pid:
        yield port, pid


@contextmanager
def start(command: list[str], variables: dict[str, str], port: int) -> Iterator[int]:
    """Start a server and wait until its port answers. Yields the process id."""
    process = subprocess.Popen(
        command, env=variables, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        give_up = time.monotonic() + 60
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > give_up:
                raise RuntimeError(f"{command[0]} does not start: {' '.join(command)}")
            time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        process.wait(timeout=20)


def open_forms(made: Site) -> None:
    """Let every reader open a form once, as a browser would before it sends anything."""
    with connect(made.port) as connection:
        for reader in made.readers:
            if not reader.token:
                _, page, headers = ask(connection, "GET", "/cari", reader.cookies)
                found = TOKEN.search(page)
                if found is None:
                    raise RuntimeError("the page shows no form")
                reader.token = found[1]
                reader.cookies += "; " + headers["Set-Cookie"].partition(";")[0]


def pages(paths: list[str], cookies: str = "") -> list[str]:
    """Return requests for pages."""
    return [get(path, cookies) for path in paths]


def key() -> str:
    """Return a fresh submission key."""
    return secrets.token_hex(16)


def _look_around(made: Site) -> None:
    with made.app.app_context():
        newest = db.session.scalar(select(func.max(Member.id))) or 0
        first = min(FIRST_MEMBER, newest // 2)
        people = list(
            db.session.scalars(
                select(Member).where(Member.id > first).order_by(Member.id).limit(MEMBERS)
            )
        )
        made.readers = [Reader(f"teduh={start_sign_in(person)}") for person in people]
        made.moderator = Reader(f"teduh={start_sign_in(db.session.get_one(Member, MODERATOR))}")
        db.session.commit()
        made.measured = db.session.get_one(Thread, 1).public_id
        full = (
            select(Post.thread_id)
            .group_by(Post.thread_id)
            .having(func.count() >= 20)
            .order_by(func.min(Post.id))
            .subquery()
        )
        made.threads = list(
            db.session.scalars(
                select(Thread.public_id)
                .join(full, full.c.thread_id == Thread.id)
                .where(Thread.warning == ContentWarning.NONE)
                .order_by(Thread.public_id)
                .limit(SPREAD_THREADS)
            )
        )
        made.rooms = list(db.session.scalars(select(Room.slug).where(Room.is_listed)))
        db.session.remove()


def _answers(port: int) -> bool:
    try:
        with connect(port) as connection:
            return int(ask(connection, "GET", "/")[0]) < 500
    except OSError:
        return False


def quiet_environment() -> dict[str, str]:
    """Return this process's environment without anything of ours."""
    ours = ("TEDUH_", "DATABASE_URL", "REDIS_URL", "PYTHONPATH", "PROMETHEUS_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}
