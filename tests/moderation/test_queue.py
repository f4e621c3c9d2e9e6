"""The queue: in which order cases stand, in which place each is, and what is counted."""

import random
from datetime import timedelta
from itertools import islice

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event, select, update
from sqlalchemy.exc import OperationalError

from forum.accounts.models import Member, Role
from forum.clock import now
from forum.extensions import db, setting
from forum.outbox import Job
from forum.posts.models import Post
from moderation.care.models import CheckIn, QuickAnswer
from moderation.cases import operations, queue
from moderation.cases.answers import answer
from moderation.cases.models import Case, CaseState, Door, HoldReason, Lane
from moderation.cases.opening import open_case_of, target_of
from moderation.cases.order import AMBER_TURN, arrange
from moderation.cases.queue import Wanted, read_desk, tallies
from moderation.cases.refusals import CaseChanged, NotTrained
from moderation.cases.unscanned import take_unscanned, unscanned
from moderation.reports.operations import report_post
from moderation.risk.levels import Level
from tests.factories import make_case, make_member, make_thread, scan_all

NOW = 1_000
CASES = st.lists(st.tuples(st.sampled_from(Level), st.integers(0, NOW)), max_size=40)


# The order itself


def lines_of(cases):
    return {
        level: sorted((case for case in cases if case[0] is level), key=lambda case: case[1])
        for level in Level
    }


@settings(deadline=None)
@given(CASES, st.integers(0, 5), st.integers(1, 5), st.integers(0, NOW))
def test_every_case_comes_once_and_red_yields_only_in_its_turn(cases, reds_before, turn, aged):
    cases = [(level, came, number) for number, (level, came) in enumerate(cases)]
    order = list(arrange(lines_of(cases), lambda case: case[1] <= aged, reds_before, turn))
    assert sorted(order) == sorted(cases)
    in_a_row = reds_before
    for place, case in enumerate(order):
        behind = order[place + 1 :]
        assert not any(other[0] is Level.CRISIS for other in behind) or case[0] is Level.CRISIS
        assert not any(other[0] is case[0] and other[1] < case[1] for other in behind)
        if case[0] is Level.AMBER and any(other[0] is Level.RED for other in behind):
            assert case[1] <= aged
            assert in_a_row >= turn - 1
        if case[0] is Level.GREEN:
            assert all(other[0] is Level.GREEN for other in behind)
        in_a_row = {Level.RED: in_a_row + 1, Level.AMBER: 0}.get(case[0], in_a_row)


def test_fresh_reds_without_end_do_not_starve_an_aged_amber():
    reds = ((Level.RED, number) for number in range(10**9))
    order = arrange({Level.RED: reds, Level.AMBER: [(Level.AMBER, 0)]}, lambda _: True)
    assert Level.AMBER in {level for level, _ in islice(order, AMBER_TURN)}


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("seed", range(6))
def test_the_database_keeps_the_order_of_the_model(seed):
    draw = random.Random(seed)
    rani = make_member("rani", Role.MODERATOR)
    for _ in range(60):
        level = draw.choice(list(Level))
        case = make_case(
            level, draw.choice(list(Lane)), waited=timedelta(minutes=draw.randrange(1200))
        )
        if draw.random() < 0.3:
            # Claimed, and half of the claims ran out.
            case.state, case.holder_id = CaseState.CLAIMED, rani.id
            case.claimed_until = now() + timedelta(minutes=draw.choice((-5, 5)))
    for _ in range(draw.randrange(5)):
        red = make_case(Level.RED)
        operations.claim(rani, red, red.version)
    db.session.commit()

    in_hand = CaseState.CLAIMED
    everything = db.session.scalars(select(Case)).all()
    waiting = [
        case for case in everything if case.state is not in_hand or case.claimed_until < now()
    ]
    # By the alarm's age, as the model has it, where the queue goes by what is left until due.
    alarm = timedelta(minutes=setting("AMBER_ALARM_MINUTES"))
    lines = {
        level: sorted(
            (case for case in waiting if case.level == level), key=lambda c: (c.due_at, c.id)
        )
        for level in Level
    }
    expected = arrange(
        lines,
        lambda case: now() - (case.due_at - target_of(Level.AMBER)) >= alarm,
        queue.reds_in_a_row(),
    )
    desk = read_desk(rani, Wanted())
    assert [case.id for case in desk.waiting] == [case.id for case in expected][: queue.PER_PAGE]
    assert {case.id for case in desk.mine} == {case.id for case in everything} - {
        case.id for case in waiting
    }


