"""Alerts for real: web, worker, beat, broker, watcher, and a webhook on this machine."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select, text

from forum.accounts.models import Member, Role
from forum.app import create_app
from forum.clock import now
from forum.commands.main import main
from forum.extensions import db
from forum.settings import Settings, load_settings
from forum.targets import Rung, is_target
from moderation.alerts import deliveries, watcher
from moderation.alerts.climbing import QUIET
from moderation.alerts.models import Alert, AlertDelivery, DeliveryState, Kind
from moderation.alerts.operations import acknowledge, try_target
from moderation.alerts.watcher import Watcher
from moderation.cases.models import Case
from tests.factories import make_member, make_room, make_thread, scan_all
from tests.forum.conftest import keep_limiter
from tests.system import Run, environment, free_port

# What the product promises, and how long a test waits where nothing is promised.
WITHIN_SECONDS = 30
PATIENCE_SECONDS = 120
TOKEN = "zz-token-in-the-address"
CANARY = "zz-canary-of-a-title"
# Three seconds between the rungs; then everyone, every second.
LADDER = "0,0.05,0.1,0.15,0.2"
REPEAT = "0.017"


class Sink:
    """A webhook on loopback. `answer` says what happens to each request: a status, or a wait."""

    def __init__(self) -> None:
        self.got: list[tuple[float, str, dict[str, str]]] = []
        self.answer: Callable[[str], int] = lambda _: 200
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                sink.got.append((time.monotonic(), self.path, json.loads(body)))
                self.reply(sink.answer(self.path))

            def do_GET(self) -> None:
                sink.got.append((time.monotonic(), self.path, {}))
                self.reply(200)

            def reply(self, status: int) -> None:
                try:
                    self.send_response(status)
                    self.end_headers()
                except OSError:
                    # Whoever asked has been stopped meanwhile.
                    pass

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def url(self, name: str) -> str:
        return f"json://127.0.0.1:{self.server.server_port}/{TOKEN}/{name}"

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def paths(self) -> list[str]:
        return [path.rsplit("/", 1)[-1] for _, path, _ in list(self.got)]

    def wait_for(self, name: str, number: int = 1) -> float:
        """Wait until that many messages came there; return the moment."""
        give_up = time.monotonic() + PATIENCE_SECONDS
        while self.paths().count(name) < number:
            assert time.monotonic() < give_up, (name, self.paths())
            time.sleep(0.05)
        return time.monotonic()


@pytest.fixture
def sink() -> Iterator[Sink]:
    made = Sink()
    yield made
    made.close()


def variables_for(sink: Sink, **more: str) -> dict[str, str]:
    rungs = {f"TEDUH_ALERT_{rung.name}": sink.url(rung.word) for rung in Rung}
    return {
        **rungs,
        "TEDUH_ALERT_CRISIS_MINUTES": LADDER,
        "TEDUH_ALERT_RED_MINUTES": LADDER,
        "TEDUH_ALERT_REPEAT_MINUTES": REPEAT,
        "TEDUH_ALERT_LANGUAGE": "en",
        "TEDUH_SAMPLE_PERCENT": "0",
        "TEDUH_NEWCOMER_DAYS": "0",
        **more,
    }


def write_as_member(app: Flask) -> tuple[str, str]:
    """Write a post that is a crisis, as the web process would; return its title and writer."""
    with app.app_context():
        author = make_member("zz-writer-of-it")
        post = make_thread(author, make_room(), title=CANARY, body="zz, aku mau mati malam ini.")
        db.session.commit()
        # The hint leaves from a thread.
        time.sleep(1)
        names = (post.thread.title, author.pseudonym)
        db.engine.dispose()
    return names


def test_a_crisis_reaches_the_webhook_climbs_and_stops_when_it_is_seen(sink, tmp_path):
    folder = tmp_path / "data"
    beat_url = sink.url("alive").replace("json://", "http://")
    variables = variables_for(sink, TEDUH_HEARTBEAT_URL=beat_url, TEDUH_HEARTBEAT_SECONDS="2")
    run = Run(folder, free_port(), **variables)
    try:
        run.wait_until_ready()
        with keep_limiter():
            follow_a_crisis(run, folder, sink)
    finally:
        run.end(signal.SIGTERM)
    told = "".join(path.read_text() for path in (folder / "logs").iterdir()) + run.output
    for word in (TOKEN, CANARY, "zz-writer-of-it", "malam ini"):
        assert word not in told


def see_everything() -> None:
    """Have an admin see every alert that waits, as the button does."""
    admin = db.session.scalar(select(Member).where(Member.role == Role.ADMIN))
    for alert in db.session.scalars(select(Alert).where(Alert.ended_at.is_(None))):
        about_case = alert.kind is Kind.CASE
        acknowledge(admin, alert, db.session.get(Case, alert.subject_id) if about_case else None)
    db.session.commit()


def wait_until_nothing_is_on_its_way() -> None:
    on_its_way = AlertDelivery.state.in_((DeliveryState.PENDING, DeliveryState.LEASED))
    give_up = time.monotonic() + PATIENCE_SECONDS
    while db.session.scalar(select(AlertDelivery.id).where(on_its_way).limit(1)) is not None:
        db.session.rollback()
        assert time.monotonic() < give_up
        time.sleep(0.5)
    db.session.rollback()


def follow_a_crisis(run: Run, folder: Path, sink: Sink) -> None:
    settings = load_settings(demo=True, data_dir=folder)
    app = create_app(settings)
    # The demo has cases of its own; once they are seen, everyone is idle.
    sink.wait_for("desk")
    with app.app_context():
        see_everything()
        wait_until_nothing_is_on_its_way()
        db.engine.dispose()
    time.sleep(QUIET.total_seconds() + watcher.ROUND_SECONDS)
    sink.got.clear()

    began = time.monotonic()
    title, writer = write_as_member(app)
    seconds = sink.wait_for("desk") - began
    print("seconds_to_the_webhook", round(seconds, 2))
    assert seconds < WITHIN_SECONDS
    for rung in Rung:
        sink.wait_for(rung.word)
    paths = [path for path in sink.paths() if path != "alive"]
    # Nobody is on duty, so those on call hear of that at once.
    first = [paths.index(rung.word) for rung in (Rung.DESK, Rung.ON_DUTY, Rung.LEADS, Rung.ADMINS)]
    assert first == sorted(first)
    sent = [message for _, path, message in sink.got if not path.endswith("alive")]
    for word in (title, writer, "malam ini", TOKEN, "Test room"):
        assert word not in json.dumps(sent)
    assert "1 crisis" in sent[0]["title"]
    assert f"http://localhost:{run.port}/meja/siaga" in sent[0]["message"]

    with app.app_context():
        see_everything()
        # What is on its way arrives; then, although the ladder goes on every second, nothing does.
        wait_until_nothing_is_on_its_way()
        db.engine.dispose()
    sink.got.clear()
    time.sleep(8)
    assert set(sink.paths()) == {"alive"}


# The watcher in this process, with real senders


@pytest.fixture
def watched(app, settings, sink, monkeypatch):
    """Return a function that makes an app with one target for each name, on the test's database."""
    made = []

    def make(*names: str, **changes: object):
        rungs = dict(zip(("alert_desk", "alert_on_duty", "alert_admins"), names, strict=False))
        # Apprise gives up after 4 s by itself; here the watcher's own limit is what is tested.
        values = {"TEDUH_" + key.upper(): sink.url(name) + "?rto=60" for key, name in rungs.items()}
        for key, value in values.items():
            monkeypatch.setenv(key, value)
        checked = load_settings(
            demo=True,
            data_dir=settings.data_dir,
            database_url=settings.database_url,
            redis_url="",
            sample_percent=0,
            **changes,
        )
        made.append(create_app(checked))
        return made[-1]

    with keep_limiter():
        yield make
    for other in made:
        with other.app_context():
            db.engine.dispose()


