"""The files of a PostgreSQL server, as the server itself reads them."""

from collections.abc import Iterator

from sqlalchemy import Engine, text


def server_files(engine: Engine) -> Iterator[tuple[str, bytes]]:
    """Return name and content of the tables and the write-ahead log, after a checkpoint."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CHECKPOINT"))
        number = connection.scalar(
            text("SELECT oid FROM pg_database WHERE datname = current_database()")
        )
        for folder in (f"base/{number}", "pg_wal"):
            for name in connection.scalars(text(f"SELECT pg_ls_dir('{folder}')")).all():
                path = {"path": f"{folder}/{name}"}
                if connection.scalar(text("SELECT (pg_stat_file(:path, true)).isdir"), path):
                    continue
                read = text("SELECT pg_read_binary_file(:path, 0, 1000000000, true)")
                yield path["path"], bytes(connection.scalar(read, path) or b"")