@pytest.mark.usefixtures("context")
def test_an_aged_amber_gets_its_turn_after_three_reds():
    rani, budi = make_member("rani", Role.MODERATOR), make_member("budi", Role.MODERATOR)
    amber = make_case(Level.AMBER, waited=timedelta(hours=9))
    for _ in range(AMBER_TURN + 2):
        make_case(Level.RED)
    db.session.commit()
    taken = []
    for _ in range(AMBER_TURN):
        case = read_desk(budi, Wanted()).next_case
        operations.claim(rani, case, case.version)
        db.session.commit()
        taken.append(case.level)
    assert taken == [Level.RED] * (AMBER_TURN - 1) + [Level.AMBER]
    assert not queue.reds_in_a_row()
    assert amber.holder_id == rani.id


# The page's parts


@pytest.fixture
def rani(context):
    return make_member("rani", Role.MODERATOR)


@pytest.fixture
def kiki(context):
    return make_member("kiki", Role.VOLUNTEER)


def test_a_volunteer_finds_an_amber_case_behind_sixty_red_ones(rani, kiki):
    for _ in range(60):
        make_case(Level.RED)
    about_kiki = make_case(Level.AMBER, subject=kiki, waited=timedelta(minutes=5))
    amber = make_case(Level.AMBER)
    db.session.commit()
    desk = read_desk(kiki, Wanted())
    assert desk.next_case.id == amber.id
    assert len(desk.waiting) == queue.PER_PAGE
    assert desk.has_next
    second = read_desk(kiki, Wanted(), page=2)
    assert {case.id for case in second.waiting} >= {about_kiki.id, amber.id}
    assert not {case.id for case in desk.waiting} & {case.id for case in second.waiting}
    assert read_desk(rani, Wanted()).next_case.level == Level.RED


def test_lanes_and_levels_filter_and_count(rani):
    make_case(Level.RED, Lane.RISK, waited=timedelta(hours=2))
    make_case(Level.AMBER, Lane.RISK)
    make_case(Level.AMBER, Lane.BREACH, waited=timedelta(hours=3))
    ran_out = make_case(Level.AMBER, Lane.BREACH, waited=timedelta(hours=7))
    ran_out.state, ran_out.holder_id = CaseState.CLAIMED, rani.id
    ran_out.claimed_until = now() - timedelta(minutes=1)
    db.session.commit()
    found = tallies(Wanted())
    assert {lane: n for lane, n in found.by_lane.items() if n} == {Lane.RISK: 2, Lane.BREACH: 2}
    assert {level: n for level, n in found.by_level.items() if n} == {
        Level.RED: 1,
        Level.AMBER: 3,
    }
    assert found.oldest[Lane.BREACH] == ran_out.opened_at
    assert found.oldest[Lane.WORRY] is None
    assert tallies(Wanted(lane=Lane.BREACH)).by_level[Level.RED] == 0
    assert len(read_desk(rani, Wanted(lane=Lane.BREACH)).waiting) == 2
    assert len(read_desk(rani, Wanted(level=Level.AMBER)).waiting) == 3
    only = read_desk(rani, Wanted(Lane.RISK, Level.AMBER))
    assert [case.lane for case in only.waiting] == [Lane.RISK]
    assert only.next_case.id == only.waiting[0].id


def test_more_than_is_counted_says_so(rani, monkeypatch):
    monkeypatch.setattr(queue, "COUNTED", 3)
    for _ in range(6):
        make_case(Level.AMBER)
    db.session.commit()
    assert tallies(Wanted()).by_level[Level.AMBER] == 4


