"""Reads of the queue page: who is next, what waits, what is with whom. Each is bounded."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

import structlog
from sqlalchemy import ColumnElement, Select, exists, func, literal, or_, select, union_all
from sqlalchemy import case as choose
from sqlalchemy.orm import joinedload, raiseload, selectinload

from forum.accounts.models import Member
from forum.clock import now
from forum.database import DATABASE_TROUBLE, give_up
from forum.extensions import db, setting
from forum.posts.models import Thread
from moderation.care.models import CheckIn, CheckInMessage, Speaker
from moderation.cases.eligibility import answers_level, may_be_answered_by
from moderation.cases.leases import in_hand, is_in_hand
from moderation.cases.models import (
    Act,
    Case,
    CaseState,
    Decision,
    Lane,
    Presence,
    Reading,
    Recusal,
)
from moderation.cases.order import AMBER_TURN, arrange
from moderation.cases.protection import dealt_to
from moderation.risk.levels import Level
from moderation.rooms.models import RoomModerator

PER_PAGE = 50
# Nobody reads further down; filters lead to what lies deeper.
LAST_PAGE = 20
# Above this a figure says "999+".
COUNTED = 999
# What is with people is as little as there are people; what ran out is put back by each claim.
IN_HAND_READ = 500
TAKINGS_READ = 30
PRESENT = timedelta(seconds=90)
# What tells where a case stands, without the case.
LINE = (
    Case.id,
    Case.level,
    Case.lane,
    Case.due_at,
    Case.opened_at,
    Case.state,
    Case.claimed_until,
)

Found = TypeVar("Found")

log = structlog.get_logger()


@dataclass(frozen=True)
class Wanted:
    """Which waiting cases are asked for: of a lane, of a level, or all."""

    lane: Lane | None = None
    level: Level | None = None

    def levels(self) -> list[Level]:
        """Return the levels that are asked for."""
        return [level for level in Level if self.level in (None, level)]


@dataclass(frozen=True)
class Tallies:
    """How many wait, each counted up to COUNTED + 1, and since when the first of a lane does."""

    by_level: dict[Level, int]
    by_lane: dict[Lane, int]
    oldest: dict[Lane, datetime | None]


@dataclass(frozen=True)
class Desk:
    """The queue as one person of the staff sees it: every open case is in one of three places.

    `waiting` is page `number` of those that anyone could claim, in their order; `mine` and
    `others` are with someone. `next_case` is the first that this person may answer and is dealt.
    """

    waiting: list[Case]
    mine: list[Case]
    others: list[Case]
    next_case: Case | None
    number: int
    has_next: bool
    with_answers: set[int] = field(default_factory=set)
    readers: dict[int, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Dealing:
    """Which cases come, and which of one level come first: the lower `turn`, then the due time."""

    allowed: tuple[ColumnElement[bool], ...]
    turn: ColumnElement[int]


ANYTHING = Dealing((), literal(0))


def read_desk(staff: Member, wanted: Wanted, page: int = 1) -> Desk:
    """Return a page of the queue, in six statements whatever its length."""
    skipped = (page - 1) * PER_PAGE
    reds = reds_in_a_row()
    dealt = dealt_to(staff)
    held, ids = _read_line(wanted, wanted.levels(), reds, skipped + PER_PAGE + 1)
    own_next = _read_line(
        wanted,
        [lv for lv in wanted.levels() if lv in dealt.levels and answers_level(staff, lv)],
        reds,
        PER_PAGE,
        Dealing((may_be_answered_by(staff), *dealt.conditions), _turn_for(staff)),
    )[1][:1]
    shown = ids[skipped : skipped + PER_PAGE]
    cases = _load([*held, *shown, *own_next])
    with_people = [cases[i] for i in held if i in cases]
    return Desk(
        waiting=[cases[i] for i in shown if i in cases],
        mine=[case for case in with_people if case.holder_id == staff.id],
        others=[case for case in with_people if case.holder_id != staff.id],
        next_case=next((cases[i] for i in own_next if i in cases), None),
        number=page,
        has_next=len(ids) > skipped + PER_PAGE and page < LAST_PAGE,
        with_answers=_with_answers(cases),
        readers=readers_of(cases, besides=staff),
    )


def read_beside(staff: Member, number: int) -> list[Case]:
    """Return what this person has and the first waiting cases, in three statements."""
    ids = _read_line(Wanted(), list(Level), reds_in_a_row(), number)
    cases = _load([*ids[0], *ids[1]])
    return [case for case in cases.values() if case.id not in ids[0] or case.holder_id == staff.id]


def tallies(wanted: Wanted) -> Tallies | None:
    """Return what waits by level, in the lane that is asked for, and by lane; in two statements.

    None says that it can't be read now, which is not the same as nothing.
    """
    return read_or_none(lambda: _tallies(wanted))


def read_or_none(read: Callable[[], Found]) -> Found | None:
    """Return what was read, or None where the database can't say: a page must not say zero."""
    try:
        return read()
    except DATABASE_TROUBLE as error:
        give_up(db.session)
        log.warning("figure_not_read", error=type(error).__name__)
        return None


