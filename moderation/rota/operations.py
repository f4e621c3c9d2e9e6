"""Planning: slots of the week, signing up, giving a turn away, and swapping two turns."""

from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from forum.accounts.models import Member
from forum.clock import now
from forum.extensions import count_rows, db, setting, take_row
from forum.notices.models import NoticeKind
from forum.notices.operations import notify
from moderation.audit.models import Action, SubjectKind
from moderation.audit.operations import record
from moderation.rota.models import Slot, Swap, Turn
from moderation.rota.queries import turns_ahead_of
from moderation.rota.times import begins, is_planned, place, rest_between
from moderation.training.queries import is_certified

HOUR_OF_MONDAY = 24 * 7


class NotPossible(Exception):
    """A change of the rota that can't be made. `why` is a code."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def add_slot(actor: Member, weekday: int, hour: int, length: int) -> Slot:
    """Add a slot of some hours to each week. Raises NotPossible where it overlaps another."""
    start = weekday * 24 + hour
    for other in db.session.scalars(select(Slot)):
        gap = (other.weekday * 24 + other.hour - start) % HOUR_OF_MONDAY
        if gap < length or HOUR_OF_MONDAY - gap < other.length:
            raise NotPossible("overlap")
    slot = Slot(weekday=weekday, hour=hour, length=length)
    try:
        with db.session.begin_nested():
            db.session.add(slot)
    except IntegrityError:
        raise NotPossible("overlap") from None
    record(actor, Action.ADD_SLOT, SubjectKind.ROTA_SLOT, slot.id, weekday=weekday, hour=hour)
    return slot


def remove_slot(actor: Member, slot: Slot) -> None:
    """Remove a slot with the turns in it, and tell the people who had planned for it."""
    take_row(slot)
    turns = db.session.scalars(select(Turn).where(Turn.slot_id == slot.id)).all()
    people = {turn.member_id for turn in turns if begins(slot, turn.day) > now()}
    _drop_swaps(turn.id for turn in turns)
    db.session.execute(delete(Turn).where(Turn.slot_id == slot.id))
    slot_id = slot.id
    db.session.delete(slot)
    db.session.flush()
    for member_id in people - {actor.id}:
        notify(member_id, NoticeKind.TURN_CHANGED)
    record(actor, Action.REMOVE_SLOT, SubjectKind.ROTA_SLOT, slot_id)


def sign_up(member: Member, slot: Slot, day: date) -> Turn:
    """Plan to be there. Signing up twice is once. Returns the turn. Raises NotPossible."""
    take_row(member)
    # The last free place goes to one person.
    take_row(slot)
    here = (Turn.slot_id == slot.id, Turn.day == day)
    earlier = db.session.scalar(select(Turn).where(*here, Turn.member_id == member.id))
    if earlier is not None:
        return earlier
    _check_fit(member, slot, day)
    taken = db.session.scalar(select(func.count()).select_from(Turn).where(*here)) or 0
    if taken >= setting("ROTA_MOST"):
        raise NotPossible("full")
    turn = Turn(slot_id=slot.id, day=day, member_id=member.id)
    db.session.add(turn)
    db.session.flush()
    return turn


def cancel(member: Member, turn: Turn) -> None:
    """Give one's own turn up; the gap shows. Raises NotPossible."""
    if turn.member_id != member.id:
        raise NotPossible("gone")
    _drop_swaps([turn.id])
    gone = delete(Turn).where(Turn.id == turn.id, Turn.member_id == member.id)
    if not count_rows(gone):
        raise NotPossible("gone")


def offer(member: Member, turn: Turn, *, is_offered: bool = True) -> None:
    """Let others take one's turn, or keep it after all; it stays one's own until then.

    Raises NotPossible.
    """
    changed = count_rows(
        update(Turn)
        .where(Turn.id == turn.id, Turn.member_id == member.id)
        .values(is_offered=is_offered)
    )
    if not changed:
        raise NotPossible("gone")
    if not is_offered:
        _drop_swaps([turn.id])


def take_over(member: Member, turn: Turn) -> None:
    """Take a turn that somebody offers, and tell them. Raises NotPossible."""
    take_row(member)
    owner_id = turn.member_id
    if owner_id == member.id:
        raise NotPossible("gone")
    _check_fit(member, *place(turn))
    taken = count_rows(
        update(Turn)
        .where(Turn.id == turn.id, Turn.member_id == owner_id, Turn.is_offered)
        .values(member_id=member.id, is_offered=False)
    )
    if not taken:
        raise NotPossible("gone")
    db.session.refresh(turn)
    _drop_swaps([turn.id])
    notify(owner_id, NoticeKind.TURN_CHANGED)


