"""What people do with groups: begin one, name who leads it, join, wait, come in, leave."""

from dataclasses import dataclass

from sqlalchemy import delete, exists, func, select

from forum.accounts.models import Alias, Member
from forum.clock import now
from forum.extensions import count_rows, db, take_row
from forum.groups.models import (
    Facilitator,
    Group,
    Hand,
    Joining,
    Keeping,
    Meeting,
    Plan,
    Seat,
    SeatState,
    Visit,
)
from forum.groups.queries import facilitators_of
from forum.notices.models import NoticeKind
from forum.notices.operations import notify
from forum.posts.models import Post, Thread
from forum.public_id import new_public_id
from forum.rooms.models import ContentWarning, Room, Unscanned


class GroupEnded(Exception):
    """The group takes nobody in any more."""


class LeadsIt(Exception):
    """Who leads a group has no seat in it."""


class NotOnTheTeam(Exception):
    """Only somebody of the team leads a group."""


class LastFacilitator(Exception):
    """A group that goes on keeps at least one facilitator."""


class OldAgreement(Exception):
    """The agreement has changed since the page was shown."""


@dataclass(frozen=True)
class Wishes:
    """What a group is, in both languages, and how many it holds."""

    name_id: str
    name_en: str
    topic_id: str
    topic_en: str
    agreement_id: str
    agreement_en: str
    capacity: int
    joining: Joining
    content_warning: ContentWarning


def begin_group(wishes: Wishes, keeping: Keeping, facilitators: list[Member]) -> Group:
    """Add a group with a room of its own. Raises NotOnTheTeam."""
    public_id = new_public_id()
    room = Room(
        slug=public_id,
        name_id=wishes.name_id,
        name_en=wishes.name_en,
        description_id=wishes.topic_id,
        description_en=wishes.topic_en,
        content_warning=wishes.content_warning,
        # Nobody reads here what no rule has read.
        unscanned=Unscanned.HOLD,
        is_listed=False,
        members_only=True,
    )
    group = Group(
        public_id=public_id,
        room=room,
        agreement_id=wishes.agreement_id,
        agreement_en=wishes.agreement_en,
        capacity=wishes.capacity,
        joining=wishes.joining,
        keeping=keeping,
        created_at=now(),
    )
    db.session.add(group)
    db.session.flush()
    for member in facilitators:
        add_facilitator(group, member)
    return group


def change_group(group: Group, wishes: Wishes) -> None:
    """Change what a group is. A new agreement is shown to everyone before their next session.

    More places go to those who wait; with fewer, nobody who is in has to leave.
    """
    take_row(group)
    room = group.room
    room.name_id, room.name_en = wishes.name_id, wishes.name_en
    room.description_id, room.description_en = wishes.topic_id, wishes.topic_en
    room.content_warning = wishes.content_warning
    if (group.agreement_id, group.agreement_en) != (wishes.agreement_id, wishes.agreement_en):
        group.agreement_id, group.agreement_en = wishes.agreement_id, wishes.agreement_en
        group.agreement_version += 1
    group.capacity, group.joining = wishes.capacity, wishes.joining
    _fill_places(group)


def end_group(group: Group) -> None:
    """Let nobody join any more. Those who are in can still read what was written."""
    take_row(group)
    if group.ended_at is None:
        group.ended_at = now()
    db.session.execute(delete(Seat).where(Seat.group_id == group.id, Seat.state != SeatState.IN))


def add_facilitator(group: Group, member: Member) -> bool:
    """Let somebody of the team lead a group, and give their seat in it back.

    Returns whether they did not lead it before. Raises NotOnTheTeam.
    """
    if not member.is_staff:
        raise NotOnTheTeam
    take_row(group)
    if db.session.get(Facilitator, (group.id, member.id)):
        return False
    _drop_seat(group, member.id)
    db.session.add(Facilitator(group_id=group.id, member=member))
    db.session.flush()
    return True


def drop_facilitator(group: Group, member: Member) -> bool:
    """Let somebody lead a group no longer; another one goes on with what they planned.

    Returns whether they led it. Raises LastFacilitator.
    """
    take_row(group)
    found = db.session.get(Facilitator, (group.id, member.id))
    if found is None:
        return False
    if group.ended_at is None and not [each for each in facilitators_of(group) if each != member]:
        raise LastFacilitator
    db.session.delete(found)
    db.session.flush()
    _hand_over(member.id)
    return True


def join(member: Member, group: Group, agreed_version: int) -> Seat:
    """Ask for a place, having accepted the agreement; or accept its new version.

    Gives the place where the group is open and has one. Raises GroupEnded, LeadsIt,
    OldAgreement.
    """
    # Of two who want the last place, the second waits here and finds none.
    take_row(group)
    if group.ended_at is not None:
        raise GroupEnded
    if agreed_version != group.agreement_version:
        raise OldAgreement
    if member in facilitators_of(group):
        raise LeadsIt
    seat = _seat_of(group, member.id)
    if seat is not None:
        seat.agreed_version = agreed_version
        return seat
    state = SeatState.ASKED if group.joining is Joining.ASK else _place_or_line(group)
    seat = Seat(
        group_id=group.id,
        member_id=member.id,
        state=state,
        agreed_version=agreed_version,
        since=now().date(),
    )
    db.session.add(seat)
    db.session.flush()
    if state is SeatState.ASKED:
        for facilitator in facilitators_of(group):
            notify(facilitator.id, NoticeKind.GROUP_ASKED, subject_id=group.id)
    return seat


