"""News of the desk: counts over a stream and over single questions, never more streams than set."""

import json
import re
import threading
import time
from contextlib import ExitStack, closing, suppress

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from forum.accounts.models import Member, Role
from forum.extensions import db
from forum.posts.models import Thread
from moderation.cases import operations, streams
from moderation.cases.models import Case
from moderation.cases.news import parse_mark, read_mark, read_recent, write_mark
from moderation.risk.levels import Level
from tests.factories import make_case, make_member, sign_in
from tests.pages import counting
from tests.web_server import ask, connect, web_server

STREAM, LOOK = "/meja/kabar-baru", "/meja/kabar-baru/sekarang"
PATIENCE_SECONDS = 60


@pytest.fixture
def people(app):
    with app.app_context():
        rani, budi = make_member("rani", Role.MODERATOR), make_member("budi", Role.MODERATOR)
        db.session.commit()
        return rani.id, budi.id


def commit_case(level: Level = Level.RED) -> Case:
    case = make_case(level)
    db.session.commit()
    return case


def test_news_counts_what_came_and_what_others_did(context, people):
    rani, budi = (db.session.get_one(Member, each) for each in people)
    old = commit_case()
    before = read_mark()
    assert parse_mark(write_mark(before)) == before
    recent = read_recent()
    assert (recent.since(before, rani.id).new, recent.since(before, rani.id).changed) == (0, 0)

    commit_case()
    operations.claim(budi, old, old.version)
    db.session.commit()
    later = read_recent(recent)
    assert (later.since(before, rani.id).new, later.since(before, rani.id).changed) == (1, 1)
    assert later.since(before, budi.id).changed == 0, "what one did oneself is no news"
    with counting(context) as statements:
        assert read_recent(later) is later
    assert len([line for line in statements if "SELECT" in line]) == 1


@pytest.mark.parametrize("written", ["", "1.2", "1.2.3.4.5.x", "1.2.3.4.5.6.7", "٣.2.3.4.5.6"])
def test_a_mark_that_is_none_of_ours_is_no_mark(written):
    assert parse_mark(written) is None


def test_the_answer_holds_counts_and_a_mark_and_nothing_else(app, people):
    browser = sign_in(app, "rani")
    with app.app_context():
        mark = write_mark(read_mark())
        case = commit_case()
        title, name = db.session.get_one(Thread, case.thread_id).title, case.subject.pseudonym
    answer = browser.get(f"{LOOK}?since={mark}")
    assert answer.json == {"since": mark, "new": 1, "changed": 0}
    assert title not in answer.text
    assert name not in answer.text
    page = browser.get("/meja").text
    shown = re.search(r'data-since="([\d.]+)"', page)
    assert shown
    assert browser.get(f"{LOOK}?since={shown[1]}").json["new"] == 0


