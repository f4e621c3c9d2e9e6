"""Shifts, budgets, topics and cases passed: what people at the desk are spared, on both databases."""

import random
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from forum.accounts.models import Role
from forum.clock import now
from forum.extensions import db, setting
from forum.rooms.models import ContentWarning
from moderation.audit.models import AuditEntry
from moderation.cases import operations as cases
from moderation.cases.models import Case, CloseReason
from moderation.cases.queue import Wanted, read_desk
from moderation.cases.refusals import Refusal
from moderation.risk.levels import Level
from moderation.volunteers import operations, queries
from moderation.volunteers.exposure import WEEK, cost, exposure_of, stays_of, weigh
from moderation.volunteers.protection import (
    BudgetUsed,
    HeavyEnough,
    NotCertified,
    OptedOut,
    Resting,
    topics_of,
)
from tests.factories import lapse, make_case, make_member, make_thread, scan_all

REAL = {
    "EXPOSURE_SHIFT": 240,
    "EXPOSURE_WEEK": 960,
    "SHIFT_HEAVY_CASES": 5,
    "REST_MINUTES": 10,
}


@pytest.fixture(autouse=True)
def _spared(app, monkeypatch):
    for name, value in REAL.items():
        monkeypatch.setitem(app.config, name, value)


@pytest.fixture
def clock():
    with time_machine.travel(now(), tick=False) as traveller:
        yield traveller


@pytest.fixture
def rani(context):
    return make_member("rani", Role.MODERATOR)


def read(member):
    """Return what this person has read."""
    return exposure_of(stays_of([member.id]).get(member.id, []))


def claim(member, case):
    cases.claim(member, case, case.version)
    db.session.commit()


def let_go(member, case):
    cases.release(member, case, case.version, "")
    db.session.commit()


def refusal_of(member, case):
    """Return the kind of refusal that a claim meets; nothing is changed."""
    with pytest.raises(Refusal) as caught:
        cases.claim(member, case, case.version)
    db.session.rollback()
    return type(caught.value)


def acts(action):
    db.session.flush()
    return db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id)
    ).all()


def dealt(member):
    return read_desk(member, Wanted()).next_case


# The budget


def test_a_case_costs_its_weight_for_each_minute_and_no_more_than_its_limit(clock, rani):
    red, amber = make_case(Level.RED), make_case(Level.AMBER)
    claim(rani, red)
    clock.shift(6 * 60)
    assert read(rani).shift == pytest.approx(2 * (2 + 6))
    let_go(rani, red)
    clock.shift(30 * 60)
    assert read(rani).shift == pytest.approx(2 * (2 + 6))
    claim(rani, amber)
    # Nobody acts; the claim runs out and leaves no decision.
    clock.shift(45 * 60)
    assert read(rani).shift == pytest.approx(2 * (2 + 6) + (2 + 20))
    assert read(rani).heavy == 1
    clock.shift(2 * 3600)
    assert read(rani).shift == 0
    assert read(rani).week == pytest.approx(2 * (2 + 6) + (2 + 20))


def test_coming_back_to_a_case_and_undoing_a_closing_is_one_case(clock, rani):
    case = make_case(Level.AMBER)
    claim(rani, case)
    clock.shift(4 * 60)
    let_go(rani, case)
    clock.shift(10 * 60)
    claim(rani, case)
    clock.shift(3 * 60)
    cases.close(rani, case, case.version, CloseReason.NO_RISK, "")
    db.session.commit()
    assert read(rani).shift == pytest.approx(2 + 4 + 3)


def test_after_a_heavy_case_gentler_ones_come_until_the_rest_is_over(clock, rani):
    first, second, amber = make_case(Level.RED), make_case(Level.CRISIS), make_case(Level.AMBER)
    third = make_case(Level.RED)
    assert dealt(rani).id == second.id
    claim(rani, second)
    assert refusal_of(rani, first) is Resting
    assert dealt(rani).id == amber.id
    clock.shift(60)
    let_go(rani, second)
    clock.shift(9 * 60)
    assert refusal_of(rani, third) is Resting
    assert dealt(rani).id == amber.id
    clock.shift(61)
    claim(rani, first)


