"""Reads of the rota: two weeks of slots with their people and gaps, and what members may hear."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import and_, bindparam, or_, select
from sqlalchemy.orm import joinedload

from forum.accounts.models import Member
from forum.clock import now
from forum.database import DATABASE_TROUBLE, give_up
from forum.extensions import db, setting
from forum.help.hours import Coverage
from moderation.rota.models import Slot, Swap, Turn
from moderation.rota.times import DAYS_AHEAD, begins, ends, is_planned, today
from moderation.training.queries import certified
from moderation.volunteers.duty import ANSWERING
from moderation.volunteers.models import Shift

# What members are told of the time to come.
TOLD_DAYS = 7


@dataclass(frozen=True)
class Place:
    """A slot on one day, with ids of people: `begun` are there, or were.

    `certified` are those whom the desk opens to.
    """

    slot: Slot
    day: date
    turns: Sequence[Turn]
    begun: frozenset[int]
    certified: frozenset[int]

    @property
    def begins(self) -> datetime:
        """When it begins."""
        return begins(self.slot, self.day)

    @property
    def ends(self) -> datetime:
        """When it ends."""
        return ends(self.slot, self.day)

    @property
    def is_now(self) -> bool:
        """Whether it has begun and not ended."""
        return self.begins <= now() < self.ends

    @property
    def missing(self) -> int:
        """How many people are missing to be enough."""
        return max(0, int(setting("ROTA_LEAST")) - len(self.turns))

    @property
    def is_full(self) -> bool:
        """Whether nobody more can sign up."""
        return len(self.turns) >= int(setting("ROTA_MOST"))

    @property
    def answers_heavy(self) -> bool:
        """Whether somebody is there who may answer red and crisis cases."""
        return any(
            turn.member.role in ANSWERING and turn.member_id in self.certified
            for turn in self.turns
        )

    def turn_of(self, member: Member) -> Turn | None:
        """Return this person's turn in it."""
        return next((turn for turn in self.turns if turn.member_id == member.id), None)


def slots() -> Sequence[Slot]:
    """Return the slots of the week, in their order."""
    return db.session.scalars(select(Slot).order_by(Slot.weekday, Slot.hour)).all()


def places() -> list[Place]:
    """Return what can be planned, the soonest first; three statements."""
    week = slots()
    days = [today() + timedelta(days=number) for number in range(-1, DAYS_AHEAD)]
    rows = db.session.execute(
        select(Turn, Turn.member_id.in_(certified(now())).label("is_certified"))
        .where(Turn.day >= days[0])
        .options(joinedload(Turn.member), joinedload(Turn.slot))
        .order_by(Turn.id)
    ).all()
    turns = [row.Turn for row in rows]
    fresh = frozenset(row.Turn.member_id for row in rows if row.is_certified)
    shifts = db.session.execute(
        select(Shift.member_id, Shift.started_at, Shift.ended_at, Shift.until).where(
            Shift.until >= now() - timedelta(days=1)
        )
    ).all()
    found = []
    for day in days:
        for slot in week:
            if not is_planned(slot, day):
                continue
            people = [turn for turn in turns if turn.slot_id == slot.id and turn.day == day]
            begun = {
                shift.member_id
                for shift in shifts
                if shift.started_at < ends(slot, day)
                and min(shift.ended_at or shift.until, shift.until) > begins(slot, day)
            }
            found.append(Place(slot, day, people, frozenset(begun), fresh))
    return sorted(found, key=lambda place: place.begins)


def find_slot(slot_id: int) -> Slot | None:
    """Return a slot."""
    return db.session.get(Slot, slot_id)


def find_turn(turn_id: int) -> Turn | None:
    """Return a turn with its slot and its person."""
    return db.session.scalar(
        select(Turn)
        .where(Turn.id == turn_id)
        .options(joinedload(Turn.slot), joinedload(Turn.member))
    )


def turns_ahead_of(member: Member) -> list[Turn]:
    """Return the turns of somebody that are not over, the soonest first."""
    turns = db.session.scalars(
        select(Turn)
        .where(Turn.member_id == member.id, Turn.day >= today() - timedelta(days=1))
        .options(joinedload(Turn.slot))
    ).all()
    ahead = [turn for turn in turns if ends(turn.slot, turn.day) > now()]
    return sorted(ahead, key=lambda turn: begins(turn.slot, turn.day))


def swaps_of(member: Member) -> Sequence[Swap]:
    """Return the swaps that are proposed to somebody, or by them, and can still be."""
    return db.session.scalars(
        select(Swap)
        .where(or_(Swap.wanted_from_id == member.id, Swap.given_by_id == member.id))
        .options(
            joinedload(Swap.wanted).joinedload(Turn.slot),
            joinedload(Swap.wanted).joinedload(Turn.member),
            joinedload(Swap.given).joinedload(Turn.slot),
            joinedload(Swap.given_by),
        )
        .order_by(Swap.id)
    ).all()


def find_swap(swap_id: int) -> Swap | None:
    """Return a proposed swap."""
    return db.session.get(Swap, swap_id)


# Built once: every page with an hour on it asks for them.
PLANNED = (
    select(Slot, Turn.day)
    .outerjoin(
        Turn,
        and_(
            Turn.slot_id == Slot.id,
            Turn.day.between(bindparam("first"), bindparam("last")),
            Turn.member_id.in_(
                select(Member.id).where(
                    Member.role.in_(ANSWERING),
                    Member.closed_at.is_(None),
                    Member.id.in_(certified(bindparam("now"))),
                )
            ),
        ),
    )
    .distinct()
)
ON_SHIFT = (
    select(Shift.id)
    .join(Member, Member.id == Shift.member_id)
    .where(
        Shift.ended_at.is_(None),
        Shift.until > bindparam("now"),
        Member.role.in_(ANSWERING),
        Member.id.in_(certified(bindparam("now"))),
    )
    .limit(1)
)


def coverage() -> Coverage | None:
    """Return what members may hear of the hours to come; None where there is no rota.

    An hour counts where somebody has signed up who may answer red and crisis cases, and whom the
    desk opens to. Whether anybody is there now is what shifts say, not plans. Two statements, or
    one.
    """
    try:
        day = today()
        moment = now()
        days = {"first": day - timedelta(days=1), "last": day + timedelta(days=TOLD_DAYS)}
        rows = db.session.execute(PLANNED, {**days, "now": moment}).all()
        if not rows:
            return None
        is_there = db.session.scalar(ON_SHIFT, {"now": moment})
    except DATABASE_TROUBLE:
        # A page of help must not fail on the rota.
        give_up(db.session)
        return None
    spans = sorted((begins(slot, day), ends(slot, day)) for slot, day in rows if day is not None)
    return Coverage(is_there is not None, tuple(span for span in _joined(spans) if span[1] > now()))


def _joined(spans: Sequence[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Return spans in order, those that touch made one."""
    joined: list[tuple[datetime, datetime]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