def test_what_cannot_be_read_is_unknown_and_not_zero(app, people, monkeypatch):
    def fail(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr("moderation.cases.live.read_recent", fail)
    monkeypatch.setattr("moderation.cases.streams.read_recent", fail)
    browser = sign_in(app, "rani")
    unknown = {"since": None, "new": None, "changed": None}
    assert browser.get(LOOK).json == unknown
    with closing(browser.get(STREAM)) as answer:
        words = (line.decode() for line in answer.response)
        said = next(line for line in words if line.startswith("data: "))
        assert json.loads(said.removeprefix("data: ")) == unknown


def test_a_stream_that_sends_no_word_leaves_no_trace(app, people):
    browser = sign_in(app, "rani")
    browser.head(STREAM)
    browser.get(STREAM).close()
    assert len(app.extensions["desk_streams"]) == 0


def test_a_stream_ends_after_its_life(app, people, monkeypatch):
    monkeypatch.setattr(streams, "LIFE_SECONDS", 0.3)
    monkeypatch.setattr(streams, "HEARTBEAT_SECONDS", 0.1)
    monkeypatch.setattr(streams, "LOOK_SECONDS", 0.5)
    with closing(sign_in(app, "rani").get(STREAM)) as answer:
        said = b"".join(answer.response).decode()
    assert ": still here" in said
    assert len(app.extensions["desk_streams"]) == 0


class Listener:
    """A browser that listens to a stream over real HTTP."""

    def __init__(self, connection, cookies: str, since: str = "") -> None:
        connection.request("GET", f"{STREAM}?since={since}", headers={"Cookie": cookies})
        self.answer = connection.getresponse()
        self.lines: list[str] = []
        self.began = time.monotonic()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        # The test may close the connection while this waits for a line.
        with suppress(AttributeError, OSError, ValueError):
            while line := self.answer.readline():
                self.lines.append(line.decode().strip())
            self.lines.append("end of stream")

    def hears(self, wanted: str) -> bool:
        """Wait until a line has these words."""
        give_up = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < give_up:
            if any(wanted in line for line in self.lines):
                return True
            time.sleep(0.05)
        raise AssertionError(self.lines)


def test_streams_of_two_processes_hear_and_pages_never_starve(app, settings, tmp_path, people):
    names = [f"jaga-{number}" for number in range(12)]
    with app.app_context():
        for name in names:
            make_member(name, Role.MODERATOR)
        db.session.commit()
        mark = write_mark(read_mark())
        db.session.remove()
    cookies = [f"teduh={sign_in(app, name).get_cookie('teduh').value}" for name in names]
    few = {"TEDUH_WEB_THREADS": "6", "TEDUH_DESK_STREAMS": "2"}
    with web_server(settings, tmp_path / "site", **few) as port, ExitStack() as stack:
        heard = []
        for cookie in cookies:
            listener = Listener(stack.enter_context(connect(port)), cookie, mark)
            heard.append(listener)
        listening = [each for each in heard if each.answer.status == 200]
        refused = [each for each in heard if each.answer.status == 204]
        assert len(listening) + len(refused) == 12
        # Two for each process; which process a connection meets is chance.
        assert 2 <= len(listening) <= 4
        for each in listening:
            assert each.hears('"new": 0')

        # All streams are taken, and pages and questions still find a thread at once.
        with connect(port) as connection:
            began = time.monotonic()
            for _ in range(10):
                assert ask(connection, "GET", "/meja", cookies[0])[0] == 200
            status, body, _ = ask(connection, "GET", f"{LOOK}?since={mark}", cookies[0])
            assert (status, json.loads(body)["new"]) == (200, 0)
            assert time.monotonic() - began < PATIENCE_SECONDS

        # While the streams sleep they hold no connection of the database.
        if settings.database_url.startswith("postgresql"):
            open_now = text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND state LIKE 'idle in transaction%'"
            )
            give_up = time.monotonic() + PATIENCE_SECONDS
            held = None
            # One of them may be asking at the very moment; what they hold, they hold all the time.
            while held != 0 and time.monotonic() < give_up:
                time.sleep(0.2)
                with app.app_context():
                    held = db.session.scalar(open_now)
            assert held == 0
        with app.app_context():
            commit_case()
        for each in listening:
            assert each.hears('"new": 1')

        # One person signs out; the stream ends, and the place is free for another.
        leaving = heard.index(listening[0])
        with app.app_context():
            db.session.execute(
                text(
                    "DELETE FROM sign_in WHERE member_id IN "
                    "(SELECT id FROM member WHERE pseudonym = :name)"
                ),
                {"name": names[leaving]},
            )
            db.session.commit()
        assert listening[0].hears("event: over")
        assert listening[0].hears("end of stream")
        with connect(port) as connection:
            assert ask(connection, "GET", STREAM, cookies[leaving])[0] == 302


def test_a_second_stream_of_a_session_ends_the_first(app, people, monkeypatch):
    monkeypatch.setattr(streams, "LOOK_SECONDS", 0.1)
    browser = sign_in(app, "rani")
    with closing(browser.get(STREAM)) as first, closing(browser.get(STREAM)) as second:
        assert "event: full" in b"".join(first.response).decode()
        assert len(app.extensions["desk_streams"]) == 1
        words = (line.decode() for line in second.response)
        assert any(line.startswith("data: ") for line in words)


def test_the_setting_can_switch_streams_off(app, people, monkeypatch):
    monkeypatch.setattr(app.extensions["desk_streams"], "_most", 0)
    assert sign_in(app, "rani").get(STREAM).status_code == 204
