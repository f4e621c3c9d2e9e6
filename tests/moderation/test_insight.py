"""Figures of the desk: right against a plain count in Python, and coarse where all may read."""

import csv
import io
import random
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from forum.accounts.models import Role
from forum.clock import now
from forum.database import hour_of, seconds_between
from forum.extensions import db
from moderation.cases.models import Act, Case, CaseState, CloseReason, Decision, Lane
from moderation.closing.models import Judgement, Opinion
from moderation.insight.models import PublishedMonth
from moderation.insight.operations import coarse, coarse_share, publish_months
from moderation.insight.periods import WIB, last_days, month_of
from moderation.insight.queries import (
    KAPPA_LEAST,
    agreement,
    hours_of_week,
    level_figures,
    loads,
    practice_kappa,
)
from moderation.lab.ledger import Share
from moderation.risk.levels import Level
from moderation.training.lessons import practice
from moderation.training.models import PracticeTally
from moderation.training.operations import admit, judge
from tests.factories import make_member, make_thread
from tests.pages import statements_of

MONDAY = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)


def add_case(level: Level, opened_at: datetime, *, taken_after: float | None, by=None) -> Case:
    """Add a case, and a claim this many minutes later."""
    post = make_thread()
    case = Case(
        thread_id=post.thread_id,
        subject_id=post.author_id,
        lane=Lane.RISK,
        level=int(level),
        state=CaseState.WAITING if taken_after is None else CaseState.CLAIMED,
        opened_at=opened_at,
        due_at=opened_at,
    )
    db.session.add(case)
    db.session.flush()
    if taken_after is not None:
        case.holder_id = (by or make_member(role=Role.MODERATOR)).id
        add_act(case, Act.CLAIM, opened_at + timedelta(minutes=taken_after), by)
    return case


def add_act(case: Case, act: Act, moment: datetime, by=None) -> None:
    versions = db.session.scalars(
        select(Decision.case_version).where(Decision.case_id == case.id)
    ).all()
    db.session.add(
        Decision(
            case_id=case.id,
            case_version=max(versions, default=0) + 1,
            moderator_id=(by or make_member(role=Role.MODERATOR)).id,
            act=act,
            created_at=moment,
        )
    )
    db.session.flush()


