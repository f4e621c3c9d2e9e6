"""What a run of the desk model says: waiting, targets, exposure, how busy people were."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

from moderation.insight.desk_model import (
    DAY,
    URGENT,
    Case,
    Order,
    Plan,
    Run,
    Shift,
    draw_cases,
    make_roster,
    simulate,
)
from moderation.risk.levels import Level

# Worst first, as the desk shows them.
LEVELS = tuple(sorted(Level, reverse=True))
# A green case is read to measure what the rules miss; nobody was promised an answer by a time.
PROMISED = (Level.CRISIS, Level.RED, Level.AMBER)


def compare(plan: Plan, protected: frozenset[Order]) -> dict[str, Any]:
    """Run every order on the same cases. Returns the figures, ready for JSON.

    `protected` names the orders under which budget and pause hold.
    """
    cases, roster = draw_cases(plan), make_roster(plan)
    orders = {
        order.value: figures(
            plan,
            simulate(plan, order, protect=order in protected, cases=cases, roster=roster),
            cases,
            roster,
        )
        | {"protected": order in protected}
        for order in Order
    }
    return {"plan": describe(plan), "orders": orders}


def describe(plan: Plan) -> dict[str, Any]:
    """Return the plan with words in place of levels."""
    return {
        "seed": plan.seed,
        "days": plan.days,
        "arrivals_per_hour": list(plan.arrivals),
        "shares": by_word(plan.shares),
        "handling_median_minutes": by_word(plan.handling),
        "handling_spread": plan.spread,
        "staffed_minutes_of_day": list(plan.staffed),
        "shift_minutes": plan.shift,
        "people": plan.people,
        "moderators": plan.moderators,
        "budget": plan.budget,
        "pause_minutes": plan.pause,
        "target_minutes": {level.word: plan.targets[level] for level in PROMISED},
        "amber_alarm_minutes": plan.alarm,
        "amber_turn": plan.turn,
    }


def by_word(values: Mapping[Level, float]) -> dict[str, float]:
    """Return the values by the word of their level, worst first."""
    return {level.word: values[level] for level in LEVELS if level in values}


def figures(plan: Plan, run: Run, cases: Sequence[Case], roster: Sequence[Shift]) -> dict[str, Any]:
    """Return what one run did to those who wrote, and to those who answered."""
    taken = {taking.case.number: taking.at for taking in run.takings}
    measured = [case for case in cases if case.arrived < plan.measured]
    answered = sum(taking.finished <= plan.horizon for taking in run.takings)
    return {
        "levels": {
            level.word: waiting(plan, [case for case in measured if case.level is level], taken)
            for level in LEVELS
        },
        "amber_starved": starved(
            plan, [case for case in measured if case.level is Level.AMBER], taken
        ),
        "held_back_by_budget": sum(case.number in run.held_back for case in measured),
        "people": load(plan, run, roster),
        # Of all cases, with those that came after the measured days.
        "at_the_end": {
            "arrived": len(cases),
            "answered": answered,
            "in_hand": len(run.takings) - answered,
            "waiting": len(cases) - len(run.takings),
        },
    }


def waiting(plan: Plan, cases: Sequence[Case], taken: Mapping[int, float]) -> dict[str, Any]:
    """Return how long cases of one level waited until a person took them.

    Whoever was not taken until the horizon counts with the wait so far, and has missed the
    target. The target runs in staffed minutes only, as it is promised.
    """
    ends = [taken.get(case.number, plan.horizon) for case in cases]
    staffed = [
        plan.staffed_until(end) - plan.staffed_until(case.arrived)
        for case, end in zip(cases, ends, strict=True)
    ]
    target = plan.targets[cases[0].level] if cases and cases[0].level in PROMISED else None
    return {
        "cases": len(cases),
        "never_taken": sum(case.number not in taken for case in cases),
        "staffed_wait_minutes": spread(staffed),
        "wait_minutes": spread([end - case.arrived for case, end in zip(cases, ends, strict=True)]),
        "in_target": None
        if target is None
        else share(
            sum(
                case.number in taken and wait <= target
                for case, wait in zip(cases, staffed, strict=True)
            ),
            len(cases),
        ),
    }


def starved(plan: Plan, cases: Sequence[Case], taken: Mapping[int, float]) -> dict[str, Any]:
    """Return how many of these waited longer than a day, or were never taken at all."""
    late = sum(taken.get(case.number, plan.horizon) - case.arrived > DAY for case in cases)
    return {
        "cases": late,
        "never_taken": sum(case.number not in taken for case in cases),
        "share": share(late, len(cases)),
    }


def load(plan: Plan, run: Run, roster: Sequence[Shift]) -> dict[str, Any]:
    """Return what shifts asked of people. Exposure counts crisis and red, of moderators only."""
    exposure: Counter[int] = Counter()
    busy: defaultdict[int, float] = defaultdict(float)
    until: dict[int, float] = {}
    for taking in run.takings:
        shift = roster[taking.shift]
        exposure[taking.shift] += taking.case.level in URGENT
        busy[taking.shift] += min(taking.finished, shift.end) - taking.at
        until[taking.shift] = taking.finished
    places = [place for place, shift in enumerate(roster) if shift.start < plan.measured]
    exposed = [exposure[place] for place in places if roster[place].is_moderator]
    on_duty = sum(roster[place].end - roster[place].start for place in places)
    over = [max(until.get(place, 0.0) - roster[place].end, 0.0) for place in places]
    return {
        "shifts": len(places),
        "utilisation": share(sum(busy[place] for place in places), on_duty),
        "overrun_minutes": spread(over),
        "exposure": spread(exposed),
        "over_budget": share(sum(dose > plan.budget for dose in exposed), len(exposed)),
    }


def spread(values: Sequence[float]) -> dict[str, float | None]:
    """Return p50, p95 (nearest rank) and the largest value, to a tenth; None without values."""
    ordered = sorted(values)
    if not ordered:
        return {"p50": None, "p95": None, "max": None}
    return {
        name: round(ordered[ceil(part * len(ordered)) - 1], 1)
        for name, part in (("p50", 0.5), ("p95", 0.95), ("max", 1.0))
    }


def share(part: float, whole: float) -> float | None:
    """Return a share to four places; None of nothing."""
    return round(part / whole, 4) if whole else None