def test_five_heavy_cases_are_enough_for_a_shift(clock, rani):
    for _ in range(5):
        case = make_case(Level.RED)
        claim(rani, case)
        clock.shift(60)
        cases.close(rani, case, case.version, CloseReason.ANSWERED, "")
        db.session.commit()
        clock.shift(11 * 60)
    sixth, amber = make_case(Level.RED), make_case(Level.AMBER)
    db.session.commit()
    assert refusal_of(rani, sixth) is HeavyEnough
    assert dealt(rani).id == amber.id


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_simulated_shifts_never_go_beyond_their_budget(clock, rani, app, monkeypatch, seed):
    dice = random.Random(seed)
    # Narrow, so that both budgets are met.
    monkeypatch.setitem(app.config, "EXPOSURE_SHIFT", 120)
    monkeypatch.setitem(app.config, "EXPOSURE_WEEK", 200)
    operations.choose_topics(rani, [ContentWarning.GRIEF])
    budgets, refused = (setting("EXPOSURE_SHIFT"), setting("EXPOSURE_WEEK")), set()
    in_hand: list[Case] = []
    for _ in range(2):
        operations.begin_shift(rani)
        ends = now() + timedelta(minutes=setting("SHIFT_MINUTES"))
        while now() < ends:
            grieving = dice.random() < 0.2
            case = make_case(dice.choice(list(Level)))
            case.thread.warning = ContentWarning.GRIEF if grieving else ContentWarning.NONE
            db.session.commit()
            offered = dealt(rani)
            assert offered is None or offered.thread.warning is not ContentWarning.GRIEF
            wanted = dice.choice([offered, case])
            if wanted is not None:
                try:
                    claim(rani, wanted)
                    in_hand.append(wanted)
                except Refusal as refusal:
                    refused.add(type(refusal))
                    # What is dealt is never refused.
                    assert offered is None or wanted.id != offered.id
                    db.session.rollback()
            clock.shift(dice.randrange(30, 12 * 60))
            for held in list(in_hand):
                if dice.random() < 0.7:
                    in_hand.remove(held)
                    db.session.refresh(held)
                    if held.holder_id == rani.id and held.claimed_until > now():
                        let_go(rani, held)
            stays = stays_of([rani.id]).get(rani.id, [])
            spans = (now() - timedelta(hours=2), now() - WEEK)
            for since, budget in zip(spans, budgets, strict=True):
                assert weigh(stays, since, now(), at_most=False) <= budget
            assert read(rani).heavy <= 5
        for held in in_hand:
            db.session.refresh(held)
            if held.holder_id == rani.id and held.claimed_until and held.claimed_until > now():
                let_go(rani, held)
        in_hand.clear()
        operations.end_shift(rani)
        db.session.commit()
        clock.shift(11 * 3600)
    assert BudgetUsed in refused
    assert read(rani).week > cost(Level.CRISIS, 20)


def test_an_emergency_opens_the_budget_and_is_written_down(clock, rani):
    red, crisis = make_case(Level.RED), make_case(Level.CRISIS)
    claim(rani, red)
    assert refusal_of(rani, crisis) is Resting
    with pytest.raises(Resting):
        operations.take_all_the_same(rani, crisis, crisis.version)
    db.session.rollback()
    clock.shift(16 * 60)
    budi = make_member("budi", Role.MODERATOR)
    operations.begin_shift(budi)
    db.session.commit()
    with pytest.raises(Resting):
        operations.take_all_the_same(rani, crisis, crisis.version)
    db.session.rollback()
    operations.end_shift(budi)
    operations.take_all_the_same(rani, crisis, crisis.version)
    db.session.commit()
    assert crisis.holder_id == rani.id
    assert acts("claim")[-1].detail["despite"] == "rest"
    assert "despite" not in acts("claim")[0].detail


