"""The desk model: nothing lost, right in the limits, and the order it claims to keep."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.insight.desk_chart import draw_chart
from moderation.insight.desk_defaults import DEFAULT_PLAN
from moderation.insight.desk_figures import compare, figures, spread
from moderation.insight.desk_model import (
    DAY,
    URGENT,
    Case,
    Order,
    Shift,
    draw_cases,
    make_roster,
    simulate,
)
from moderation.risk.levels import Level

SHORT = replace(DEFAULT_PLAN, days=5)
TEDUH = frozenset({Order.TEDUH})
# A lognormal with this sigma scatters as an exponential does: its deviation is its mean.
AS_EXPONENTIAL = math.sqrt(math.log(2))


def play(plan, order, *, protect=True, cases=None, roster=None):
    cases = draw_cases(plan) if cases is None else cases
    roster = make_roster(plan) if roster is None else roster
    return cases, roster, simulate(plan, order, protect=protect, cases=cases, roster=roster)


# Cases and rosters of every shape, on whole minutes so that many things happen at once.
CASES = st.lists(
    st.tuples(st.sampled_from(Level), st.integers(0, 1500), st.integers(1, 90)), max_size=60
).map(
    lambda rows: [
        Case(number, level, arrived, minutes)
        for number, (level, arrived, minutes) in enumerate(sorted(rows, key=lambda row: row[1]))
    ]
)
ROSTERS = st.lists(
    st.tuples(st.integers(0, 1400), st.integers(1, 240), st.booleans()), max_size=8
).map(lambda rows: [Shift(start, start + length, lead) for start, length, lead in rows])


@settings(deadline=None, max_examples=60)
@given(cases=CASES, roster=ROSTERS, order=st.sampled_from(Order), protect=st.booleans())
def test_nobody_is_lost_doubled_or_served_off_duty(cases, roster, order, protect):
    plan = replace(SHORT, days=1, alarm=120)
    _, _, run = play(plan, order, protect=protect, cases=cases, roster=roster)
    numbers = [taking.case.number for taking in run.takings]
    assert len(numbers) == len(set(numbers))
    busy_until = {}
    for taking in run.takings:
        shift = roster[taking.shift]
        assert max(taking.case.arrived, shift.start) <= taking.at < shift.end
        assert taking.at >= busy_until.get(taking.shift, 0)
        rest = plan.pause if protect and taking.case.level is Level.CRISIS else 0
        busy_until[taking.shift] = taking.finished + rest
        assert shift.is_moderator or taking.case.level not in URGENT
    end = figures(plan, run, cases, roster)["at_the_end"]
    assert end["arrived"] == len(cases)
    assert end["answered"] + end["in_hand"] + end["waiting"] == len(cases)


@settings(deadline=None, max_examples=60)
@given(cases=CASES, roster=ROSTERS, budget=st.integers(0, 5))
def test_no_crisis_waits_while_one_who_may_take_it_takes_something_milder(cases, roster, budget):
    plan = replace(SHORT, days=1, alarm=60, budget=budget)
    _, _, run = play(plan, Order.TEDUH, cases=cases, roster=roster)
    taken = {taking.case.number: taking.at for taking in run.takings}
    exposure = [0] * len(roster)
    for taking in run.takings:
        may_take_crisis = roster[taking.shift].is_moderator and exposure[taking.shift] < budget
        exposure[taking.shift] += taking.case.level in URGENT
        if may_take_crisis and taking.case.level is not Level.CRISIS:
            assert not [
                case
                for case in cases
                if case.level is Level.CRISIS
                and case.arrived <= taking.at < taken.get(case.number, math.inf)
            ]
    assert max(exposure, default=0) <= budget


def test_amber_past_its_alarm_takes_its_turn_among_red():
    plan = replace(SHORT, alarm=480, turn=3)
    cases = [
        Case(0, Level.AMBER, 0, 10),
        Case(1, Level.AMBER, 200, 10),  # Younger than its alarm at 670, and older at 720.
        Case(2, Level.GREEN, 210, 10),
        Case(3, Level.RED, 640, 10),
        Case(4, Level.RED, 650, 10),
        Case(5, Level.RED, 660, 10),
        Case(6, Level.CRISIS, 669, 10),
    ]
    orders = {}
    for order in Order:
        _, _, run = play(plan, order, cases=cases, roster=[Shift(670, 900)])
        orders[order] = [taking.case.number for taking in run.takings]
    # At 680 the crisis has been answered, and the pause is over at 690.
    assert orders[Order.TEDUH] == [6, 3, 4, 0, 5, 1, 2]
    assert orders[Order.FIRST] == [0, 1, 2, 3, 4, 5, 6]
    assert orders[Order.NEWEST] == [6, 5, 4, 3, 2, 1, 0]


def test_reds_without_end_leave_amber_its_share_and_no_more():
    plan = replace(SHORT, alarm=60, turn=4, budget=1000)
    cases = [Case(number, Level.RED if number % 2 else Level.AMBER, 0, 10) for number in range(80)]
    _, _, run = play(plan, Order.TEDUH, cases=cases, roster=[Shift(60, 460)])
    taken = [taking.case.level for taking in run.takings]
    assert taken == [Level.RED, Level.RED, Level.RED, Level.AMBER] * 10


def test_the_budget_holds_back_and_says_so():
    cases = [Case(number, Level.RED, 0, 1) for number in range(7)]
    roster = [Shift(0, 120), Shift(120, 240)]
    _, _, run = play(SHORT, Order.FIRST, cases=cases, roster=roster)
    assert [taking.shift for taking in run.takings] == [0] * 5 + [1] * 2
    assert run.held_back == {5, 6}
    _, _, free = play(SHORT, Order.FIRST, protect=False, cases=cases, roster=roster)
    assert {taking.shift for taking in free.takings} == {0}
    assert not free.held_back


def one_desk(load, days, **changes):
    """One person without end, cases of 10 minutes on average, exponential in their scatter."""
    median = 10 / math.exp(AS_EXPONENTIAL**2 / 2)
    plan = replace(
        SHORT,
        arrivals=(6 * load,) * 24,
        handling=dict.fromkeys(Level, median),
        spread=AS_EXPONENTIAL,
        staffed=(0, 0),
        days=days,
        **changes,
    )
    return plan, [Shift(0, plan.horizon + 1)]


def mean_wait(run, *levels):
    waits = [
        taking.at - taking.case.arrived
        for taking in run.takings
        if not levels or taking.case.level in levels
    ]
    return sum(waits) / len(waits)


@pytest.mark.parametrize("load", [0.3, 0.5, 0.7])
def test_one_desk_waits_as_long_as_the_formula_says(load):
    plan, roster = one_desk(load, days=200)
    _, _, run = play(plan, Order.FIRST, protect=False, roster=roster)
    # Pollaczek and Khinchine; with this scatter it is the M/M/1 mean, load / (1 - load) x 10.
    assert mean_wait(run) == pytest.approx(10 * load / (1 - load), rel=0.1)


def test_levels_wait_as_long_as_the_formula_for_priorities_says():
    plan, roster = one_desk(0.7, days=200, alarm=math.inf)
    plan = replace(plan, shares=dict.fromkeys(Level, 1.0))
    _, _, run = play(plan, Order.TEDUH, protect=False, roster=roster)
    # Cobham's formula without interruption: what is in hand, over the loads at and above.
    in_hand, above = 0.7 * 10, 0.0
    for level in sorted(Level, reverse=True):
        upto = above + 0.7 / 4
        expected = in_hand / ((1 - above) * (1 - upto))
        assert mean_wait(run, level) == pytest.approx(expected, rel=0.12), level
        above = upto


def test_an_idle_desk_keeps_nobody_waiting():
    plan = replace(SHORT, arrivals=(0.01,) * 24, staffed=(0, 0), people=3, moderators=3, days=60)
    for order in Order:
        cases, _, run = play(plan, order)
        assert cases
        assert mean_wait(run) == 0


def test_no_cases_and_no_moderators_are_figures_too():
    report = compare(replace(SHORT, arrivals=(0.0,) * 24), TEDUH)
    level = report["orders"]["teduh"]["levels"]["crisis"]
    assert (level["cases"], level["in_target"], level["wait_minutes"]["p95"]) == (0, None, None)
    assert "no cases" in draw_chart(report)
    alone = compare(replace(SHORT, moderators=0), TEDUH)["orders"]["teduh"]
    assert alone["levels"]["crisis"]["in_target"] == 0
    assert alone["levels"]["crisis"]["never_taken"] == alone["levels"]["crisis"]["cases"]
    assert alone["levels"]["amber"]["in_target"] > 0
    assert alone["people"]["exposure"]["max"] is None


def test_staffed_time_stands_still_while_nobody_is_on_duty():
    plan = replace(SHORT, staffed=(20 * 60, 4 * 60))
    assert plan.staffed_minutes == 480
    for hour, expected in {0: 0, 2: 2, 4: 4, 12: 4, 20: 4, 22: 6, 24: 8, 30: 12}.items():
        assert plan.staffed_until(hour * 60) == expected * 60
    assert replace(SHORT, staffed=(0, 0)).staffed_until(1.5 * DAY) == 1.5 * DAY


def test_the_roster_covers_each_staffed_minute_once_for_each_person():
    for staffed in ((20 * 60, 4 * 60), (0, 0), (20 * 60, 0), (9 * 60, 14 * 60)):
        plan = replace(SHORT, staffed=staffed, people=2, moderators=1)
        roster = make_roster(plan)
        for minute in range(0, plan.horizon, 60):
            on_duty = [shift for shift in roster if shift.start <= minute < shift.end]
            staffed_now = plan.staffed_until(minute + 60) > plan.staffed_until(minute)
            assert len(on_duty) == 2 * staffed_now
            assert sum(shift.is_moderator for shift in on_duty) == staffed_now


def test_arrivals_keep_to_the_profile_and_to_the_shares():
    plan = replace(DEFAULT_PLAN, days=100)
    cases = draw_cases(plan)
    assert cases == sorted(cases, key=lambda case: case.arrived)
    days = plan.horizon / DAY
    for hour, rate in enumerate(plan.arrivals):
        found = sum(int(case.arrived // 60) % 24 == hour for case in cases) / days
        assert found == pytest.approx(rate, abs=5 * math.sqrt(rate / days))
    for level, part in plan.shares.items():
        of_level = sorted(case.minutes for case in cases if case.level is level)
        assert len(of_level) / len(cases) == pytest.approx(part / 100, abs=0.02)
        assert of_level[len(of_level) // 2] == pytest.approx(plan.handling[level], rel=0.1)


def test_other_handling_times_meet_the_same_arrivals():
    slow = replace(SHORT, handling={level: 2 * m for level, m in SHORT.handling.items()})
    assert [(case.arrived, case.level) for case in draw_cases(slow)] == [
        (case.arrived, case.level) for case in draw_cases(SHORT)
    ]
    assert draw_cases(replace(SHORT, seed=2)) != draw_cases(SHORT)


def test_spread_is_by_nearest_rank():
    assert spread([3, 1, 2, 4]) == {"p50": 2, "p95": 4, "max": 4}