def propose_swap(member: Member, wanted: Turn, given: Turn) -> Swap:
    """Propose one's own turn for one that is offered, and tell its owner. Returns the swap.

    Proposing it twice is once. Raises NotPossible.
    """
    take_row(member)
    take_row(wanted)
    if given.member_id != member.id or wanted.member_id == member.id or not wanted.is_offered:
        raise NotPossible("gone")
    if not is_planned(*place(given)):
        raise NotPossible("past")
    _check_fit(member, *place(wanted), without=given)
    earlier = db.session.scalar(
        select(Swap).where(Swap.wanted_id == wanted.id, Swap.given_id == given.id)
    )
    if earlier is not None:
        return earlier
    swap = Swap(
        wanted_id=wanted.id,
        given_id=given.id,
        wanted_from_id=wanted.member_id,
        given_by_id=member.id,
    )
    db.session.add(swap)
    db.session.flush()
    notify(wanted.member_id, NoticeKind.TURN_CHANGED)
    return swap


def accept_swap(member: Member, swap: Swap) -> None:
    """Exchange two turns, as proposed to this person. Raises NotPossible."""
    wanted_id, given_id = swap.wanted_id, swap.given_id
    giver = db.session.get_one(Member, swap.given_by_id)
    turns = {}
    # In one order for all, so that two swaps at once can't wait for each other.
    for person in sorted((member, giver), key=lambda each: each.id):
        take_row(person)
    for turn_id in sorted((wanted_id, given_id)):
        turns[turn_id] = db.session.scalar(
            select(Turn)
            .where(Turn.id == turn_id)
            .with_for_update(of=Turn)
            .execution_options(populate_existing=True)
        )
    wanted, given = turns[wanted_id], turns[given_id]
    if wanted is None or given is None:
        raise NotPossible("gone")
    as_proposed = (
        wanted.member_id == member.id == swap.wanted_from_id
        and given.member_id == giver.id
        and wanted.is_offered
    )
    if not as_proposed:
        raise NotPossible("gone")
    _check_fit(member, *place(given), without=wanted)
    _check_fit(giver, *place(wanted), without=given)
    wanted.member_id, given.member_id = giver.id, member.id
    wanted.is_offered = given.is_offered = False
    db.session.flush()
    _drop_swaps([wanted.id, given.id])
    notify(giver.id, NoticeKind.TURN_CHANGED)


def decline_swap(member: Member, swap: Swap) -> None:
    """Say no to a proposed swap, or take one's own proposal back. Raises NotPossible."""
    other = {swap.wanted_from_id, swap.given_by_id} - {member.id}
    if len(other) != 1:
        raise NotPossible("gone")
    db.session.delete(swap)
    db.session.flush()
    notify(other.pop(), NoticeKind.TURN_CHANGED)


def forget_old_turns(before: date) -> int:
    """Delete turns before a day: who planned what tells when people are awake. Returns how many."""
    old = select(Turn.id).where(Turn.day < before)
    db.session.execute(delete(Swap).where(or_(Swap.wanted_id.in_(old), Swap.given_id.in_(old))))
    return count_rows(delete(Turn).where(Turn.day < before))


def _check_fit(member: Member, slot: Slot, day: date, without: Turn | None = None) -> None:
    """Raise NotPossible unless somebody can be there, with a rest before and after it."""
    if not is_planned(slot, day):
        raise NotPossible("past")
    if not is_certified(member):
        raise NotPossible("training")
    rest = timedelta(hours=setting("SHIFT_REST_HOURS"))
    for turn in turns_ahead_of(member):
        if without is not None and turn.id == without.id:
            continue
        if turn.slot_id == slot.id and turn.day == day:
            raise NotPossible("there")
        if rest_between(place(turn), (slot, day)) < rest:
            raise NotPossible("rest")


def _drop_swaps(turn_ids: Iterable[int]) -> None:
    ids = list(turn_ids)
    db.session.execute(delete(Swap).where(or_(Swap.wanted_id.in_(ids), Swap.given_id.in_(ids))))
