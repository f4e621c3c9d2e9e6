"""How times are said: coarsely to members, to the minute to staff, in both languages."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask_babel import force_locale

from forum.web.pages import rough_time, waiting_time

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True, scope="session")

NIGHT = datetime(2026, 3, 2, 19, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minutes", "indonesian", "english"),
    [
        (-3, "0 menit", "0 min"),
        (0.9, "0 menit", "0 min"),
        (59.9, "59 menit", "59 min"),
        (60, "1 jam", "1 h"),
        (61, "1 jam 1 menit", "1 h 1 min"),
        (130, "2 jam 10 menit", "2 h 10 min"),
        (47 * 60 + 59, "47 jam 59 menit", "47 h 59 min"),
        (48 * 60, "2 hari", "2 days"),
        (71 * 60, "2 hari", "2 days"),
    ],
)
def test_staff_read_a_wait_to_the_minute_and_days_alone(app: Flask, minutes, indonesian, english):
    assert said(app, "id", lambda: waiting_time(minutes)) == indonesian
    assert said(app, "en", lambda: waiting_time(minutes)) == english


@pytest.mark.parametrize(
    ("ago", "english"),
    [
        (timedelta(minutes=-2), "just now"),
        (timedelta(minutes=9, seconds=59), "just now"),
        (timedelta(minutes=10), "less than an hour ago"),
        (timedelta(minutes=60), "1 hour ago"),
        (timedelta(hours=23, minutes=59), "23 hours ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=6, hours=23), "6 days ago"),
        (timedelta(days=7), "23 February 2026"),
    ],
)
def test_members_read_no_minute_of_anybody(app: Flask, ago, english):
    with time_machine.travel(NIGHT, tick=False):
        assert said(app, "en", lambda: rough_time(NIGHT - ago)) == english


def said(app: Flask, language: str, say) -> str:
    with app.test_request_context(), force_locale(language):
        return say()
