"""What the two databases do differently, in one place: types, transactions, settings.

SQLite writers take a file lock and then BEGIN IMMEDIATE: with pysqlite's own transactions
451 of 600 read-modify-writes were lost without an error, and without the lock the tail under
contention is three times longer (docs/decisions/0003-sqlite.md).
"""

import fcntl
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import (
    DateTime,
    Dialect,
    Engine,
    Enum,
    Float,
    MetaData,
    String,
    event,
    func,
    select,
)
from sqlalchemy.engine import Connection
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, registry, scoped_session
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import TypeDecorator

BUSY_TIMEOUT_MS = 10_000
LOCK_POLL_SECONDS = 0.001
# What a database raises that is away, full, locked or cut off: no fault of the request.
DATABASE_TROUBLE = (OperationalError, InterfaceError, InternalError, PoolTimeout)


class NoDatabase(sqlite3.OperationalError):
    """The file of the database is not there. SQLite itself would make an empty one."""


View = TypeVar("View", bound=Callable[..., Any])

_reading: ContextVar[bool] = ContextVar("reading", default=False)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime in both databases. SQLite has no time zones of its own."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Take an aware datetime on its way in. Raises ValueError for a naive one."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give an aware UTC datetime on its way out: PostgreSQL answers in its server's zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Parent of every table: constraint names are fixed, so that migrations can name them."""

    registry = registry(
        type_annotation_map={datetime: UtcDateTime},
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
    )


def enum_column(kind: type[StrEnum], **options: Any) -> Mapped[Any]:
    """Return a column that stores an enum's value as text, the same in both databases."""
    stored = Enum(
        kind,
        native_enum=False,
        # No CHECK: a new value must not rebuild a table that SQLite can't alter.
        create_constraint=False,
        length=20,
        values_callable=lambda members: [member.value for member in members],
        name=kind.__name__.lower(),
    )
    return mapped_column(stored, **options)


def expect_reads(*, only: bool) -> None:
    """Say whether the transactions that this thread begins from now on only read."""
    _reading.set(only)


@contextmanager
def reading(session: scoped_session[Any]) -> Iterator[None]:
    """Run slow work on what was read, such as a password hash, outside any write transaction.

    Ends the session's transaction on the way in and out: what is written belongs after it.
    """
    session.rollback()
    before = _reading.set(True)
    try:
        yield
    finally:
        session.rollback()
        _reading.reset(before)


@contextmanager
def writing(session: scoped_session[Any]) -> Iterator[None]:
    """Write a little in a request that only reads, in a short transaction of its own.

    Ends the session's transaction on the way in and out: the caller commits, and what was loaded
    before is loaded again.
    """
    session.rollback()
    before = _reading.set(False)
    try:
        yield
    finally:
        session.rollback()
        _reading.reset(before)


def give_up(session: scoped_session[Any]) -> None:
    """End a transaction whose database is in trouble. Never fails, also where nobody answers."""
    try:
        session.rollback()
    except DATABASE_TROUBLE:
        session().invalidate()


def leave(session: scoped_session[Any]) -> None:
    """Let a session go at the end of a request. Never fails; what was loaded stays as it is."""
    try:
        session.remove()
    except DATABASE_TROUBLE:
        session().invalidate()


def take_turn(session: scoped_session[Any], number: int) -> None:
    """Let one transaction at a time go on from here; the next one waits for this one's end.

    `number` names the turn on PostgreSQL. SQLite has one writer at a time anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(number)))


def is_of_models(name: str | None, kind: str, _parents: object) -> bool:
    """Return whether the models know a table or index: the full text of search is no part of them.

    For Alembic's comparison of a database with the models.
    """
    return not (kind in ("table", "index") and str(name).startswith("search_words"))


class seconds_between(GenericFunction[float]):  # noqa: N801 (a function of SQL)
    """How many seconds the first moment lies after the second."""

    type = Float()
    inherit_cache = True


class hour_of(GenericFunction[str]):  # noqa: N801
    """The hour of a moment in UTC, as "2026-11-23 17"."""

    type = String()
    inherit_cache = True


class noon_of(GenericFunction[datetime]):  # noqa: N801
    """Noon of a moment's day in Jakarta: all that is kept of when an old post was written."""

    type = UtcDateTime()
    inherit_cache = True


