"""Support groups, who sits in them, and their sessions. A session is called a meeting here."""

from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.accounts.models import Member
from forum.clock import now
from forum.database import enum_column
from forum.extensions import Model
from forum.posts.models import Thread
from forum.public_id import public_id_column
from forum.rooms.models import Room


class Joining(StrEnum):
    """How somebody comes in."""

    OPEN = "open"
    # A facilitator says yes first.
    ASK = "ask"


class Keeping(StrEnum):
    """What becomes of the words of a session. A group chooses once, when it begins."""

    STAY = "stay"
    ERASE = "erase"


class SeatState(StrEnum):
    """Where somebody stands. Who leaves has no seat, and nothing tells that they had one."""

    ASKED = "asked"
    WAITING = "waiting"
    IN = "in"


class Step(StrEnum):
    """What the group is doing in a session, as its facilitator says (practice, section 8)."""

    ARRIVAL = "arrival"
    ROUND = "round"
    THEME = "theme"
    SILENCE = "silence"
    CLOSING = "closing"


class Phase(StrEnum):
    """Where a meeting stands; the clock alone opens and closes it."""

    PLANNED = "planned"
    OPEN = "open"
    OVER = "over"
    CALLED_OFF = "called_off"


class Group(Model):
    """A support group. Name, topic and threads are those of its room."""

    __tablename__ = "support_group"

    id: Mapped[int] = mapped_column(primary_key=True)
    # The room's slug is the same.
    public_id: Mapped[str] = public_id_column()
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id"), unique=True)
    agreement_id: Mapped[str] = mapped_column(Text)
    agreement_en: Mapped[str] = mapped_column(Text)
    agreement_version: Mapped[int] = mapped_column(default=1)
    # Facilitators are not counted.
    capacity: Mapped[int]
    joining: Mapped[Joining] = enum_column(Joining)
    keeping: Mapped[Keeping] = enum_column(Keeping)
    created_at: Mapped[datetime]
    # Since when nobody joins and nothing is planned any more.
    ended_at: Mapped[datetime | None]

    room: Mapped[Room] = relationship(lazy="joined", innerjoin=True)


class Facilitator(Model):
    """Somebody of the team who leads a group."""

    __tablename__ = "group_facilitator"

    group_id: Mapped[int] = mapped_column(ForeignKey("support_group.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True, index=True)

    member: Mapped[Member] = relationship(lazy="joined", innerjoin=True)


class Seat(Model):
    """A member's place in a group, or their place in the line. The lowest id came first."""

    __tablename__ = "group_seat"
    __table_args__ = (UniqueConstraint("group_id", "member_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id_column()
    group_id: Mapped[int] = mapped_column(ForeignKey("support_group.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    state: Mapped[SeatState] = enum_column(SeatState)
    # The version of the group's agreement that they have accepted.
    agreed_version: Mapped[int]
    # A day and not a moment: nothing needs more.
    since: Mapped[date]

    group: Mapped[Group] = relationship()
    member: Mapped[Member] = relationship()


class Plan(Model):
    """When a group meets: once, or every week at the same hour. Indonesia has no summer time."""

    __tablename__ = "group_plan"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id_column()
    group_id: Mapped[int] = mapped_column(ForeignKey("support_group.id"), index=True)
    # Who leads it; the welcome is theirs, and opens the talk under their name.
    facilitator_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    welcome: Mapped[str] = mapped_column(Text)
    # The first time.
    starts_at: Mapped[datetime]
    minutes: Mapped[int]
    is_weekly: Mapped[bool]
    ended_at: Mapped[datetime | None]

    group: Mapped[Group] = relationship()
    facilitator: Mapped[Member] = relationship()


class Meeting(Model):
    """One session. Its words are posts of a thread, which begins with the first of them."""

    __tablename__ = "group_meeting"
    __table_args__ = (
        UniqueConstraint("plan_id", "starts_at"),
        Index("ix_group_meeting_group_id_starts_at", "group_id", "starts_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id_column()
    group_id: Mapped[int] = mapped_column(ForeignKey("support_group.id"))
    plan_id: Mapped[int] = mapped_column(ForeignKey("group_plan.id"))
    thread_id: Mapped[int | None] = mapped_column(ForeignKey("thread.id"), unique=True)
    starts_at: Mapped[datetime]
    # Earlier than planned where a facilitator closed it.
    ends_at: Mapped[datetime]
    step: Mapped[Step | None] = enum_column(Step)
    reminded_at: Mapped[datetime | None]
    called_off_at: Mapped[datetime | None]
    # When it was counted and its follow-up planned.
    settled_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]
    # How many members came. A number and no names.
    attended: Mapped[int | None]

    group: Mapped[Group] = relationship(lazy="joined", innerjoin=True)
    plan: Mapped[Plan] = relationship(lazy="joined", innerjoin=True)
    thread: Mapped[Thread | None] = relationship()

    @property
    def phase(self) -> Phase:
        """Where the meeting stands now."""
        if self.called_off_at is not None:
            return Phase.CALLED_OFF
        moment = now()
        if moment < self.starts_at:
            return Phase.PLANNED
        return Phase.OPEN if moment < self.ends_at else Phase.OVER

    @property
    def is_open(self) -> bool:
        """Whether people can speak in it now."""
        return self.phase is Phase.OPEN

    @property
    def minutes_left(self) -> int:
        """How many minutes are left, rounded up; 0 when it is over."""
        left = self.ends_at - now()
        return max(0, -(-left // timedelta(minutes=1)))


class Hand(Model):
    """A hand that is up in a meeting. The lowest id was first; it goes down with the meeting."""

    __tablename__ = "group_hand"
    __table_args__ = (UniqueConstraint("meeting_id", "member_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id_column()
    meeting_id: Mapped[int] = mapped_column(ForeignKey("group_meeting.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)

    member: Mapped[Member] = relationship()


class Visit(Model):
    """Somebody came to a meeting. It goes when they give feedback, or a week later."""

    __tablename__ = "group_visit"

    meeting_id: Mapped[int] = mapped_column(ForeignKey("group_meeting.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True, index=True)


class Tally(Model):
    """How often an answer was given in a group. Nobody's answer is stored as theirs.

    New answers wait in `fresh` until there are enough of them to tell nobody's.
    """

    __tablename__ = "group_tally"

    group_id: Mapped[int] = mapped_column(ForeignKey("support_group.id"), primary_key=True)
    # A question and an answer of forum.groups.feedback, such as "heard.yes".
    answer: Mapped[str] = mapped_column(Text, primary_key=True)
    fresh: Mapped[int] = mapped_column(default=0)
    shown: Mapped[int] = mapped_column(default=0)


class MeetingNote(Model):
    """What a facilitator writes down after a meeting, for facilitators and leads alone."""

    __tablename__ = "group_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("group_meeting.id"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]

    author: Mapped[Member] = relationship(lazy="joined", innerjoin=True)
    meeting: Mapped[Meeting] = relationship()
