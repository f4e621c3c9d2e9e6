"""SQLite: a copy that is whole while others write, and the exchange of the file."""

import os
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

from forum.backups.archive import BackupError, Progress, take_stock

SIGHT_SECONDS = 0.1
PATIENCE_SECONDS = 3.0
TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"


def stock(path: Path) -> tuple[str, dict[str, int]]:
    """Return revision and rows of each table. Raises BackupError."""
    with closing(sqlite3.connect(path)) as connection:
        return take_stock(connection, TABLES)


def copy_database(
    source: Path, target: Path, leave_out: tuple[str, ...], progress: Progress
) -> None:
    """Copy a database that may be in use; `leave_out` names the tables that stay empty.

    `VACUUM INTO` reads one moment of it: 0 of 15 such copies lacked a committed post, 14 of 15
    made with `cp` did (docs/decisions/0030-backups.md). Raises BackupError.
    """
    if not source.exists():
        raise BackupError(f"DATABASE_URL: there is no database at {source}.")
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    done = threading.Event()
    watcher = threading.Thread(target=_watch, args=[target, done, progress], daemon=True)
    watcher.start()
    try:
        with closing(sqlite3.connect(source, isolation_level=None)) as connection:
            connection.execute("VACUUM INTO ?", (str(target),))
        with closing(sqlite3.connect(target, isolation_level=None)) as connection:
            connection.execute("PRAGMA secure_delete=ON")
            names = {row[0] for row in connection.execute(TABLES)}
            for table in names.intersection(leave_out):
                connection.execute(f'DELETE FROM "{table}"')  # noqa: S608 (names of ours)
            if connection.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                raise BackupError("The database is damaged: `PRAGMA integrity_check` says more.")
    except sqlite3.Error as error:
        raise BackupError(f"SQLite can't copy the database ({error}).") from None
    finally:
        done.set()
        watcher.join()


def _watch(target: Path, done: threading.Event, progress: Progress) -> None:
    """Tell how the copy grows, which SQLite does not."""
    seen = 0
    while not done.wait(SIGHT_SECONDS):
        size = target.stat().st_size
        progress(size - seen)
        seen = size


def take_from_use(path: Path) -> None:
    """Make sure that nobody has the database open, and give it one file. Raises BackupError.

    Only who is alone can leave the write-ahead log behind.
    """
    if not path.exists():
        return
    give_up = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as connection:
                connection.execute("PRAGMA journal_mode=DELETE")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise BackupError(f"{path} can't be opened ({error}).") from None
            if time.monotonic() > give_up:
                raise BackupError(
                    f"Teduh, or another program, has {path} open. Stop it, then restore."
                ) from None
            time.sleep(SIGHT_SECONDS)
        except sqlite3.DatabaseError:
            # Not a database any more: a backup is there for just that.
            return


def put_in_place(restored: Path, path: Path) -> None:
    """Let a restored file take the place of the database, in one step."""
    for end in ("-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
    restored.replace(path)


def has_tables(path: Path) -> bool:
    """Whether there is a database with tables, or a file that can't be read."""
    if not path.exists() or path.stat().st_size == 0:
        return False
    try:
        with closing(sqlite3.connect(path)) as connection:
            tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    except sqlite3.DatabaseError:
        return True
    return bool(tables)