def rounds_until(watching: Watcher, done: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not done():
        assert time.monotonic() < give_up
        watching.round()
        time.sleep(0.05)


def states() -> list[DeliveryState]:
    db.session.expire_all()
    return list(db.session.scalars(select(AlertDelivery.state).order_by(AlertDelivery.id)))


def start_watcher(settings: Settings, sink: Sink) -> subprocess.Popen[bytes]:
    """Start `teduh watch` on the test's database, in a process group of its own."""
    # The next rung is far away.
    ladder = {"TEDUH_ALERT_CRISIS_MINUTES": "0,900,900,900,900"}
    variables = environment(settings.data_dir) | variables_for(sink, **ladder)
    variables |= {"TEDUH_DEMO": "1", "DATABASE_URL": settings.database_url}
    command = [sys.executable, "-m", "forum.commands.main", "watch"]
    return subprocess.Popen(command, env=variables, process_group=0)


def test_a_watcher_killed_while_sending_sends_again(app, settings, sink):
    """The webhook has the message, the watcher dies before it can note that: it comes again."""
    hold = threading.Event()

    def answer(_: str) -> int:
        hold.wait(PATIENCE_SECONDS)
        return 200

    sink.answer = answer
    with app.app_context():
        make_thread(body="zzcrisis")
        scan_all()
        db.session.rollback()
        first = start_watcher(settings, sink)
        try:
            sink.wait_for("desk")
        finally:
            os.killpg(first.pid, signal.SIGKILL)
            first.wait()
        hold.set()
        desk = select(AlertDelivery).where(AlertDelivery.rung == Rung.DESK).order_by("id").limit(1)
        delivery = db.session.scalar(desk)
        assert delivery.state is DeliveryState.LEASED
        # One, but on a machine so busy that a sender ran out of its time.
        attempts = delivery.attempts
        # As if the lease had run out by now.
        delivery.lease_until = now() - timedelta(seconds=1)
        number = delivery.id
        db.session.commit()
        second = start_watcher(settings, sink)
        try:
            sink.wait_for("desk", 2)
            give_up = time.monotonic() + PATIENCE_SECONDS
            became = select(AlertDelivery.state, AlertDelivery.attempts).where(
                AlertDelivery.id == number
            )
            while db.session.execute(became).one() != (DeliveryState.SENT, attempts + 1):
                # The watcher needs the database too.
                db.session.rollback()
                assert time.monotonic() < give_up
                time.sleep(0.2)
            db.session.rollback()
        finally:
            second.terminate()
            assert second.wait(timeout=PATIENCE_SECONDS) == 0
    lines = [m["message"].splitlines()[-1] for _, p, m in sink.got if p.endswith("desk")]
    assert set(lines) == {f"Message {number}"}


def test_a_target_that_hangs_is_ended_and_holds_up_no_other(watched, sink, monkeypatch):
    # On a busy machine a process alone takes seconds to begin.
    monkeypatch.setattr(watcher, "SEND_SECONDS", 15)
    release = threading.Event()

    def answer(path: str) -> int:
        if path.endswith("hangs"):
            release.wait(60)
        return 200

    sink.answer = answer
    app = watched("hangs", "works", alert_crisis_minutes="0,0,0,0,0")
    with app.app_context():
        make_thread(body="zzcrisis")
        scan_all()
        watching = Watcher(app)
        hanging = select(AlertDelivery.last_error).where(AlertDelivery.last_error.is_not(None))
        rounds_until(watching, lambda: {"hangs", "works"} <= set(sink.paths()))
        rounds_until(watching, lambda: states().count(DeliveryState.SENT) == 1)
        assert db.session.scalar(hanging) is None
        rounds_until(watching, lambda: db.session.scalar(hanging) == "timed_out")
        # It is tried again, not given up.
        assert DeliveryState.FAILED not in states()
        release.set()
        rounds_until(watching, lambda: sink.paths().count("hangs") == 2)
        watching.wait()


def test_a_target_that_refuses_is_failed_in_the_open(watched, sink, monkeypatch):
    monkeypatch.setattr(deliveries, "MAX_ATTEMPTS", 2)
    monkeypatch.setattr(deliveries, "FIRST_RETRY", deliveries.FIRST_RETRY / 50)
    sink.answer = lambda _: 500
    app = watched("down")
    with app.app_context():
        make_thread(body="zzcrisis")
        scan_all()
        watching = Watcher(app)
        rounds_until(watching, lambda: DeliveryState.FAILED in states())
        watching.wait()
        assert sink.paths() == ["down", "down"]
    figures = app.test_client().get("/metrics").get_data(as_text=True)
    assert 'teduh_alert_messages{level="crisis",rung="desk",state="failed"} 1.0' in figures
    assert "teduh_oldest_unseen_alert_seconds" in figures


def test_a_machine_without_memory_or_files_delays_a_message_and_no_more(watched, sink, monkeypatch):
    monkeypatch.setattr(deliveries, "FIRST_RETRY", deliveries.FIRST_RETRY / 50)
    troubles: list[Exception] = [OSError(12, "Cannot allocate memory"), RuntimeError("thread")]
    start = subprocess.run

    def run(*words, **options):
        if troubles:
            raise troubles.pop(0)
        return start(*words, **options)

    monkeypatch.setattr(watcher.subprocess, "run", run)
    app = watched("desk")
    with app.app_context():
        make_thread(body="zzcrisis")
        scan_all()
        watching = Watcher(app)
        rounds_until(watching, lambda: states() == [DeliveryState.SENT])
        watching.wait()
        assert db.session.scalars(select(AlertDelivery.attempts)).all() == [3]
    assert sink.paths() == ["desk"]


def rename_table(app: Flask, name: str, other: str) -> None:
    with app.app_context():
        db.session.execute(text(f"ALTER TABLE {name} RENAME TO {other}"))
        db.session.commit()
        db.engine.dispose()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True, scope="session")