def capped_count(rows: Select[Any]) -> Any:
    """Return the number of some rows as a subquery that stops counting above COUNTED."""
    return select(func.count()).select_from(rows.limit(COUNTED + 1).subquery()).scalar_subquery()


def cases_with(member: Member) -> list[Case]:
    """Return what someone has claimed or holds now."""
    ids = db.session.scalars(
        select(Case.id)
        .where(Case.holder_id == member.id, in_hand(now()))
        .order_by(Case.level.desc(), Case.due_at)
    )
    return list(_load(ids).values())


def readers_of(cases: Iterable[int], besides: Member) -> dict[int, list[str]]:
    """Return the pseudonyms of the others who have each of these cases open now.

    Of a case that is read blind nobody is named: it could be whose opinion is hidden. Nor is
    anyone who may not decide a case because it questions what they did.
    """
    moment = now()
    recused = exists().where(
        Recusal.case_id == Presence.case_id, Recusal.member_id == Presence.member_id
    )
    rows = db.session.execute(
        select(Presence.case_id, Member.pseudonym)
        .join(Member, Member.id == Presence.member_id)
        .join(Case, Case.id == Presence.case_id)
        .where(
            Case.reading != Reading.BLIND,
            ~recused,
            Presence.case_id.in_(list(cases)),
            Presence.member_id != besides.id,
            Presence.seen_at.between(moment - PRESENT, moment + PRESENT),
        )
        .order_by(Presence.case_id, Member.pseudonym)
    )
    readers: dict[int, list[str]] = {}
    for case_id, pseudonym in rows:
        readers.setdefault(case_id, []).append(pseudonym)
    return readers


def reds_in_a_row() -> int:
    """Return how many red cases were taken since the last amber one, as far as it matters."""
    takings = (
        select(Decision.id, Decision.case_id)
        .where(Decision.act == Act.CLAIM)
        .order_by(Decision.id.desc())
        .limit(TAKINGS_READ)
        .subquery()
    )
    rows = db.session.execute(
        select(Case.id, Case.level)
        .join(takings, takings.c.case_id == Case.id)
        .order_by(takings.c.id.desc())
    )
    reds: set[int] = set()
    for case_id, level in rows:
        if level == Level.AMBER or len(reds) >= AMBER_TURN:
            break
        if level == Level.RED:
            reds.add(case_id)
    return len(reds)


