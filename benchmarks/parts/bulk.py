"""Rows by the hundred thousand: COPY on PostgreSQL, one prepared statement on SQLite."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Table, text

Told = Callable[[int], None]

STEP = 2_000


def write(
    connection: Connection,
    table: Table,
    names: Sequence[str],
    rows: Iterable[Sequence[Any]],
    tell: Told = lambda _: None,
) -> None:
    """Write rows of the named columns; the other columns get what the model gives them.

    `tell` hears now and then of how many rows went since it heard last.
    """
    rest = {
        column.name: _default_of(column)
        for column in table.columns
        if column.name not in names and column.default is not None
    }
    columns = [*names, *rest]
    listed = ", ".join(f'"{name}"' for name in columns)
    converted = _convert(connection, table, names, rows, rest)
    raw = connection.connection.driver_connection
    if connection.dialect.name == "postgresql":
        with raw.cursor() as cursor, cursor.copy(f"COPY {table.name} ({listed}) FROM STDIN") as to:
            for row in _counted(converted, tell):
                to.write_row(row)
        _set_sequence(connection, table)
        return
    marks = ", ".join("?" * len(columns))
    raw.executemany(
        f"INSERT INTO {table.name} ({listed}) VALUES ({marks})", _counted(converted, tell)
    )


@contextmanager
def without_full_text(connection: Connection) -> Iterator[None]:
    """Leave the full text of search alone meanwhile, and build it at once in the end."""
    if connection.dialect.name == "postgresql":
        found = connection.scalar(
            text("SELECT indexdef FROM pg_indexes WHERE indexname = 'search_words'")
        )
        connection.execute(text("DROP INDEX search_words"))
        yield
        connection.execute(text("SET LOCAL maintenance_work_mem = '512MB'"))
        connection.exec_driver_sql(found)
        return
    triggers = connection.execute(
        text(
            "SELECT name, sql FROM sqlite_master "
            "WHERE type = 'trigger' AND tbl_name = 'search_entry'"
        )
    ).all()
    for name, _ in triggers:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    yield
    connection.exec_driver_sql("INSERT INTO search_words(search_words) VALUES ('rebuild')")
    for _, statement in triggers:
        connection.exec_driver_sql(statement)


def hurry(connection: Connection) -> None:
    """Let this connection, in no transaction yet, not wait for the disk.

    Who is cut off fills an empty database anew.
    """
    raw = connection.connection.driver_connection
    if connection.dialect.name == "postgresql":
        raw.execute("SET synchronous_commit = off")
        raw.execute("SET statement_timeout = 0")
        raw.commit()
        return
    for pragma in ("synchronous=OFF", "cache_size=-262144", "temp_store=MEMORY"):
        raw.execute(f"PRAGMA {pragma}")


def _convert(
    connection: Connection,
    table: Table,
    names: Sequence[str],
    rows: Iterable[Sequence[Any]],
    rest: dict[str, Any],
) -> Iterator[tuple[Any, ...]]:
    dialect = connection.dialect
    # As SQLAlchemy would hand each value to the driver.
    processors = {
        name: table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
        for name in (*names, *rest)
    }
    tail = tuple(
        processors[name](value) if processors[name] else value for name, value in rest.items()
    )
    active = [(place, processors[name]) for place, name in enumerate(names) if processors[name]]
    for row in rows:
        ready = list(row)
        for place, process in active:
            ready[place] = process(ready[place])
        yield (*ready, *tail)


def _default_of(column: Any) -> Any:
    given = column.default.arg
    return given(None) if callable(given) else given


def _counted(rows: Iterable[tuple[Any, ...]], tell: Told) -> Iterator[tuple[Any, ...]]:
    number = 0
    for number, row in enumerate(rows, 1):
        yield row
        if number % STEP == 0:
            tell(STEP)
    tell(number % STEP)


def _set_sequence(connection: Connection, table: Table) -> None:
    """Let the next row that the database counts itself come after ours."""
    if "id" in table.columns:
        connection.exec_driver_sql(
            f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), "
            f"(SELECT max(id) FROM {table.name}))"
        )
