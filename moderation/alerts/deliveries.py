"""Messages on their way: leased, sent outside any transaction, and marked afterwards.

At least once: whoever is killed between sending and marking leaves a lease that runs out.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, exists, or_, select, update

from forum.clock import now
from forum.extensions import count_rows, db
from forum.targets import Target
from moderation.alerts.models import Alert, AlertDelivery, DeliveryState

# A sender is stopped after this long, whatever its target does; the lease outlives it.
SEND_SECONDS = 20
LEASE = timedelta(seconds=2 * SEND_SECONDS)
FIRST_RETRY = timedelta(seconds=5)
LONGEST_RETRY = timedelta(minutes=5)
# With the pauses between them about twenty minutes; the ladder writes newer messages meanwhile.
MAX_ATTEMPTS = 8


class Outcome(StrEnum):
    """How an attempt ended."""

    SENT = "sent"
    # The target cannot be reached or did not take it.
    REFUSED = "refused"
    TIMED_OUT = "timed_out"
    # The address has gone from the settings since.
    NO_TARGET = "no_target"


@dataclass(frozen=True)
class Errand:
    """One attempt at one delivery."""

    delivery_id: int
    attempt: int
    rung: int
    is_test: bool
    target: Target


def next_errands(targets: Collection[Target], busy: Collection[str]) -> list[Errand]:
    """Lease the next delivery for each target that is not busy, and commit.

    The most urgent first, then the newest: what a target has missed never delays what is worse.
    Deliveries that would tell nothing new any more are dropped.
    """
    _give_up_unknown(targets)
    free = {target.key: target for target in targets if target.key not in busy}
    errands = [errand for target in free.values() if (errand := _next_for(target))]
    db.session.commit()
    return errands


def finish(delivery_id: int, attempt: int, outcome: Outcome) -> None:
    """Mark what came of an attempt, unless its lease ran out and another has begun."""
    moment = now()
    values: dict[str, object] = {"lease_until": None}
    if outcome is Outcome.SENT:
        values |= {"state": DeliveryState.SENT, "finished_at": moment, "last_error": None}
    elif attempt >= MAX_ATTEMPTS:
        values |= {"state": DeliveryState.FAILED, "finished_at": moment, "last_error": outcome}
    else:
        pause = min(LONGEST_RETRY, FIRST_RETRY * 3 ** (attempt - 1))
        values |= {
            "state": DeliveryState.PENDING,
            "run_at": moment + pause,
            "last_error": outcome,
        }
    changed = _change(
        AlertDelivery.id == delivery_id,
        AlertDelivery.state == DeliveryState.LEASED,
        AlertDelivery.attempts == attempt,
        **values,
    )
    if changed and outcome is Outcome.SENT:
        _drop_older(db.session.get_one(AlertDelivery, delivery_id), moment)


def _drop_older(sent: AlertDelivery, moment: datetime) -> None:
    """Drop what a target has missed and has just been told: a message of a rung says all above."""
    if not sent.is_test:
        _change(
            AlertDelivery.target == sent.target,
            AlertDelivery.state == DeliveryState.PENDING,
            AlertDelivery.id < sent.id,
            AlertDelivery.rung >= sent.rung,
            ~AlertDelivery.is_test,
            state=DeliveryState.DROPPED,
            finished_at=moment,
        )


def _next_for(target: Target) -> Errand | None:
    moment = now()
    # What lies further ahead than it can was written by a clock that has been set back since.
    run_at, lease_until = AlertDelivery.run_at, AlertDelivery.lease_until
    waits = (run_at <= moment) | (run_at > moment + 2 * LONGEST_RETRY)
    let_go = ~lease_until.between(moment, moment + 2 * LEASE)
    is_due = or_(
        (AlertDelivery.state == DeliveryState.PENDING) & waits,
        (AlertDelivery.state == DeliveryState.LEASED) & let_go,
    )
    while True:
        found = db.session.execute(
            select(AlertDelivery.id, AlertDelivery.rung, AlertDelivery.is_test)
            .where(AlertDelivery.target == target.key, is_due)
            .order_by(AlertDelivery.level.desc(), AlertDelivery.id.desc())
            .limit(1)
        ).one_or_none()
        if found is None:
            return None
        if not (found.is_test or _still_waits(found.rung)):
            state = DeliveryState.DROPPED
            _change(AlertDelivery.id == found.id, is_due, state=state, finished_at=moment)
            continue
        attempt = _lease(found.id, is_due, moment)
        if attempt is None:
            continue
        if attempt > MAX_ATTEMPTS:
            finish(found.id, attempt, Outcome.TIMED_OUT)
            continue
        return Errand(found.id, attempt, found.rung, found.is_test, target)


def _lease(delivery_id: int, is_due: ColumnElement[bool], moment: datetime) -> int | None:
    return db.session.scalar(
        update(AlertDelivery)
        .where(AlertDelivery.id == delivery_id, is_due)
        .values(
            state=DeliveryState.LEASED,
            attempts=AlertDelivery.attempts + 1,
            lease_until=moment + LEASE,
        )
        .returning(AlertDelivery.attempts)
        .execution_options(synchronize_session=False)
    )


def _still_waits(rung: int) -> bool:
    waits = exists().where(
        Alert.ended_at.is_(None), Alert.acknowledged_at.is_(None), Alert.rung >= rung
    )
    return bool(db.session.scalar(select(waits)))


def _give_up_unknown(targets: Collection[Target]) -> None:
    """Fail what was meant for an address that the settings no longer have."""
    _change(
        AlertDelivery.state.in_((DeliveryState.PENDING, DeliveryState.LEASED)),
        AlertDelivery.target.not_in([target.key for target in targets]),
        state=DeliveryState.FAILED,
        finished_at=now(),
        last_error=Outcome.NO_TARGET,
    )


def _change(*conditions: ColumnElement[bool], **values: object) -> int:
    return count_rows(
        update(AlertDelivery)
        .where(*conditions)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