def _read_line(
    wanted: Wanted,
    levels: Sequence[Level],
    reds_before: int,
    number: int,
    dealing: Dealing = ANYTHING,
) -> tuple[list[int], list[int]]:
    """Return the ids of what is with someone, and of the first waiting cases of these levels.

    One statement, so that a case that moves meanwhile is in one of the two and in no other. Of
    the first `number` of a level, the lowest turn of `dealing` goes first.
    """
    moment = now()
    turn = dealing.turn.label("turn")
    parts = [_in_hand_rows().add_columns(turn).where(*dealing.allowed)]
    for level in levels:
        head = select(*LINE, turn).where(*_waiting(wanted.lane, level), *dealing.allowed)
        parts.append(head.order_by(Case.due_at, Case.id).limit(number))
    rows = db.session.execute(union_all(*(select(part.subquery()) for part in parts))).all()
    held = [row for row in rows if is_in_hand(row, moment)]
    ids = {row.id for row in held}
    waiting = [
        row
        for row in rows
        if row.id not in ids and row.level in levels and wanted.lane in (None, row.lane)
    ]
    waiting.sort(key=lambda row: (row.turn, row.due_at, row.id))
    lines = {level: [row for row in waiting if row.level == level] for level in levels}
    aged = moment + timedelta(minutes=setting("AMBER_MINUTES") - setting("AMBER_ALARM_MINUTES"))
    arranged = arrange(lines, lambda row: row.due_at <= aged, reds_before)
    held.sort(key=lambda row: (row.claimed_until, row.id))
    return [row.id for row in held], [row.id for row in islice(arranged, number)]


def _turn_for(staff: Member) -> ColumnElement[int]:
    """Return 0 for cases of rooms that somebody moderates and for what is due, 1 for the rest."""
    own = exists().where(
        Thread.id == Case.thread_id,
        RoomModerator.room_id == Thread.room_id,
        RoomModerator.member_id == staff.id,
    )
    return choose((or_(own, Case.due_at <= now()), 0), else_=1)


def _in_hand_rows() -> Select[Any]:
    """Return what is claimed or held, with what ran out and no claim has put back yet."""
    return select(*LINE).where(Case.claimed_until.is_not(None)).limit(IN_HAND_READ)


def _tallies(wanted: Wanted) -> Tallies:
    counts = [
        *(capped_count(select(Case.id).where(*_waiting(wanted.lane, level))) for level in Level),
        *(capped_count(select(Case.id).where(*_waiting(lane))) for lane in Lane),
        *(_oldest(lane) for lane in Lane),
    ]
    row = iter(db.session.execute(select(*counts)).one())
    found = Tallies(
        {level: next(row) for level in Level},
        {lane: next(row) for lane in Lane},
        {lane: next(row) for lane in Lane},
    )
    moment = now()
    for case in db.session.execute(_in_hand_rows()):
        if not is_in_hand(case, moment):
            found.by_lane[case.lane] += 1
            found.oldest[case.lane] = min(found.oldest[case.lane] or moment, case.opened_at)
            if wanted.lane in (None, case.lane):
                found.by_level[Level(case.level)] += 1
    return found


def _waiting(lane: Lane | None, level: Level | None = None) -> list[ColumnElement[bool]]:
    conditions = [Case.state == CaseState.WAITING]
    if lane is not None:
        conditions.append(Case.lane == lane)
    if level is not None:
        conditions.append(Case.level == int(level))
    return conditions


def _oldest(lane: Lane) -> Any:
    first = select(Case.opened_at).where(*_waiting(lane)).order_by(Case.opened_at).limit(1)
    return first.scalar_subquery()


def _load(ids: Iterable[int]) -> dict[int, Case]:
    """Return cases with what a list shows of each, in the order of the ids."""
    wanted = list(dict.fromkeys(ids))
    rows = db.session.scalars(
        select(Case)
        .where(Case.id.in_(wanted))
        .options(
            joinedload(Case.thread).joinedload(Thread.room),
            joinedload(Case.holder),
            joinedload(Case.subject),
            joinedload(Case.alias),
            selectinload(Case.recusals),
            raiseload("*"),
        )
        # What the session holds from before may be older than the line.
        .execution_options(populate_existing=True)
    )
    found = {case.id: case for case in rows}
    return {i: found[i] for i in wanted if i in found}


def _with_answers(cases: Iterable[int]) -> set[int]:
    """Return which of these cases have an answer to a check-in that no act has followed."""
    return set(
        db.session.scalars(
            select(CheckIn.case_id)
            .join(CheckInMessage, CheckInMessage.check_in_id == CheckIn.id)
            .where(
                CheckIn.case_id.in_(list(cases)),
                CheckInMessage.who == Speaker.MEMBER,
                CheckInMessage.read_at.is_(None),
            )
        )
    )