# Topics, and cases passed


def test_opted_out_topics_are_not_dealt_and_are_taken_by_choice_alone(context, rani):
    grief, flagged = make_case(Level.AMBER), make_thread(body="zzred")
    grief.thread.room.content_warning = ContentWarning.NONE
    grief.thread.warning = ContentWarning.GRIEF
    scan_all()
    operations.choose_topics(rani, [ContentWarning.GRIEF, ContentWarning.SUICIDE])
    db.session.commit()
    assert set(topics_of(rani)) == {ContentWarning.GRIEF, ContentWarning.SUICIDE}
    assert dealt(rani) is None
    suicide = db.session.scalar(select(Case).where(Case.thread_id == flagged.thread_id))
    assert refusal_of(rani, suicide) is OptedOut
    assert refusal_of(rani, grief) is OptedOut
    operations.take_all_the_same(rani, suicide, suicide.version)
    assert acts("claim")[-1].detail["despite"] == "topic"
    operations.choose_topics(rani, [ContentWarning.SUICIDE])
    db.session.commit()
    assert dealt(rani).id == grief.id


def test_a_passed_case_is_not_dealt_again_in_this_shift(clock, rani):
    case = make_case(Level.AMBER)
    operations.skip(rani, case)
    operations.skip(rani, case)
    db.session.commit()
    assert dealt(rani) is None
    assert dealt(make_member("budi", Role.MODERATOR)).id == case.id
    clock.shift(2 * 3600 + 1)
    assert dealt(rani).id == case.id
    assert operations.forget_skips() == 0
    clock.shift(22 * 3600)
    assert operations.forget_skips() == 1


# The shift


def test_a_second_shift_comes_after_a_rest_or_is_written_down(clock, rani):
    operations.begin_shift(rani)
    assert operations.begin_shift(rani) is operations.begin_shift(rani)
    clock.shift(3600)
    operations.end_shift(rani)
    db.session.commit()
    clock.shift(9 * 3600)
    with pytest.raises(operations.TooSoon) as refused:
        operations.begin_shift(rani)
    assert refused.value.ready_at == now() + timedelta(hours=1)
    db.session.rollback()
    operations.begin_shift(rani, anyway=True)
    db.session.commit()
    assert [each.detail.get("despite") for each in acts("go_on_duty")] == [None, "rest"]
    # It runs out, is never ended, and rests the same.
    clock.shift(2 * 3600 + 11 * 3600)
    operations.begin_shift(rani)
    assert len(queries.latest_shifts()) == 3


def test_a_shift_begins_once_the_lessons_are_fresh(rani):
    lapse(rani)
    with pytest.raises(NotCertified):
        operations.begin_shift(rani)
    assert queries.open_shift(rani) is None


def test_a_shift_ends_with_no_red_in_hand_and_leaves_exactly_what_is_open(clock, rani):
    operations.begin_shift(rani)
    closed, noted, red = make_case(Level.AMBER), make_case(Level.AMBER), make_case(Level.RED)
    amber = make_case(Level.AMBER)
    claim(rani, closed)
    cases.close(rani, closed, closed.version, CloseReason.NO_RISK, "")
    claim(rani, noted)
    cases.release(rani, noted, noted.version, "waits for an answer")
    claim(rani, red)
    claim(rani, amber)
    clock.shift(60)
    with pytest.raises(operations.HoldsHeavy):
        operations.end_shift(rani)
    db.session.rollback()
    let_go(rani, red)
    shift = operations.end_shift(rani, weighed="zz-heavy")
    db.session.commit()
    db.session.refresh(amber)
    assert amber.holder_id is None
    left = queries.left_by(shift)
    assert {row.case.id for row in left} == {noted.id, red.id, amber.id}
    assert {row.note for row in left} == {"", "waits for an answer"}
    with pytest.raises(operations.NoShift):
        operations.end_shift(rani)
