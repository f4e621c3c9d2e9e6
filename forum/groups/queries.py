"""Reads of groups and sessions. `get_meeting_for` is the only way of members to a session."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib.resources import files

import yaml
from sqlalchemy import func, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from forum.accounts.models import Alias, Member
from forum.clock import now
from forum.extensions import db
from forum.groups.entry import is_in_group, is_of_the_team
from forum.groups.models import (
    Facilitator,
    Group,
    Hand,
    Meeting,
    MeetingNote,
    Phase,
    Plan,
    Seat,
    SeatState,
    Visit,
)
from forum.posts.models import Post, Thread, Visibility
from forum.posts.queries import readable_by

MESSAGES = 30
PAST_MEETINGS = 6


@dataclass(frozen=True)
class Standing:
    """How a group looks to one person. `seat` is theirs, `free` the places that are left."""

    group: Group
    seat: Seat | None
    leads: bool
    free: int

    @property
    def is_in(self) -> bool:
        """Whether they read the group's words."""
        return self.leads or (self.seat is not None and self.seat.state is SeatState.IN)

    @property
    def must_agree(self) -> bool:
        """Whether the agreement has changed since they accepted it."""
        return self.seat is not None and self.seat.agreed_version != self.group.agreement_version


@dataclass(frozen=True)
class Talk:
    """Some messages of a session, the oldest first, and whether there are earlier ones."""

    items: Sequence[Post]
    has_earlier: bool


@cache
def starter() -> dict[str, str]:
    """Return what a new group begins with."""
    text = files("forum.groups").joinpath("starter.yaml").read_text("utf-8")
    found: dict[str, str] = yaml.safe_load(text)
    return found


def groups_for(viewer: Member | None) -> list[Standing]:
    """Return the groups that go on, and ended ones that the viewer is in. Four statements."""
    seats = _seats_of(viewer)
    led = _led_by(viewer)
    own = {seat.group_id for seat in seats.values() if seat.state is SeatState.IN} | led
    groups = db.session.scalars(
        select(Group).where(or_(Group.ended_at.is_(None), Group.id.in_(own))).order_by(Group.id)
    ).all()
    taken = _taken(group.id for group in groups)
    return [
        Standing(
            group, seats.get(group.id), group.id in led, group.capacity - taken.get(group.id, 0)
        )
        for group in groups
    ]


def standing_in(viewer: Member | None, public_id: str) -> Standing | None:
    """Return how a group looks to somebody, or None where there is none for them."""
    group = find_group(public_id)
    if group is None:
        return None
    seat = None
    leads = False
    if viewer is not None:
        seat = db.session.scalar(
            select(Seat).where(Seat.group_id == group.id, Seat.member_id == viewer.id)
        )
        leads = viewer.is_staff and bool(db.session.get(Facilitator, (group.id, viewer.id)))
    found = Standing(group, seat, leads, group.capacity - _taken([group.id]).get(group.id, 0))
    return found if group.ended_at is None or found.is_in else None


def find_group(public_id: str) -> Group | None:
    """Return the group with this address."""
    return db.session.scalar(select(Group).where(Group.public_id == public_id))


def facilitators_of(group: Group) -> list[Member]:
    """Return who leads a group now."""
    rows = db.session.scalars(
        select(Facilitator)
        .where(Facilitator.group_id == group.id, is_of_the_team())
        .order_by(Facilitator.member_id)
    )
    return [row.member for row in rows]


def host_of(meeting: Meeting) -> Member | None:
    """Return under whose name a session begins: who planned it, or else another who leads.

    None where nobody who leads the group may post now.
    """
    able = [each for each in facilitators_of(meeting.group) if not each.is_paused]
    return min(able, key=lambda each: each.id != meeting.plan.facilitator_id, default=None)


def plans_of(group: Group) -> list[Plan]:
    """Return what a group plans, the first begun first."""
    return list(
        db.session.scalars(
            select(Plan)
            .where(Plan.group_id == group.id, Plan.ended_at.is_(None))
            .options(joinedload(Plan.facilitator))
            .order_by(Plan.id)
        )
    )


def coming_meetings(group: Group) -> list[Meeting]:
    """Return the sessions that are open or planned, and those called off for a coming date."""
    return list(
        db.session.scalars(
            select(Meeting)
            .where(Meeting.group_id == group.id, Meeting.ends_at > now())
            .order_by(Meeting.starts_at)
        )
    )


def past_meetings(group: Group) -> list[Meeting]:
    """Return the latest sessions that took place, the newest first."""
    return list(
        db.session.scalars(
            select(Meeting)
            .where(
                Meeting.group_id == group.id,
                Meeting.ends_at <= now(),
                Meeting.called_off_at.is_(None),
            )
            .order_by(Meeting.starts_at.desc())
            .limit(PAST_MEETINGS)
        )
    )


def next_meetings_of(viewer: Member) -> list[Meeting]:
    """Return the viewer's own sessions that are open or begin within a week."""
    return list(
        db.session.scalars(
            select(Meeting)
            .where(
                Meeting.ends_at > now(),
                Meeting.starts_at < now() + timedelta(days=7),
                Meeting.called_off_at.is_(None),
                is_in_group(viewer, Meeting.group_id),
            )
            .order_by(Meeting.starts_at)
        )
    )