def test_a_watcher_that_fails_again_and_again_ends_to_be_started_anew(app, settings, sink):
    variables = environment(settings.data_dir) | variables_for(sink)
    variables |= {"TEDUH_DEMO": "1", "DATABASE_URL": settings.database_url}
    code = "from moderation.alerts import watcher; watcher.ROUND_SECONDS = 0.01; "
    code += "from forum.commands.main import main; main(['watch'])"
    rename_table(app, "alert", "alert_away")
    try:
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=variables,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    finally:
        rename_table(app, "alert_away", "alert")
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert said.count("watch_failed") == watcher.MOST_FAILURES
    assert "watch_given_up" in said


def test_a_redirect_is_not_followed(watched, sink):
    sink.answer = lambda _: 302
    app = watched("moved")
    with app.app_context():
        target = app.config["ALERT_TARGETS"][0]
        delivery = try_target(make_member("tari", Role.ADMIN), target)
        db.session.commit()
        watching = Watcher(app)
        rounds_until(watching, lambda: (db.session.refresh(delivery), delivery.last_error)[1])
        watching.wait()
        assert delivery.last_error == "refused"
    assert sink.paths() == ["moved"]


def test_what_apprise_sends_names_no_other_host(watched, sink):
    app = watched("plain")
    with app.app_context():
        delivery = try_target(make_member("tari", Role.ADMIN), app.config["ALERT_TARGETS"][0])
        db.session.commit()
        watching = Watcher(app)
        rounds_until(watching, lambda: states() == [DeliveryState.SENT])
        watching.wait()
        number = delivery.id
    ((_, _, message),) = sink.got
    assert message["title"] == "Teduh: uji coba"
    assert f"Pesan {number}" in message["message"]
    assert "github" not in json.dumps(message).lower()
    assert "apprise" not in json.dumps(message).lower()