@compiles(noon_of, "sqlite")
def _noon_sqlite(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    # As SQLAlchemy stores a moment, so that both compare as texts. Noon there is 05:00 UTC.
    moment = compiler.process(element.clauses, **options)
    return f"strftime('%Y-%m-%d 05:00:00.000000', {moment}, '+7 hours')"


@compiles(noon_of, "postgresql")
def _noon_postgresql(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    moment = compiler.process(element.clauses, **options)
    local = f"({moment} AT TIME ZONE 'UTC' + INTERVAL '7 hours')"
    return f"((date_trunc('day', {local}) + INTERVAL '5 hours') AT TIME ZONE 'UTC')"


@compiles(seconds_between, "sqlite")
def _seconds_sqlite(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    later, earlier = (compiler.process(clause, **options) for clause in element.clauses)
    return f"((julianday({later}) - julianday({earlier})) * 86400.0)"


@compiles(seconds_between, "postgresql")
def _seconds_postgresql(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    later, earlier = (compiler.process(clause, **options) for clause in element.clauses)
    return f"CAST(EXTRACT(EPOCH FROM ({later} - {earlier})) AS DOUBLE PRECISION)"


@compiles(hour_of, "sqlite")
def _hour_sqlite(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    return f"strftime('%Y-%m-%d %H', {compiler.process(element.clauses, **options)})"


@compiles(hour_of, "postgresql")
def _hour_postgresql(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    moment = compiler.process(element.clauses, **options)
    return f"to_char({moment} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24')"


def writes(view: View) -> View:
    """Mark a view that writes although it answers GET, such as the quick exit."""
    view.writes = True  # type: ignore[attr-defined]
    return view


def prepare_engine(engine: Engine) -> None:
    """Give a new engine its connection settings and transaction hooks."""
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine)
    else:
        event.listen(engine, "connect", _set_postgresql_limits)


def _prepare_sqlite(engine: Engine) -> None:
    path = engine.url.database
    file = Path(path) if path and path != ":memory:" else None
    lock_path = Path(f"{path}.lock") if file else None

    @event.listens_for(engine, "do_connect")
    def find(*_: object) -> None:
        if file and not file.exists():
            raise NoDatabase(f"there is no database at {file}")

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, record: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={BUSY_TIMEOUT_MS}",
            "journal_mode=WAL",
            # NORMAL may lose the last commits at power loss, and a lost commit is a lost flag.
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
        record.info["lock"] = open(lock_path, "a") if lock_path else None  # noqa: SIM115

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if _reading.get():
            connection.exec_driver_sql("BEGIN")
            return
        _take_lock(connection.info.get("lock"))
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    @event.listens_for(engine, "checkin")
    def release(connection: sqlite3.Connection | None, record: ConnectionPoolEntry) -> None:
        _drop_lock(record.info.get("lock"))

    @event.listens_for(engine, "close")
    def close(connection: sqlite3.Connection, record: ConnectionPoolEntry) -> None:
        if lock := record.info.pop("lock", None):
            lock.close()


def empty_log(engine: Engine) -> None:
    """Let SQLite's write-ahead log forget what was erased; PostgreSQL sees to its own.

    Waits for nobody: while someone reads, the next call does it.
    """
    if engine.dialect.name != "sqlite":
        return
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        if raw is not None:
            raw.execute("PRAGMA busy_timeout=0")
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            raw.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")


def _take_lock(lock: Any) -> None:
    """Wait for the writers' lock. A frozen holder costs the busy timeout, never for ever."""
    if lock is None:
        return
    give_up = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while time.monotonic() < give_up:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            time.sleep(LOCK_POLL_SECONDS)


def _drop_lock(lock: Any) -> None:
    if lock is not None and not lock.closed:
        fcntl.flock(lock, fcntl.LOCK_UN)


def _set_postgresql_limits(connection: Any, record: ConnectionPoolEntry) -> None:
    """Bound every wait, so that a lock storm gives an honest error page and not a hang."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '5s'")
        cursor.execute("SET statement_timeout = '30s'")
        cursor.execute("SET idle_in_transaction_session_timeout = '60s'")
    connection.commit()
