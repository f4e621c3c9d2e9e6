"""What people do about themselves: begin and end a shift, pass a case, name topics."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from forum.accounts.models import Member
from forum.clock import now
from forum.extensions import count_rows, db, setting, take_row
from forum.rooms.models import ContentWarning
from moderation.audit.models import Action, SubjectKind
from moderation.audit.operations import record
from moderation.cases import operations as cases
from moderation.cases.models import Case
from moderation.cases.queue import cases_with
from moderation.training.queries import is_certified
from moderation.volunteers.exposure import is_heavy, shift_length
from moderation.volunteers.models import OptOut, Shift, Skip
from moderation.volunteers.protection import NotCertified, may_take_all_the_same, why_spared
from moderation.volunteers.queries import last_ended_at, open_shift

SKIPS_KEPT = timedelta(days=1)


class TooSoon(Exception):
    """The last shift ended a short while ago. `ready_at` is when a next one would be fine."""

    def __init__(self, ready_at: datetime) -> None:
        super().__init__("too soon after the last shift")
        self.ready_at = ready_at


class HoldsHeavy(Exception):
    """Somebody still has a red or crisis case in hand."""


class NoShift(Exception):
    """Somebody ends a shift that is none."""


def begin_shift(member: Member, *, anyway: bool = False) -> Shift:
    """Go on duty for a shift from now. Returns it; in one already, that one.

    With `anyway` also when the last one was a short while ago, which is recorded.
    Raises NotCertified, TooSoon.
    """
    # Two presses at once begin one shift.
    take_row(member)
    moment = now()
    shift = open_shift(member)
    if shift and shift.until > moment:
        return shift
    if not is_certified(member):
        raise NotCertified
    if shift:
        shift.ended_at = shift.until
        db.session.flush()
    last = last_ended_at(member)
    ready_at = last + timedelta(hours=setting("SHIFT_REST_HOURS")) if last else moment
    if ready_at > moment and not anyway:
        raise TooSoon(ready_at)
    shift = Shift(member_id=member.id, started_at=moment, until=moment + shift_length())
    db.session.add(shift)
    db.session.flush()
    despite = "rest" if ready_at > moment else None
    record(member, Action.GO_ON_DUTY, SubjectKind.MEMBER, member.id, despite=despite)
    return shift


def end_shift(member: Member, *, weighed: str = "", helped: str = "", wished: str = "") -> Shift:
    """Leave duty, with three answers for the leads; gentler cases in hand go back to the queue.

    Returns the shift. Raises NoShift, HoldsHeavy.
    """
    take_row(member)
    shift = open_shift(member)
    if shift is None:
        raise NoShift
    in_hand = cases_with(member)
    if any(is_heavy(case.risk_level) for case in in_hand):
        raise HoldsHeavy
    for case in in_hand:
        cases.release(member, case, case.version, "")
    shift.ended_at = now()
    shift.weighed, shift.helped, shift.wished = weighed, helped, wished
    record(member, Action.LEAVE_DUTY, SubjectKind.MEMBER, member.id)
    return shift


def skip(member: Member, case: Case) -> None:
    """Pass a case: it is not dealt to this person again within the length of a shift.

    Nobody is told and nothing is recorded: it needs no reason, and changes nothing in the case.
    """
    db.session.merge(Skip(member_id=member.id, case_id=case.id, created_at=now()))


def forget_skips() -> int:
    """Delete what was passed a day ago. Returns how many."""
    return count_rows(delete(Skip).where(Skip.created_at < now() - SKIPS_KEPT))


def choose_topics(member: Member, topics: Iterable[ContentWarning]) -> None:
    """Be dealt no cases of these topics, and again those of all others."""
    take_row(member)
    wanted = set(topics)
    known = set(db.session.scalars(select(OptOut.topic).where(OptOut.member_id == member.id)))
    gone = known - wanted
    db.session.execute(delete(OptOut).where(OptOut.member_id == member.id, OptOut.topic.in_(gone)))
    db.session.add_all(OptOut(member_id=member.id, topic=topic) for topic in wanted - known)


def take_all_the_same(member: Member, case: Case, seen_version: int) -> None:
    """Take a case that one is spared, by choice or in an emergency, which is recorded.

    Raises what one is spared for, and as `claim` does.
    """
    spared = why_spared(member, case)
    if spared and not may_take_all_the_same(member, case, spared):
        raise spared
    cases.claim(member, case, seen_version, despite=spared.code if spared else None)
