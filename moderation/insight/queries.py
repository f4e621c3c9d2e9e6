"""Figures of the desk over a span of time, each in a bounded number of statements."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Select, distinct, func, select
from sqlalchemy import case as choose

from forum.accounts.models import Member
from forum.clock import now
from forum.database import hour_of, seconds_between
from forum.extensions import db
from moderation.cases.models import Act, Case, CaseState, Decision, Lane
from moderation.cases.opening import target_of
from moderation.closing.queries import judgement_pairs
from moderation.insight.periods import Period
from moderation.lab.ledger import Share
from moderation.risk.levels import Level
from moderation.training.models import PracticeTally

ANSWERED_LEVELS = (Level.CRISIS, Level.RED, Level.AMBER)
# Taking a case or putting it back is no answer yet.
NO_ANSWER = (Act.CLAIM, Act.RELEASE, Act.HOLD_CASE)
# Appeals have a target of their own and say nothing of how long people waited for care.
IS_CARE = Case.lane != Lane.APPEAL
PERCENTILES = (50, 95)
HOURS_A_WEEK = 168
# Fewer first answers to practice cases say nothing of the team, and too much of one person.
KAPPA_LEAST = 60


@dataclass(frozen=True)
class Spread:
    """Minutes that half, and 95 in 100, waited at most; None without cases."""

    cases: int
    p50: float | None
    p95: float | None


@dataclass(frozen=True)
class LevelFigures:
    """How long cases of one level waited: for a person, and for what that person did."""

    level: Level
    target_minutes: float
    taken: Spread
    answered: Spread
    # Of the cases whose time is over or that were taken: how many were taken in time.
    in_time: Share
    waiting: int


@dataclass(frozen=True)
class Hour:
    """One hour of the week: red and crisis cases that came, and weeks in which someone acted."""

    urgent: int
    attended: int
    weeks: int

    @property
    def is_gap(self) -> bool:
        """Whether people in danger wrote and in most weeks nobody was there."""
        return self.urgent > 0 and self.attended * 2 < self.weeks


@dataclass(frozen=True)
class Load:
    """What one member of staff did."""

    pseudonym: str
    taken: int
    heavy: int
    answers: int
    closed: int
    hours: int


def level_figures(period: Period) -> list[LevelFigures]:
    """Return waiting and answering of the cases that opened in the period, the worst first.

    Five statements. The level is the one that the case reached.
    """
    first_claim = _first_acts(Decision.act == Act.CLAIM)
    taken = _spreads(period, first_claim)
    answered = _spreads(period, _first_acts(Decision.act.not_in(NO_ANSWER)))
    in_time = _in_time(period, first_claim)
    waiting = _still_waiting(period)
    nothing = Spread(0, None, None)
    return [
        LevelFigures(
            level=level,
            target_minutes=target_of(level).total_seconds() / 60,
            taken=taken.get(level, nothing),
            answered=answered.get(level, nothing),
            in_time=in_time.get(level, Share(0, 0)),
            waiting=waiting.get(level, 0),
        )
        for level in ANSWERED_LEVELS
    ]


def until_taken(period: Period) -> dict[Level, Spread]:
    """Return how long the cases that opened in the period waited for a person. One statement."""
    claims = (Decision.act == Act.CLAIM) & (Decision.created_at >= period.start)
    return _spreads(period, _first_acts(claims))


def hours_of_week(period: Period, zone_hours: int) -> list[Hour]:
    """Return 168 hours from Monday midnight on, `zone_hours` ahead of UTC. Two statements."""
    urgent = _by_hour(
        select(hour_of(Case.opened_at), func.count())
        .where(Case.level >= Level.RED, *_within(Case.opened_at, period))
        .group_by(hour_of(Case.opened_at))
    )
    attended = _by_hour(
        select(hour_of(Decision.created_at), func.count(distinct(Decision.moderator_id)))
        .where(*_within(Decision.created_at, period))
        .group_by(hour_of(Decision.created_at))
    )
    zone = timedelta(hours=zone_hours)
    cells = [[0, 0, 0] for _ in range(HOURS_A_WEEK)]
    for number in range(period.hours):
        moment = period.start + timedelta(hours=number)
        local = moment + zone
        cell = cells[local.weekday() * 24 + local.hour]
        cell[0] += urgent.get(moment, 0)
        cell[1] += moment in attended
        cell[2] += 1
    return [Hour(*cell) for cell in cells]


def loads(period: Period) -> list[Load]:
    """Return what each member of staff did, the most cases first. One statement."""
    heavy = (Decision.act == Act.CLAIM) & (Case.level >= Level.RED)
    rows = db.session.execute(
        select(
            Member.pseudonym,
            func.count(distinct(choose((Decision.act == Act.CLAIM, Decision.case_id)))),
            func.count(distinct(choose((heavy, Decision.case_id)))),
            func.sum(choose((Decision.act.in_((Act.REPLY, Act.CHECK_IN)), 1), else_=0)),
            func.sum(choose((Decision.act == Act.CLOSE, 1), else_=0)),
            func.count(distinct(hour_of(Decision.created_at))),
        )
        .join(Member, Member.id == Decision.moderator_id)
        .join(Case, Case.id == Decision.case_id)
        .where(*_within(Decision.created_at, period))
        .group_by(Member.id, Member.pseudonym)
    )
    found = [Load(*row) for row in rows]
    return sorted(found, key=lambda load: (-load.taken, load.pseudonym))


def agreement() -> Share:
    """Return how many blind second opinions agreed with the first. One statement."""
    pairs = judgement_pairs()
    agreed = sum(number for (first, second), number in pairs.items() if first == second)
    return Share(agreed, sum(pairs.values()))


@dataclass(frozen=True)
class Kappa:
    """How far readings agree beyond chance: 1 is always, 0 as dice would, and of how many."""

    value: float
    number: int


def practice_kappa(tally: Mapping[tuple[int, int], int] | None = None) -> Kappa | None:
    """Return how well the team reads the levels of practice cases, as agreed on beforehand.

    Cohen's kappa with linear weights (Cohen 1968): each level further away weighs as much again.
    Of first answers alone. None below KAPPA_LEAST, or where only one
    level was ever asked for and chosen. One statement.
    """
    if tally is None:
        rows = db.session.execute(
            select(PracticeTally.agreed_level, PracticeTally.chosen_level, PracticeTally.number)
        )
        tally = {(agreed, chosen): number for agreed, chosen, number in rows}
    total = sum(tally.values())
    if total < KAPPA_LEAST:
        return None
    agreed, chosen = Counter[int](), Counter[int]()
    for (first, second), number in tally.items():
        agreed[first] += number
        chosen[second] += number
    apart = sum(abs(first - second) * number for (first, second), number in tally.items())
    by_chance = sum(
        abs(first - second) * agreed[first] * chosen[second]
        for first in agreed
        for second in chosen
    )
    return Kappa(1 - apart * total / by_chance, total) if by_chance else None


def _within(column: Any, period: Period) -> tuple[Any, Any]:
    return column >= period.start, column < period.end


def _first_acts(which: Any) -> Select[tuple[int, datetime]]:
    return (
        select(Decision.case_id, func.min(Decision.created_at).label("moment"))
        .where(which)
        .group_by(Decision.case_id)
    )


def _spreads(period: Period, first: Select[tuple[int, datetime]]) -> dict[Level, Spread]:
    acts = first.subquery()
    seconds = seconds_between(acts.c.moment, Case.opened_at)
    ranked = (
        select(
            Case.level.label("level"),
            seconds.label("seconds"),
            func.row_number().over(partition_by=Case.level, order_by=seconds).label("place"),
            func.count().over(partition_by=Case.level).label("cases"),
        )
        .join(acts, acts.c.case_id == Case.id)
        .where(IS_CARE, *_within(Case.opened_at, period))
        .subquery()
    )
    rows = db.session.execute(
        select(
            ranked.c.level,
            func.max(ranked.c.cases),
            *(
                func.max(choose((_is_nearest(ranked, share), ranked.c.seconds)))
                for share in PERCENTILES
            ),
        ).group_by(ranked.c.level)
    )
    return {Level(level): Spread(cases, p50 / 60, p95 / 60) for level, cases, p50, p95 in rows}


def _is_nearest(ranked: Any, share: int) -> Any:
    """Tell whether a row is the percentile: the smallest wait that this share does not exceed."""
    return ranked.c.place == (ranked.c.cases * share + 99) // 100


def _in_time(period: Period, first: Select[tuple[int, datetime]]) -> dict[Level, Share]:
    acts = first.subquery()
    target = choose(
        *((Case.level == level, target_of(level).total_seconds()) for level in ANSWERED_LEVELS),
        else_=0.0,
    )
    waited = seconds_between(func.coalesce(acts.c.moment, Case.closed_at, now()), Case.opened_at)
    rows = db.session.execute(
        select(
            Case.level,
            func.sum(choose((acts.c.moment.is_not(None) & (waited <= target), 1), else_=0)),
            func.count(),
        )
        .outerjoin(acts, acts.c.case_id == Case.id)
        .where(
            IS_CARE,
            *_within(Case.opened_at, period),
            acts.c.moment.is_not(None) | (waited > target),
        )
        .group_by(Case.level)
    )
    return {Level(level): Share(in_time, whole) for level, in_time, whole in rows}


def _still_waiting(period: Period) -> dict[Level, int]:
    rows = db.session.execute(
        select(Case.level, func.count())
        .where(IS_CARE, Case.state == CaseState.WAITING, *_within(Case.opened_at, period))
        .group_by(Case.level)
    )
    return {Level(level): number for level, number in rows}


def _by_hour(statement: Select[tuple[str, int]]) -> Mapping[datetime, int]:
    return {
        datetime.strptime(hour, "%Y-%m-%d %H").replace(tzinfo=UTC): number
        for hour, number in db.session.execute(statement)
    }