def test_what_cannot_be_read_is_none_and_not_zero(app, browser_of):
    with app.app_context():
        make_member("rani", Role.MODERATOR)
        make_case(Level.RED)
        db.session.commit()
        engine = db.engine

    @event.listens_for(engine, "before_cursor_execute")
    def time_out(connection, cursor, statement, *_):
        is_tally = "count(*)" in statement and "FROM moderation_case" in statement
        if is_tally or "written_at <" in statement:
            raise OperationalError(statement, {}, Exception("canceling statement due to timeout"))

    try:
        page = browser_of("rani").get("/meja").get_data(as_text=True)
    finally:
        event.remove(engine, "before_cursor_execute", time_out)
    assert "How many wait can" in page
    assert "Whether posts wait for the rules can" in page
    assert 'class="levels"' not in page
    assert page.count("/meja/kasus/") >= 2
    assert 'class="levels"' in browser_of("rani").get("/meja").get_data(as_text=True)


def test_a_post_that_no_worker_came_for_stands_in_the_queue(rani, kiki):
    post = make_thread(body="zzcrisis")
    db.session.execute(delete(Job))
    db.session.commit()
    assert unscanned().number == 0
    with time_machine.travel(now() + timedelta(minutes=3)):
        found = unscanned()
        assert (found.number, [late.id for late in found.posts]) == (1, [post.id])
        assert now() - found.oldest > timedelta(minutes=2)
        with pytest.raises(NotTrained):
            take_unscanned(kiki, post.public_id)
        db.session.rollback()
        case = take_unscanned(rani, post.public_id)
        db.session.commit()
        assert (case.lane, case.risk_level) == (Lane.UNSCANNED, Level.RED)
        assert queue.cases_with(rani) == [case]
    db.session.execute(update(Post).values(scanned_version=1))
    with pytest.raises(CaseChanged):
        take_unscanned(rani, post.public_id)


def test_what_rises_above_its_holder_is_free_at_once_whatever_raised_it(rani, kiki):
    opening = make_thread(body="zzamber")
    scan_all()
    case = db.session.scalar(select(Case))
    operations.claim(kiki, case, case.version)
    db.session.commit()
    report_post(make_member(), opening, Door.WORRY, "")
    db.session.commit()
    assert (case.risk_level, case.state, case.holder_id) == (Level.RED, CaseState.WAITING, None)
    operations.claim(rani, case, case.version)
    open_case_of(case.thread_id, case.subject_id, Lane.RISK, Level.CRISIS)
    db.session.commit()
    assert (case.state, case.holder_id) == (CaseState.CLAIMED, rani.id)


def test_urgent_news_ends_a_hold_and_mild_news_does_not(rani):
    case = make_case(Level.AMBER)
    operations.claim(rani, case, case.version)
    operations.hold(
        rani, case, case.version, reason=HoldReason.PERSON, minutes=120, note="wrote to them"
    )
    db.session.commit()
    open_case_of(case.thread_id, case.subject_id, Lane.RISK, Level.AMBER)
    assert case.state is CaseState.HELD
    open_case_of(case.thread_id, case.subject_id, Lane.RISK, Level.RED)
    assert (case.state, case.hold_reason) == (CaseState.WAITING, None)


def test_a_new_answer_of_the_person_is_marked_until_somebody_acts(app, browser_of):
    with app.app_context():
        rani = make_member("rani", Role.MODERATOR)
        case = make_case(Level.AMBER)
        operations.claim(rani, case, case.version)
        message = operations.check_in(
            rani, case, case.version, body="How are you?", submission_key="k" * 20
        )
        operations.release(rani, case, case.version, "")
        check_in = db.session.get_one(CheckIn, message.check_in_id)
        answer(case.subject, check_in, body="", quick=QuickAnswer.SAFE, submission_key="a" * 20)
        db.session.commit()
        assert read_desk(rani, Wanted()).with_answers == {case.id}
        case_id = case.id
    assert "new answer" in browser_of("rani").get("/meja").get_data(as_text=True)
    with app.app_context():
        case, rani = (
            db.session.get_one(Case, case_id),
            db.session.scalar(select(Member).where(Member.pseudonym == "rani")),
        )
        operations.claim(rani, case, case.version)
        operations.reply(rani, case, case.version, body="Good.", submission_key="r" * 20)
        db.session.commit()
        assert not read_desk(rani, Wanted()).with_answers
