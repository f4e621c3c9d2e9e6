"""Logs hold ids: whatever is thrown at them, no words, names or addresses come out."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
import structlog

from forum.settings import load_settings
from forum.web.logs import configure_logs, log_incident

POST = "aku capek banget, pengen ngilang aja"


Read = Callable[[], list[dict[str, object]]]


@pytest.fixture
def lines(tmp_path) -> Iterator[Read]:
    """Set our logs up as every process does; return what reads the lines they have written."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logs(load_settings(demo=True, data_dir=tmp_path))
    written = io.StringIO()
    root.handlers[0].setStream(written)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)


def test_ids_stay_and_words_go(lines):
    structlog.get_logger("forum").info(
        "post published",
        post_id=7,
        body=POST,
        Title=POST,
        ip="203.0.113.7",
        user_agent="curl",
        items=[{"a": POST}],
    )
    (line,) = lines()
    assert line["event"] == "post published"
    assert line["post_id"] == 7
    assert line["dropped"] == ["Title", "body", "ip", "items", "user_agent"]
    assert POST not in str(line)


def test_long_values_go_whatever_their_name(lines):
    structlog.get_logger("forum").info("seen", remark="a" * 201)
    assert lines()[0]["dropped"] == ["remark"]


def test_an_error_leaves_its_type_and_our_places(lines):
    try:
        load_settings(data_dir=7, port=POST)
    except Exception as error:
        incident = log_incident(error, "/utas/<thread_id>")
    (line,) = lines()
    assert line["error"] == "forum.settings.SettingsError"
    assert line["route"] == "/utas/<thread_id>"
    assert line["incident"] == incident
    assert len(incident) == 8
    assert str(line["at"][-1]).startswith("forum/settings/__init__.py:")
    assert POST not in str(line)


def test_an_error_in_hand_is_described_too(lines):
    try:
        raise ValueError(POST)
    except ValueError:
        structlog.get_logger("workers").exception("scan failed", job_id=3)
    (line,) = lines()
    assert (line["error"], line["job_id"]) == ("ValueError", 3)
    assert POST not in str(line)


@pytest.mark.parametrize(
    ("name", "message", "arguments", "wanted"),
    [
        (
            "celery.app.trace",
            "Task %(name)s[%(id)s] raised: %(exc)s",
            ({"name": "workers.run_job", "id": "a-1", "exc": f"E({POST})"},),
            "Task workers.run_job[a-1] raised: -",
        ),
        (
            "celery.worker",
            "Cannot connect to %s: %s.",
            ("redis://:pw@h/0", ConnectionError(POST)),
            "Cannot connect to -: ConnectionError.",
        ),
        (
            "gunicorn.error",
            f"Invalid request from ip=203.0.113.7: GET /?q={POST}",
            (),
            "a request that is not proper HTTP",
        ),
        (
            "gunicorn.error",
            "Error handling request %s %s",
            ("GET", f"/cari?q={POST}"),
            "Error handling request GET -",
        ),
        ("other", "from 203.0.113.7 and 2001:db8::1 at 12:30:00", (), "from - and - at 12:30:00"),
        ("other", "%d things", (3,), "3 things"),
        ("other", "%.1f s", (Decimal("3.14"),), "%.1f s"),
    ],
)
def test_lines_of_libraries_are_reduced(lines, name, message, arguments, wanted):
    logging.getLogger(name).error(message, *arguments)
    (line,) = lines()
    assert line["event"] == wanted
    assert line["logger"] == name


def test_errors_of_libraries_lose_their_message(lines):
    try:
        raise KeyError(POST)
    except KeyError:
        logging.getLogger("flask.app").exception("Exception on %s [%s]", "/utas/x", "GET")
    (line,) = lines()
    assert (line["event"], line["error"]) == ("Exception on - [GET]", "KeyError")
    assert POST not in str(line)


def test_libraries_are_quiet_and_we_are_heard(lines):
    logging.getLogger("celery.beat").info("Scheduler: Sending due task")
    structlog.get_logger("moderation").info("case opened", case_id=1)
    assert [line["event"] for line in lines()] == ["case opened"]
