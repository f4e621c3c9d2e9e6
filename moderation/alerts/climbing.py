"""The look around: what waits becomes an alert, and each alert climbs as its time comes.

Deadlines are rows, so it does not matter who looks or how often: the watcher, beat and the sweep
all do.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, func, insert, or_, select, update

from forum.clock import now
from forum.database import reading, take_turn
from forum.extensions import count_rows, db, setting
from forum.public_id import new_public_id
from forum.targets import Rung, Target
from moderation.alerts.conditions import level_of_state, rows_that_wait, since_of
from moderation.alerts.ladder import ALARM_REPEAT_MINUTES, ladder_of
from moderation.alerts.models import ABOUT_CASES, Alert, AlertDelivery, DeliveryState, Kind
from moderation.cases.ahead import are_cases_ahead, bring_cases_back
from moderation.measures.held import raise_what_waits_too_long, wait_too_long
from moderation.risk.levels import Level

# What PostgreSQL's advisory lock is called among all that we might ever take.
LOOK_LOCK = 0x7ED05
# What is left over is dealt with by the next look, a moment later.
BATCH = 500
# A rung that was just told is told again only of something worse: a flood makes few messages.
QUIET = timedelta(seconds=20)
KEPT = timedelta(days=30)
# Differs from every level.
NO_LEVEL = -1

OF_ROWS = (*ABOUT_CASES, Kind.DEAD_JOB)
OF_STATES = (Kind.NOBODY_ON_DUTY, Kind.UNSCANNED, Kind.SILENT)


def look(*, silent: bool | None = None) -> int:
    """Begin, end and raise alerts, and write down the messages that are due. Does not commit.

    Ends the session's transaction on the way in. `silent` says whether worker or beat give no sign
    of life; None leaves what is known of that. Doing it twice, or in two processes at once, tells
    nobody twice. Returns how many alerts moved to a next step.
    """
    # Most looks find nothing, and need not keep a writer waiting.
    with reading(db.session):
        if not _is_needed(_levels(silent)):
            return 0
    take_turn(db.session, LOOK_LOCK)
    bring_cases_back()
    raise_what_waits_too_long()
    _bring_back()
    levels = _levels(silent)
    _end(_is_over(levels))
    for kind in OF_ROWS:
        _begin_rows(kind)
    for kind, level in levels.items():
        if level is not None and kind not in _open_kinds():
            _begin(kind, [(0, level, now())])
    return _climb()


def targets_of(rung: Rung) -> list[Target]:
    """Return who is told at a rung. An empty rung stands for the next one that is not."""
    targets: tuple[Target, ...] = setting("ALERT_TARGETS")
    order = [*[r for r in Rung if r >= rung], *[r for r in reversed(Rung) if r < rung]]
    for candidate in order:
        if found := [target for target in targets if target.rung is candidate]:
            return found
    return []


def forget_old_alerts() -> int:
    """Delete what ended or was sent a month ago. Returns how many rows."""
    old = now() - KEPT
    sent = AlertDelivery.__table__.delete().where(AlertDelivery.finished_at < old)
    return count_rows(Alert.__table__.delete().where(Alert.ended_at < old)) + count_rows(sent)


def _levels(silent: bool | None) -> dict[Kind, int | None]:
    """Return how urgent each state of the whole system is, or None where all is well."""
    kinds = [kind for kind in OF_STATES if kind is not Kind.SILENT or silent is not None]
    return {kind: level_of_state(kind, silent=bool(silent)) for kind in kinds}


def _is_needed(levels: dict[Kind, int | None]) -> bool:
    changes = select(Alert.id).where(
        Alert.ended_at.is_(None), or_(_is_over(levels), _is_due(now()), Alert.started_at > now())
    )
    if db.session.scalar(changes.limit(1)) is not None or are_cases_ahead() or wait_too_long():
        return True
    if any(level is not None and kind not in _open_kinds() for kind, level in levels.items()):
        return True
    return any(db.session.execute(_fresh_rows(kind).limit(1)).first() for kind in OF_ROWS)


def _is_over(levels: dict[Kind, int | None]) -> ColumnElement[bool]:
    """Return the condition that an open alert ends: it waits no more, or at another level."""
    # A case that somebody has seen and nobody has taken climbs anew: sleep comes to all.
    over = [(Alert.kind == Kind.CASE) & _was_seen_before(setting("CLAIM_MINUTES"))]
    # So does a state that lasts: what was seen then may be another fault by now.
    over.append(Alert.kind.in_(levels) & _was_seen_before(ALARM_REPEAT_MINUTES))
    for kind in OF_ROWS:
        waiting = rows_that_wait(kind).subquery()
        still = exists().where(
            waiting.c.subject_id == Alert.subject_id, waiting.c.level == Alert.level
        )
        over.append((Alert.kind == kind) & ~still)
    for kind, level in levels.items():
        over.append((Alert.kind == kind) & (Alert.level != (NO_LEVEL if level is None else level)))
    return or_(*over)


def _was_seen_before(minutes: float) -> ColumnElement[bool]:
    """Return the condition that an alert was seen so long ago, or by a clock that ran ahead."""
    moment, length = now(), timedelta(minutes=minutes)
    return ~Alert.acknowledged_at.between(moment - length, moment + length)


def _is_due(moment: datetime) -> ColumnElement[bool]:
    return Alert.acknowledged_at.is_(None) & ((Alert.next_at <= moment) | _is_put_off(moment))


def _is_put_off(moment: datetime) -> ColumnElement[bool]:
    """Return the condition that a clock which ran ahead put the next step off."""
    is_case = Alert.kind == Kind.CASE
    ladders = (
        (is_case & (Alert.level >= int(Level.CRISIS)), ladder_of(Kind.CASE, Level.CRISIS)),
        (is_case & (Alert.level < int(Level.CRISIS)), ladder_of(Kind.CASE, Level.RED)),
        (~is_case, ladder_of(Kind.SILENT, Level.CRISIS)),
    )
    return or_(
        *(and_(those, Alert.next_at > moment + 2 * ladder.longest) for those, ladder in ladders)
    )


def _bring_back() -> None:
    """Let what began by a clock that ran ahead begin now, with its next step as far off."""
    moment = now()
    ahead = select(Alert).where(Alert.ended_at.is_(None), Alert.started_at > moment)
    for alert in db.session.scalars(ahead.limit(BATCH).with_for_update()):
        alert.next_at -= alert.started_at - moment
        alert.started_at = moment
    db.session.flush()


def _open_kinds() -> set[Kind]:
    """Return the states of the system that have an open alert."""
    open_now = select(Alert.kind).where(Alert.ended_at.is_(None), Alert.kind.in_(OF_STATES))
    return set(db.session.scalars(open_now))


def _fresh_rows(kind: Kind) -> Select[tuple[int, int, bool]]:
    """Return what waits and has no open alert, the worst first; and whether it ever had one."""
    waiting = rows_that_wait(kind).subquery()
    of_it = exists().where(Alert.kind == kind, Alert.subject_id == waiting.c.subject_id)
    return (
        select(waiting.c.subject_id, waiting.c.level, of_it.label("again"))
        .where(~of_it.where(Alert.ended_at.is_(None)))
        .order_by(waiting.c.level.desc(), waiting.c.subject_id)
    )


def _begin_rows(kind: Kind) -> None:
    new = db.session.execute(_fresh_rows(kind).limit(BATCH)).all()
    first = [row.subject_id for row in new if not row.again]
    since = since_of(first) if kind is Kind.CASE and first else {}
    _begin(kind, [(row.subject_id, row.level, since.get(row.subject_id, now())) for row in new])


def _begin(kind: Kind, rows: Iterable[tuple[int, int, datetime]]) -> None:
    values = [
        {
            "public_id": new_public_id(),
            "kind": kind,
            "subject_id": subject_id,
            "level": level,
            "step": 0,
            "started_at": since,
            "next_at": ladder_of(kind, level).due_at(0, since, since),
        }
        for subject_id, level, since in rows
    ]
    if values:
        db.session.execute(insert(Alert), values)


def _end(is_over: ColumnElement[bool]) -> None:
    db.session.execute(
        update(Alert)
        .where(Alert.ended_at.is_(None), is_over)
        .values(ended_at=now())
        .execution_options(synchronize_session=False)
    )


def _climb() -> int:
    """Move every alert whose time has come, and write one message for each target told."""
    moment = now()
    due = db.session.scalars(
        select(Alert)
        .where(Alert.ended_at.is_(None), _is_due(moment))
        .order_by(Alert.level.desc(), Alert.id)
        .limit(BATCH)
        # Whoever says "seen" at this moment comes before or after, never between.
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    told_lately = _told_around(moment)
    told: defaultdict[Rung, int] = defaultdict(lambda: -1)
    moved = 0
    for alert in due:
        if not all(told_lately.get(rung, -1) >= alert.level for rung in _next_rungs(alert)):
            moved += 1
            for rung in _take_steps(alert, moment):
                told[rung] = max(told[rung], alert.level)
    _write_messages(told, moment)
    return moved


def _told_around(moment: datetime) -> dict[int, int]:
    """Return the rungs that were just told, each with the worst level it was told of."""
    rows = db.session.execute(
        select(AlertDelivery.rung, func.max(AlertDelivery.level))
        .where(
            AlertDelivery.created_at.between(moment - QUIET, moment + QUIET),
            ~AlertDelivery.is_test,
        )
        .group_by(AlertDelivery.rung)
    )
    return {row[0]: row[1] for row in rows}


def _next_rungs(alert: Alert) -> tuple[Rung, ...]:
    return ladder_of(alert.kind, alert.level).rungs_at(alert.step)


def _take_steps(alert: Alert, moment: datetime) -> set[Rung]:
    """Take every step that is due, after a standstill several at once. Returns who is told."""
    ladder = ladder_of(alert.kind, alert.level)
    told: set[Rung] = set()
    # A step that was put off is due now.
    alert.next_at = min(alert.next_at, moment)
    while alert.next_at <= moment:
        told.update(ladder.rungs_at(alert.step))
        alert.step += 1
        alert.next_at = ladder.due_at(alert.step, alert.started_at, moment)
    alert.rung = max(told | {Rung(alert.rung or 0)})
    return told


def _write_messages(told: dict[Rung, int], moment: datetime) -> None:
    """Write one delivery for each target, on the lowest rung it is told as."""
    wanted: dict[str, tuple[Rung, int]] = {}
    for rung in sorted(told):
        for target in targets_of(rung):
            lowest, level = wanted.get(target.key, (rung, -1))
            wanted[target.key] = (lowest, max(level, told[rung]))
    for key, (rung, level) in wanted.items():
        db.session.add(
            AlertDelivery(
                target=key,
                rung=int(rung),
                level=level,
                state=DeliveryState.PENDING,
                created_at=moment,
                run_at=moment,
            )
        )
    db.session.flush()
