"""A discrete-event model of the desk: cases come in, people on duty take them, one at a time.

Pure Python: no web, no database, no clock but its own. Time is minutes after 00:00 WIB of the
first day. docs/desk-simulation.md says what is assumed and what this can't tell.
"""

import heapq
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count
from math import exp, log
from random import Random
from statistics import NormalDist

from moderation.cases.order import arrange
from moderation.risk.levels import Level

DAY = 24 * 60
# After the measured days the model runs on, so that the last cases get their chance too.
TAIL_DAYS = 2
# Reading these is what the exposure budget counts.
URGENT = frozenset({Level.CRISIS, Level.RED})
GENTLE = frozenset({Level.AMBER, Level.GREEN})


class Order(StrEnum):
    """Which waiting case a free person takes."""

    TEDUH = "teduh"  # As the desk: moderation.cases.order.
    FIRST = "first-come"
    NEWEST = "newest-first"


@dataclass(frozen=True)
class Plan:
    """What one run assumes. Durations are minutes, `staffed` minutes of the day in WIB.

    `staffed` may run over midnight; equal ends mean day and night. `handling` holds medians of
    lognormal times, and `spread` is the standard deviation of their logarithm. `people` are on
    duty in each shift; `moderators` of them may take crisis and red. Amber past its `alarm` goes
    before red each `turn`-th time.
    """

    arrivals: tuple[float, ...]
    shares: Mapping[Level, float]
    handling: Mapping[Level, float]
    spread: float
    staffed: tuple[int, int]
    shift: int
    people: int
    moderators: int
    budget: int
    pause: float
    targets: Mapping[Level, float]
    alarm: float
    turn: int
    days: int
    seed: int

    @property
    def measured(self) -> int:
        """Cases that come, and shifts that begin, before this minute are counted."""
        return self.days * DAY

    @property
    def horizon(self) -> int:
        """The minute at which the run stops."""
        return (self.days + TAIL_DAYS) * DAY

    @property
    def staffed_minutes(self) -> int:
        """Staffed minutes of one day."""
        return (self.staffed[1] - self.staffed[0]) % DAY or DAY

    def staffed_until(self, minute: float) -> float:
        """Return how many staffed minutes lie between the beginning and this minute."""
        days, rest = divmod(minute, DAY)
        start, length = self.staffed[0], self.staffed_minutes
        today = min(max(rest - start, 0), length)
        from_yesterday = min(rest, max(start + length - DAY, 0))
        return days * length + today + from_yesterday


@dataclass(frozen=True, slots=True)
class Case:
    """One case: when it came, and how many minutes it will keep a person busy."""

    number: int
    level: Level
    arrived: float
    minutes: float


@dataclass(frozen=True, slots=True)
class Shift:
    """One person's time on duty. Only moderators take crisis and red."""

    start: float
    end: float
    is_moderator: bool = True


@dataclass(frozen=True, slots=True)
class Taking:
    """A case begun. `shift` is its place in the roster; `finished` may lie past the horizon."""

    case: Case
    shift: int
    at: float
    finished: float


@dataclass
class Run:
    """What happened under one order. `takings` are in the order of time."""

    order: Order
    takings: list[Taking] = field(default_factory=list)
    # Numbers of urgent cases that waited while only the budget kept a moderator from them.
    held_back: set[int] = field(default_factory=set)


