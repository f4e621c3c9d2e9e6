"""How much somebody has read lately, in weighted minutes, counted from the decisions alone.

A case costs the weight of its level for each minute in hand, up to a limit, and for a base that
every case costs. What is in hand counts as the most that it can cost, so that a budget holds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from forum.clock import now
from forum.extensions import db, setting
from moderation.cases.models import Act, Case, Decision
from moderation.risk.levels import Level

WEEK = timedelta(days=7)
# After these the case is no longer with the one who did it.
ENDS = frozenset(
    {Act.RELEASE, Act.CLOSE, Act.BULK, Act.ASK_SECOND, Act.OPINION, Act.MERGE, Act.DECIDE_APPEAL}
)


@dataclass
class Stay:
    """A case in somebody's hands, from a claim on. `ended` is None while they have it."""

    case_id: int
    level: Level
    began: datetime
    ended: datetime | None = None

    def minutes(self, moment: datetime) -> float:
        """Return how long it lasted, or has lasted so far."""
        return ((self.ended or moment) - self.began).total_seconds() / 60


@dataclass(frozen=True)
class Exposure:
    """What somebody has read, in weighted minutes, and how many red and crisis cases."""

    shift: float
    week: float
    heavy: int


def shift_length() -> timedelta:
    """Return how long a shift lasts at most."""
    return timedelta(minutes=setting("SHIFT_MINUTES"))


def rest_length() -> timedelta:
    """Return how long nothing heavy comes after a red or crisis case."""
    return timedelta(minutes=setting("REST_MINUTES"))


def weight_of(level: Level) -> float:
    """Return how much a minute with a case of this level counts."""
    return float(setting("EXPOSURE_WEIGHTS")[int(level)])


def cost(level: Level, minutes: float) -> float:
    """Return what a case costs that was in hand for so long."""
    most = setting("EXPOSURE_CASE_MINUTES")
    return weight_of(level) * (setting("EXPOSURE_BASE_MINUTES") + min(minutes, most))


def most_of(level: Level) -> float:
    """Return the most that a case of this level can cost."""
    return cost(level, setting("EXPOSURE_CASE_MINUTES"))


def is_heavy(level: Level) -> bool:
    """Return whether such a case is followed by a rest."""
    return level >= Level.RED


def stays_of(member_ids: Iterable[int]) -> dict[int, list[Stay]]:
    """Return what these people have had in hand within a week, by person; one statement."""
    moment = now()
    rows = db.session.execute(
        select(
            Decision.moderator_id,
            Decision.case_id,
            Decision.act,
            Decision.created_at,
            Case.level,
            Case.holder_id,
            Case.claimed_until,
        )
        .join(Case, Case.id == Decision.case_id)
        .where(Decision.moderator_id.in_(list(member_ids)), Decision.created_at >= moment - WEEK)
        .order_by(Decision.id)
    ).all()
    found: dict[tuple[int, int], list[Stay]] = {}
    last: dict[tuple[int, int], datetime] = {}
    in_hand = set()
    for row in rows:
        key = (row.moderator_id, row.case_id)
        last[key] = row.created_at
        if row.holder_id == row.moderator_id and row.claimed_until and row.claimed_until > moment:
            in_hand.add(key)
        _follow(found.setdefault(key, []), row)
    people: dict[int, list[Stay]] = {}
    # A claim that ran out left no decision: it counts as long as it may have been read.
    unseen = timedelta(minutes=max(setting("CLAIM_MINUTES"), setting("EXPOSURE_CASE_MINUTES")))
    for key, stays in found.items():
        if stays and stays[-1].ended is None and key not in in_hand:
            stays[-1].ended = min(moment, last[key] + unseen)
        people.setdefault(key[0], []).extend(stays)
    return people


def weigh(stays: Iterable[Stay], since: datetime, moment: datetime, *, at_most: bool) -> float:
    """Return the weighted minutes of what was claimed since a moment.

    With `at_most`, what is still in hand counts as the most that it can cost.
    """
    cases: dict[int, tuple[Level, float]] = {}
    for stay in stays:
        if stay.began >= since:
            before = cases.get(stay.case_id, (stay.level, 0.0))[1]
            open_ended = at_most and stay.ended is None
            spent = setting("EXPOSURE_CASE_MINUTES") if open_ended else stay.minutes(moment)
            cases[stay.case_id] = (stay.level, before + spent)
    return sum(cost(level, minutes) for level, minutes in cases.values())


def exposure_of(stays: Sequence[Stay]) -> Exposure:
    """Return the figures of one person: of the length of a shift until now, and of a week."""
    moment = now()
    since = moment - shift_length()
    return Exposure(
        weigh(stays, since, moment, at_most=False),
        weigh(stays, moment - WEEK, moment, at_most=False),
        count_heavy(stays),
    )


def count_heavy(stays: Iterable[Stay]) -> int:
    """Return how many red and crisis cases were claimed within the length of a shift."""
    since = now() - shift_length()
    return len({stay.case_id for stay in stays if is_heavy(stay.level) and stay.began >= since})


def fits(stays: Sequence[Stay], level: Level) -> bool:
    """Return whether one more case of this level stays within both budgets, whatever it costs."""
    moment = now()
    most = most_of(level)
    return all(
        weigh(stays, since, moment, at_most=True) + most <= budget
        for since, budget in (
            (moment - shift_length(), setting("EXPOSURE_SHIFT")),
            (moment - WEEK, setting("EXPOSURE_WEEK")),
        )
    )


def rests_until(stays: Iterable[Stay]) -> datetime | None:
    """Return until when nothing heavy is dealt; with a heavy case in hand, for a rest from now."""
    moment = now()
    ends = [(stay.ended or moment) + rest_length() for stay in stays if is_heavy(stay.level)]
    latest = max(ends, default=moment)
    return latest if latest > moment else None


def works_since(stays: Iterable[Stay], started_at: datetime) -> datetime:
    """Return since when somebody has had no pause as long as a rest."""
    since = until = started_at
    for stay in sorted(stays, key=lambda stay: stay.began):
        if stay.began < started_at:
            continue
        if stay.began - until >= rest_length():
            since = stay.began
        until = max(until, stay.ended or now())
    return now() if now() - until >= rest_length() else since


def _follow(stays: list[Stay], row: Any) -> None:
    """Let one more decision begin, end or take up again a stay of its case."""
    act, moment = row.act, row.created_at
    is_open = bool(stays) and stays[-1].ended is None
    if act is Act.CLAIM and not is_open:
        stays.append(Stay(row.case_id, Level(row.level), moment))
    elif act in ENDS and is_open:
        stays[-1].ended = moment
    elif act is Act.UNDO and stays:
        # An ending that was taken back within seconds was none.
        stays[-1].ended = None