def test_the_sign_of_life_comes_only_while_all_is_well(watched, sink, monkeypatch):
    url = sink.url("alive").replace("json://", "http://")
    app = watched("desk", heartbeat_url=url, heartbeat_seconds=1)
    with app.app_context():
        monkeypatch.setattr(watcher, "silent_processes", lambda: ["beat"])
        watching = Watcher(app)
        for _ in range(3):
            watching.round()
        monkeypatch.setattr(watcher, "silent_processes", list)
        rounds_until(watching, lambda: "alive" in sink.paths())
        watching.wait()
    assert sink.paths() == ["alive"]


def test_admins_are_told_of_a_unit_that_failed(sink, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    names = {
        "TEDUH_DATA_DIR": str(tmp_path / "none"),
        "TEDUH_DEMO": "1",
        "TEDUH_ALERT_LANGUAGE": "en",
        "TEDUH_ALERT_DESK": sink.url("desk"),
        "TEDUH_ALERT_ADMINS": f"{sink.url('refuses')} {sink.url('admins')}",
    }
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    sink.answer = lambda path: 500 if path.endswith("refuses") else 200
    done = CliRunner().invoke(main, ["failed", "teduh-backup.service"])
    assert (done.exit_code, done.stdout) == (0, "1 of 2 targets took the message.\n")
    assert sink.paths() == ["refuses", "admins"]
    assert sink.got[-1][2]["title"] == "Teduh: teduh-backup.service has failed"
    sink.answer = lambda _: 500
    done = CliRunner().invoke(main, ["failed", "teduh-backup.service"])
    assert done.exit_code == 1
    assert TOKEN not in done.output
    # Nobody to tell is no success either, and neither needs a database.
    for name in ("TEDUH_ALERT_DESK", "TEDUH_ALERT_ADMINS"):
        monkeypatch.delenv(name)
    done = CliRunner().invoke(main, ["failed", "teduh-backup.service"])
    assert (done.exit_code, "nobody was told" in done.stderr) == (2, True)
    assert not (tmp_path / "none").exists()


def test_addresses_are_checked_without_contacting_anybody(sink):
    assert is_target(sink.url("x"))
    assert not is_target("nonsense")
    assert sink.got == []