def nearest_rank(values: list[float], share: int) -> float:
    """The textbook's percentile."""
    return sorted(values)[-(-len(values) * share // 100) - 1]


def figures_at(moment: datetime, days: int = 7):
    with time_machine.travel(moment, tick=False):
        found = level_figures(last_days(days, now()))
    return {figures.level: figures for figures in found}


def test_moments_are_reckoned_alike_on_both_databases(context):
    earlier = datetime(2026, 3, 1, 23, 59, 59, 250_000, tzinfo=UTC)
    case = add_case(Level.RED, earlier, taken_after=None)
    case.due_at = earlier + timedelta(days=2, seconds=1.5)
    db.session.flush()
    row = db.session.execute(
        select(seconds_between(Case.due_at, Case.opened_at), hour_of(Case.opened_at))
    ).one()
    assert row[0] == pytest.approx(2 * 86_400 + 1.5, abs=0.01)
    assert row[1] == "2026-03-01 23"


def test_percentiles_are_those_of_a_plain_count(context):
    dice = random.Random(7)
    waits: dict[Level, list[float]] = {Level.CRISIS: [], Level.RED: [], Level.AMBER: []}
    for _ in range(60):
        level = dice.choice(list(waits))
        wait = dice.expovariate(1 / 40)
        waits[level].append(wait)
        add_case(level, MONDAY + timedelta(hours=dice.randrange(100)), taken_after=wait)
    found = figures_at(MONDAY + timedelta(days=7, hours=-1))
    for level, values in waits.items():
        assert found[level].taken.cases == len(values)
        assert found[level].taken.p50 == pytest.approx(nearest_rank(values, 50), abs=0.01)
        assert found[level].taken.p95 == pytest.approx(nearest_rank(values, 95), abs=0.01)


def test_who_still_waits_past_the_target_counts_as_late(context):
    add_case(Level.CRISIS, MONDAY, taken_after=10)
    add_case(Level.CRISIS, MONDAY, taken_after=20)
    add_case(Level.CRISIS, MONDAY, taken_after=None)
    young = MONDAY + timedelta(days=1)
    add_case(Level.CRISIS, young, taken_after=None)
    found = figures_at(young + timedelta(minutes=10), days=7)[Level.CRISIS]
    # The youngest is in time so far: neither on time nor late.
    assert (found.in_time.part, found.in_time.whole, found.waiting) == (1, 3, 2)


def test_taking_a_case_is_no_answer(context):
    case = add_case(Level.RED, MONDAY, taken_after=5)
    add_act(case, Act.RELEASE, MONDAY + timedelta(minutes=7))
    assert figures_at(MONDAY + timedelta(days=1))[Level.RED].answered.cases == 0
    add_act(case, Act.REPLY, MONDAY + timedelta(minutes=30))
    assert figures_at(MONDAY + timedelta(days=1))[Level.RED].answered.p50 == pytest.approx(30)


def test_an_hour_of_danger_without_anyone_is_a_gap(context):
    monday_two_wib = MONDAY + timedelta(days=1) - timedelta(hours=5)
    for week in range(4):
        add_case(Level.RED, monday_two_wib + timedelta(weeks=week), taken_after=None)
    end = MONDAY + timedelta(weeks=4, hours=-1)
    with time_machine.travel(end, tick=False):
        week = hours_of_week(last_days(28, now()), 7)
    hour = week[24 + 2]
    assert (hour.urgent, hour.attended, hour.weeks, hour.is_gap) == (4, 0, 4, True)
    assert sum(other.urgent for other in week) == 4
    case = add_case(Level.AMBER, monday_two_wib, taken_after=1)
    add_act(case, Act.REPLY, monday_two_wib + timedelta(weeks=1))
    with time_machine.travel(end, tick=False):
        assert not hours_of_week(last_days(28, now()), 7)[24 + 2].is_gap


def test_a_person_s_load_counts_cases_once(context):
    rani = make_member("rani", Role.MODERATOR)
    red = add_case(Level.RED, MONDAY, taken_after=1, by=rani)
    add_act(red, Act.RELEASE, MONDAY + timedelta(minutes=2), rani)
    add_act(red, Act.CLAIM, MONDAY + timedelta(minutes=3), rani)
    add_act(red, Act.REPLY, MONDAY + timedelta(minutes=4), rani)
    add_case(Level.AMBER, MONDAY, taken_after=80, by=rani)
    with time_machine.travel(MONDAY + timedelta(days=1), tick=False):
        (load,) = loads(last_days(7, now()))
    assert (load.taken, load.heavy, load.answers, load.closed, load.hours) == (2, 1, 1, 0, 2)


def test_agreement_counts_second_opinions_that_were_given(context):
    rani, budi = make_member("rani", Role.MODERATOR), make_member("budi", Role.MODERATOR)
    for second in (Judgement.NO_ACTION, Judgement.NO_ACTION, Judgement.NEEDS_ANSWER, None):
        case = add_case(Level.RED, MONDAY, taken_after=None)
        db.session.add(
            Opinion(
                case_id=case.id,
                case_version=1,
                level=case.level,
                first_id=rani.id,
                first=Judgement.NO_ACTION,
                first_reason=CloseReason.NO_RISK,
                first_note="",
                asked_at=MONDAY,
                second_id=budi.id if second else None,
                second=second,
            )
        )
    db.session.flush()
    found = agreement()
    assert (found.part, found.whole) == (2, 3)


def test_small_numbers_are_not_told():
    assert [coarse(number) for number in (0, 1, 9, 10, 12, 13, 1_000)] == [
        0,
        None,
        None,
        10,
        10,
        15,
        1_000,
    ]
    assert coarse_share(Share(19, 19)) is None
    assert coarse_share(Share(15, 20)) == 75


def test_a_month_is_published_once_when_it_is_over_by_jakarta_s_clock(context):
    with time_machine.travel(datetime(2026, 3, 31, 16, 59, tzinfo=UTC), tick=False):
        for _ in range(12):
            make_thread()
        assert publish_months() == 0
    with time_machine.travel(datetime(2026, 3, 31, 17, 1, tzinfo=UTC), tick=False):
        make_thread()
        assert publish_months() == 1
        assert publish_months() == 0
    month = db.session.scalar(select(PublishedMonth))
    assert month.month == date(2026, 3, 1)
    assert month.figures["posts"] == 10
    assert month_of(date(2026, 3, 5)).end == datetime(2026, 4, 1, tzinfo=WIB)


def test_everyone_may_read_the_months_and_finds_no_small_number(app, client):
    with app.app_context(), time_machine.travel(datetime(2026, 3, 10, tzinfo=UTC), tick=False):
        for _ in range(7):
            make_thread()
        db.session.commit()
    with app.app_context(), time_machine.travel(datetime(2026, 4, 10, tzinfo=UTC), tick=False):
        publish_months()
        db.session.commit()
    page = client.get("/keterbukaan").get_data(as_text=True)
    assert "Maret 2026" in page
    assert "kurang dari 10" in page
    assert ">7<" not in page


def test_the_figures_page_and_its_tables(app, browser_of):
    with app.app_context():
        make_member("rani", Role.LEAD)
        add_case(Level.RED, now() - timedelta(days=2), taken_after=12)
        db.session.commit()
    browser = browser_of("rani")
    assert browser.get("/meja/wawasan?days=7&zone=WIT").status_code == 200
    sheet = browser.get("/meja/wawasan/waiting.csv").get_data(as_text=True)
    rows = {row["level"]: row for row in csv.DictReader(io.StringIO(sheet))}
    assert float(rows["red"]["taken_p50"]) == pytest.approx(12, abs=0.01)
    assert rows["crisis"]["taken_p50"] == ""
    hours = browser.get("/meja/wawasan/hours.csv").get_data(as_text=True)
    assert len(hours.splitlines()) == 169
    assert browser.get("/meja/wawasan/else.csv").status_code == 404


def test_more_cases_take_no_more_statements(app, browser_of):
    with app.app_context():
        make_member("rani", Role.LEAD)
        add_case(Level.RED, now() - timedelta(days=2), taken_after=12)
        db.session.commit()
    browser = browser_of("rani")
    few = len(statements_of(app, browser, "/meja/wawasan"))
    with app.app_context():
        for number in range(30):
            add_case(Level(1 + number % 3), now() - timedelta(days=3), taken_after=number)
        db.session.commit()
    assert len(statements_of(app, browser, "/meja/wawasan")) == few <= 16


def test_kappa_is_one_where_all_agree_and_nought_where_chance_would():
    assert practice_kappa({(1, 1): 30, (2, 2): 30}).value == 1
    assert practice_kappa({(1, 1): 15, (1, 2): 15, (2, 1): 15, (2, 2): 15}).value == 0
    # Reading every red as amber says nothing of one who can tell them apart.
    assert practice_kappa({(1, 1): 30, (2, 1): 30}).value == 0
    assert practice_kappa({(2, 2): KAPPA_LEAST - 1}) is None
    assert practice_kappa({(2, 2): KAPPA_LEAST}) is None


def test_kappa_weighs_what_is_further_apart():
    """Worked out by hand: observed distance 20 of 90 cases, 6900 / 90 by chance, over three levels."""
    tally = {(1, 1): 20, (1, 2): 10, (2, 2): 30, (3, 3): 25, (3, 1): 5}
    # Rows 30, 30, 30; columns 25, 40, 25. Distances by chance: 30 * (40 + 2 * 25) + 30 * (25 + 25)
    # + 30 * (2 * 25 + 40) = 6900, over 90.
    found = practice_kappa(tally)
    assert found.number == 90
    assert found.value == pytest.approx(1 - 20 * 90 / 6900)


def test_first_answers_to_practice_cases_count_once(context):
    learner = make_member()
    admit(learner.id)
    case = practice().cases[0]
    other = next(level for level in Level if level is not case.level)
    for level in (other, case.level, case.level):
        judge(learner, case, level, "", "")
    tallies = db.session.execute(
        select(PracticeTally.agreed_level, PracticeTally.chosen_level, PracticeTally.number)
    )
    assert [tuple(row) for row in tallies] == [(case.level, other, 1)]
    judge(make_member(), case, other, "", "")
    assert db.session.scalar(select(PracticeTally.number)) == 2