def leave(member: Member, group: Group) -> None:
    """Leave a group, its line or its door. Nobody is told, and no reason is asked."""
    take_row(group)
    _drop_seat(group, member.id)


def leave_groups(member: Member) -> None:
    """Leave every group, as a member and as its facilitator, with all that tells of it."""
    for group in db.session.scalars(
        select(Group)
        .join(Seat, Seat.group_id == Group.id)
        .where(Seat.member_id == member.id)
        .order_by(Group.id)
    ).all():
        leave(member, group)
    for table in (Hand, Visit, Facilitator):
        db.session.execute(delete(table).where(table.member_id == member.id))
    _hand_over(member.id)


def take_in(group: Group, seat_id: str) -> Seat | None:
    """Say yes to a wish: a place if there is one, else a place in the line.

    Returns the seat, or None where the wish was taken back or answered meanwhile.
    """
    take_row(group)
    seat = _asked(group, seat_id)
    if seat is not None:
        seat.state = _place_or_line(group)
        notify(seat.member_id, NoticeKind.GROUP_PLACE, subject_id=group.id)
    return seat


def decline(group: Group, seat_id: str) -> Seat | None:
    """Say no to a wish, kindly. Returns the seat that is gone, or None as `take_in` does."""
    take_row(group)
    seat = _asked(group, seat_id)
    if seat is not None:
        notify(seat.member_id, NoticeKind.GROUP_PLACE, subject_id=group.id)
        db.session.delete(seat)
        db.session.flush()
    return seat


def give_back(group: Group, seat_id: str) -> bool:
    """Take somebody's place in a group from them, and tell them so; who waits longest comes in.

    Returns whether they had one.
    """
    take_row(group)
    member_id = db.session.scalar(
        select(Seat.member_id).where(
            Seat.group_id == group.id, Seat.public_id == seat_id, Seat.state == SeatState.IN
        )
    )
    if member_id is None:
        return False
    _drop_seat(group, member_id)
    notify(member_id, NoticeKind.GROUP_PLACE_BACK, subject_id=group.id)
    return True


def _hand_over(member_id: int) -> None:
    """Give what somebody planned in groups that they no longer lead to one who leads them."""
    for plan in db.session.scalars(
        select(Plan).where(Plan.facilitator_id == member_id, Plan.ended_at.is_(None))
    ).all():
        leading = [each.id for each in facilitators_of(plan.group)]
        if leading and member_id not in leading:
            plan.facilitator_id = leading[0]
    db.session.flush()


def _seat_of(group: Group, member_id: int) -> Seat | None:
    return db.session.scalar(
        select(Seat).where(Seat.group_id == group.id, Seat.member_id == member_id)
    )


def _asked(group: Group, seat_id: str) -> Seat | None:
    return db.session.scalar(
        select(Seat).where(
            Seat.group_id == group.id, Seat.public_id == seat_id, Seat.state == SeatState.ASKED
        )
    )


def _places_left(group: Group) -> int:
    taken = db.session.scalar(
        select(func.count()).where(Seat.group_id == group.id, Seat.state == SeatState.IN)
    )
    return group.capacity - (taken or 0)


def _place_or_line(group: Group) -> SeatState:
    return SeatState.IN if _places_left(group) > 0 else SeatState.WAITING


def _fill_places(group: Group) -> None:
    """Give free places to those who have waited longest, and tell them."""
    left = _places_left(group)
    if left <= 0 or group.ended_at is not None:
        return
    for seat in db.session.scalars(
        select(Seat)
        .where(Seat.group_id == group.id, Seat.state == SeatState.WAITING)
        .order_by(Seat.id)
        .limit(left)
    ):
        seat.state = SeatState.IN
        notify(seat.member_id, NoticeKind.GROUP_PLACE, subject_id=group.id)
    db.session.flush()


def _drop_seat(group: Group, member_id: int) -> None:
    """Take somebody out with all that tells they were there; who waits longest comes in."""
    gone = count_rows(delete(Seat).where(Seat.group_id == group.id, Seat.member_id == member_id))
    # A name chosen for the group stays only where words stand under it.
    wrote = exists().where(
        Post.author_id == member_id,
        Post.thread_id.in_(select(Thread.id).where(Thread.room_id == group.room_id)),
    )
    db.session.execute(
        delete(Alias).where(Alias.member_id == member_id, Alias.room_id == group.room_id, ~wrote)
    )
    meetings = select(Meeting.id).where(Meeting.group_id == group.id)
    for table in (Hand, Visit):
        db.session.execute(
            delete(table).where(table.member_id == member_id, table.meeting_id.in_(meetings))
        )
    if gone:
        _fill_places(group)