def get_meeting_for(viewer: Member, public_id: str) -> Meeting | None:
    """Return a session of a group that the viewer is in, with its plan and thread."""
    return db.session.scalar(
        select(Meeting)
        .where(Meeting.public_id == public_id, is_in_group(viewer, Meeting.group_id))
        .options(joinedload(Meeting.thread))
    )


def meeting_of(thread: Thread) -> Meeting | None:
    """Return the session that a thread holds the words of; only a group's room has such threads.

    One statement, or none.
    """
    if not thread.room.members_only:
        return None
    return db.session.scalar(select(Meeting).where(Meeting.thread_id == thread.id))


def has_visited(member: Member, meeting: Meeting) -> bool:
    """Return whether it is noted that somebody came."""
    return db.session.get(Visit, (meeting.id, member.id)) is not None


def number_of_visitors(meeting: Meeting) -> int:
    """Return how many members have come so far."""
    return db.session.scalar(select(func.count()).where(Visit.meeting_id == meeting.id)) or 0


def talk_of(meeting: Meeting, viewer: Member, before: str = "") -> Talk:
    """Return the latest messages that the viewer may read, or those before a post of it.

    The welcome is not among them until the session is over: it stands above the talk.
    """
    if meeting.thread_id is None:
        return Talk([], has_earlier=False)
    wanted = [
        Post.thread_id == meeting.thread_id,
        Post.visibility != Visibility.DELETED,
        readable_by(viewer),
    ]
    if meeting.phase is not Phase.OVER:
        wanted.append(Post.is_opening.is_(False))
    if before:
        wanted.append(Post.id < select(Post.id).where(Post.public_id == before).scalar_subquery())
    rows = db.session.scalars(
        select(Post)
        .join(Post.thread)
        .join(Thread.room)
        .options(joinedload(Post.author), joinedload(Post.alias), contains_eager(Post.thread))
        .where(*wanted)
        .order_by(Post.id.desc())
        .limit(MESSAGES + 1)
    ).all()
    return Talk(rows[:MESSAGES][::-1], has_earlier=len(rows) > MESSAGES)


def before_which(post: Post, viewer: Member) -> str:
    """Return what `talk_of` is asked for so that its latest message is this one; "" if it is fresh.

    That is the address of the next one, where the latest messages are later ones.
    """
    later = (
        select(Post.public_id)
        .join(Post.thread)
        .join(Thread.room)
        .where(
            Post.thread_id == post.thread_id,
            Post.id > post.id,
            Post.visibility != Visibility.DELETED,
            readable_by(viewer),
        )
        .order_by(Post.id)
        .limit(MESSAGES)
    )
    found = db.session.scalars(later).all()
    return found[0] if len(found) == MESSAGES and not post.is_opening else ""


def hands_of(meeting: Meeting) -> list[Hand]:
    """Return the hands that are up, the first raised first."""
    return list(
        db.session.scalars(
            select(Hand)
            .where(Hand.meeting_id == meeting.id)
            .options(joinedload(Hand.member))
            .order_by(Hand.id)
        )
    )


def seats_of(group: Group) -> list[Seat]:
    """Return everyone who has, awaits or wishes a place, in the order in which they came."""
    return list(
        db.session.scalars(
            select(Seat)
            .where(Seat.group_id == group.id)
            .options(joinedload(Seat.member))
            .order_by(Seat.id)
        )
    )


def names_in(group: Group, members: Iterable[Member]) -> dict[int, str]:
    """Return the only names that may stand for these people in a group, by member id."""
    names = {member.id: member.pseudonym for member in members}
    rows = db.session.execute(
        select(Alias.member_id, Alias.name).where(
            Alias.room_id == group.room_id,
            Alias.member_id.in_(names),
            Alias.name.is_not(None),
            # Who leads does so under their own name, whatever they wrote here before.
            Alias.member_id.not_in(
                select(Facilitator.member_id).where(
                    Facilitator.group_id == group.id, is_of_the_team()
                )
            ),
        )
    )
    return names | {row[0]: row[1] for row in rows}


def notes_of(group: Group) -> list[MeetingNote]:
    """Return the notes of a group's facilitators, the newest first."""
    return list(
        db.session.scalars(
            select(MeetingNote)
            .join(MeetingNote.meeting)
            .where(Meeting.group_id == group.id)
            .options(contains_eager(MeetingNote.meeting))
            .order_by(MeetingNote.id.desc())
            .limit(20)
        )
    )


def _seats_of(viewer: Member | None) -> dict[int, Seat]:
    if viewer is None:
        return {}
    seats = db.session.scalars(select(Seat).where(Seat.member_id == viewer.id))
    return {seat.group_id: seat for seat in seats}


def _led_by(viewer: Member | None) -> set[int]:
    if viewer is None or not viewer.is_staff:
        return set()
    return set(
        db.session.scalars(select(Facilitator.group_id).where(Facilitator.member_id == viewer.id))
    )


def _taken(group_ids: Iterable[int]) -> dict[int, int]:
    rows = db.session.execute(
        select(Seat.group_id, func.count())
        .where(Seat.group_id.in_(list(group_ids)), Seat.state == SeatState.IN)
        .group_by(Seat.group_id)
    )
    return {row[0]: row[1] for row in rows}