def draw_cases(plan: Plan) -> list[Case]:
    """Return all cases of a run, by time. The same plan and seed give the same cases.

    Arrivals are a Poisson process whose rate changes with the hour. Each case uses three
    random numbers, so a plan with other shares or times still meets the same arrivals.
    """
    draw = Random(plan.seed).random  # noqa: S311 (a model, not a secret)
    normal = NormalDist()
    total = sum(plan.shares.values())
    cases: list[Case] = []
    clock = 0.0
    while True:
        left = -log(1 - draw())
        while True:
            rate = plan.arrivals[int(clock // 60) % 24] / 60
            edge = (clock // 60 + 1) * 60
            if rate * (edge - clock) > left:
                clock += left / rate
                break
            left -= rate * (edge - clock)
            clock = edge
            if clock >= plan.horizon:
                return cases
        level = _choose(plan.shares, draw() * total)
        # inv_cdf is undefined at 0, which random() may return.
        minutes = plan.handling[level] * exp(plan.spread * normal.inv_cdf(draw() or 2**-54))
        cases.append(Case(len(cases), level, clock, minutes))


def _choose(shares: Mapping[Level, float], place: float) -> Level:
    for level, share in shares.items():
        if place < share:
            return level
        place -= share
    # Sums of floats may fall short by a hair.
    return max(shares, key=lambda level: shares[level])


def make_roster(plan: Plan) -> list[Shift]:
    """Return the shifts of a run: the staffed hours of each day, cut into shifts."""
    roster = []
    # The night that began before the first midnight belongs to the run too.
    for day in range(-1, plan.days + TAIL_DAYS):
        opens = day * DAY + plan.staffed[0]
        closes = opens + plan.staffed_minutes
        for start in range(opens, closes, plan.shift):
            end = min(start + plan.shift, closes)
            if end > 0 and start < plan.horizon:
                roster += [
                    Shift(max(start, 0), end, is_moderator=person < plan.moderators)
                    for person in range(plan.people)
                ]
    return roster


class Waiting:
    """The cases that wait, and which of them comes next."""

    def __init__(self, plan: Plan, order: Order) -> None:
        self._plan = plan
        self._order = order
        self._lanes: dict[Level, deque[Case]] = {level: deque() for level in Level}
        self._reds_in_a_row = 0

    def add(self, case: Case) -> None:
        """Put a case behind those of its level that came before."""
        self._lanes[case.level].append(case)

    def take(self, allowed: Collection[Level], now: float) -> Case | None:
        """Return the next case of the allowed levels, which waits no longer, or None."""
        lanes = [self._lanes[level] for level in allowed if self._lanes[level]]
        if not lanes:
            return None
        if self._order is Order.NEWEST:
            return max(lanes, key=lambda lane: lane[-1].number).pop()
        if self._order is Order.FIRST:
            return min(lanes, key=lambda lane: lane[0].number).popleft()
        # Within a level the due times are in the order of arrival.
        case = next(
            arrange(
                {level: self._lanes[level] for level in allowed},
                lambda amber: now - amber.arrived >= self._plan.alarm,
                self._reds_in_a_row,
                self._plan.turn,
            )
        )
        if case.level is Level.RED:
            self._reds_in_a_row += 1
        elif case.level is Level.AMBER:
            self._reds_in_a_row = 0
        return self._lanes[case.level].popleft()

    def mark(self, levels: Collection[Level], marked: set[int]) -> None:
        """Add the numbers of all waiting cases of these levels to the set.

        Give it the same set each time: whoever waits before a marked case is marked already.
        """
        for level in levels:
            for case in reversed(self._lanes[level]):
                if case.number in marked:
                    break
                marked.add(case.number)


def simulate(
    plan: Plan, order: Order, *, protect: bool, cases: Sequence[Case], roster: Sequence[Shift]
) -> Run:
    """Play the cases against the roster under one order.

    With `protect`, nobody takes more than the budget of urgent cases in a shift, and each
    crisis is followed by the pause. Whoever has a case in hand finishes it past the shift's end.
    """
    run = Run(order)
    waiting = Waiting(plan, order)
    exposure = [0] * len(roster)
    sequence = count()
    events: list[tuple[float, int, Case | int]] = [
        (case.arrived, next(sequence), case) for case in cases
    ]
    events += [(shift.start, next(sequence), place) for place, shift in enumerate(roster)]
    heapq.heapify(events)
    free: list[int] = []  # Places in the roster, the longest free first.

    def is_spent(place: int) -> bool:
        return protect and exposure[place] >= plan.budget

    while events and events[0][0] <= plan.horizon:
        now = events[0][0]
        # All that happens in one minute happens before anyone chooses.
        while events and events[0][0] == now:
            event = heapq.heappop(events)[2]
            if isinstance(event, Case):
                waiting.add(event)
            else:
                free.append(event)
        free = [place for place in free if roster[place].end > now]
        still_free = []
        for place in free:
            may_be_urgent = roster[place].is_moderator and not is_spent(place)
            case = waiting.take(URGENT | GENTLE if may_be_urgent else GENTLE, now)
            if case is None:
                still_free.append(place)
                continue
            finished = now + case.minutes
            run.takings.append(Taking(case, place, now, finished))
            exposure[place] += case.level in URGENT
            rest = plan.pause if protect and case.level is Level.CRISIS else 0
            heapq.heappush(events, (finished + rest, next(sequence), place))
        if any(roster[place].is_moderator and is_spent(place) for place in free):
            waiting.mark(URGENT, run.held_back)
        free = still_free
    return run
