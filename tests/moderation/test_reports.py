"""What members tell the team: how urgent it is, and that nobody counts twice."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from forum.clock import now
from forum.extensions import db
from forum.posts.operations import edit
from forum.rooms.models import ContentWarning
from moderation.cases import intake
from moderation.cases.models import Case, CaseState, Door, Lane, Report
from moderation.cases.opening import open_case
from moderation.reports.operations import report_post
from moderation.risk.levels import Level
from tests.factories import close_case, make_member, make_reply, make_thread, scan_all

pytestmark = pytest.mark.usefixtures("context")


def cases() -> list[Case]:
    return list(db.session.scalars(select(Case).order_by(Case.id)))


def test_reports_open_cases_by_their_door():
    worried, breach = make_thread(), make_thread()
    report_post(make_member(), worried, Door.WORRY, "")
    report_post(make_member(), breach, Door.BREACH, "")
    assert [case.risk_level for case in cases()] == [Level.RED, Level.AMBER]


def test_a_worry_is_never_left_among_spam_or_samples(app):
    opening, author = make_thread(), make_member()
    post = make_reply(opening, author)
    app.config["SAMPLE_PERCENT"] = 100
    try:
        intake.scan_post(post.id)
    finally:
        app.config["SAMPLE_PERCENT"] = 0
    (case,) = cases()
    assert case.lane is Lane.SAMPLE
    for door, lane in ((Door.BREACH, Lane.BREACH), (Door.WORRY, Lane.WORRY)):
        report_post(make_member(), post, door, "")
        db.session.refresh(case)
        assert case.lane is lane
    # And nothing takes it back.
    report_post(make_member(), post, Door.BREACH, "")
    open_case(post, Lane.SAMPLE, Level.GREEN)
    db.session.refresh(case)
    assert (case.lane, case.risk_level) == (Lane.WORRY, Level.RED)


def test_a_risk_in_a_breach_case_is_in_the_lane_of_risks():
    opening, author = make_thread(), make_member()
    post = make_reply(opening, author)
    scan_all()
    report_post(make_member(), post, Door.BREACH, "")
    make_reply(opening, author, body="zzamber")
    scan_all()
    (case,) = cases()
    assert (case.lane, case.risk_level) == (Lane.RISK, Level.AMBER)


def test_reporting_twice_counts_once():
    post, reporter = make_thread(), make_member()
    first = report_post(reporter, post, Door.WORRY, "a")
    assert report_post(reporter, post, Door.WORRY, "b") is first
    assert cases()[0].version == 1


def test_a_worry_about_a_post_that_became_worse_is_read_again():
    post, reporter = make_thread(), make_member()
    scan_all()
    report_post(reporter, post, Door.WORRY, "a")
    (first,) = cases()
    edit(post.author, post, body="worse, by words that no rule knows", warning=ContentWarning.NONE)
    report_post(reporter, post, Door.WORRY, "b")
    assert first.version == 2, "it is news to whoever has the case open"
    close_case(first)
    edit(post.author, post, body="much worse", warning=ContentWarning.NONE)
    scan_all()
    with time_machine.travel(now() + timedelta(days=5)):
        again = report_post(reporter, post, Door.WORRY, "now really")
        assert report_post(reporter, post, Door.WORRY, "twice") is again
    _, second = cases()
    assert (second.state, second.risk_level) == (CaseState.WAITING, Level.RED)
    notes = select(Report.note).order_by(Report.id)
    assert db.session.scalars(notes.where(Report.case_id == first.id)).all() == ["a", "b"]
    assert db.session.scalars(notes.where(Report.case_id == second.id)).all() == ["now really"]


def test_a_worry_after_its_case_is_new_and_every_one_counts_for_the_day():
    post, reporter = make_thread(), make_member()
    for _ in range(3):
        report_post(reporter, post, Door.WORRY, "")
        close_case(cases()[-1])
    assert [case.risk_level for case in cases()] == [Level.RED, Level.RED, Level.AMBER]
