"""Rooms and the topics that a content warning can name."""

from enum import StrEnum
from typing import TypedDict

from sqlalchemy import JSON, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from forum.database import enum_column
from forum.extensions import Model


class ContentWarning(StrEnum):
    """What a folded post mentions, so that a reader can choose."""

    NONE = "none"
    SUICIDE = "suicide"
    SELF_HARM = "self_harm"
    ABUSE = "abuse"
    EATING = "eating"
    SUBSTANCE = "substance"
    GRIEF = "grief"


class Showing(StrEnum):
    """How a reader wants to meet a topic that content warnings name."""

    FOLDED = "folded"
    LEFT_OUT = "left_out"
    OPEN = "open"


class Unscanned(StrEnum):
    """What happens to a post that no worker has scanned within the grace time."""

    SHOW = "show"
    HOLD = "hold"


class Policy(StrEnum):
    """When others see what somebody writes in a room."""

    AFTER_SCAN = "after_scan"
    # What the rules see as amber waits for a human too; elsewhere only the worst does.
    HELD_ON_AMBER = "held_on_amber"
    # Everything waits for a human.
    READ_FIRST = "read_first"
    # What is there can be read; nobody but staff adds to it.
    CLOSED = "closed"


# In these rooms nothing is shown that nobody has read yet, however late the workers are.
PATIENT = (Policy.HELD_ON_AMBER, Policy.READ_FIRST)


class Tag(TypedDict):
    """One experience that members of a room may show: a code, and words in both languages."""

    code: str
    id: str
    en: str


class Room(Model):
    """A place for one topic. An unlisted room is reached by its address alone."""

    __tablename__ = "room"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name_id: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(80))
    description_id: Mapped[str] = mapped_column(Text)
    description_en: Mapped[str] = mapped_column(Text)
    content_warning: Mapped[ContentWarning] = enum_column(
        ContentWarning, default=ContentWarning.NONE
    )
    unscanned: Mapped[Unscanned] = enum_column(Unscanned, default=Unscanned.SHOW)
    policy: Mapped[Policy] = enum_column(Policy, default=Policy.AFTER_SCAN)
    # Slow mode: minutes between two posts of one member anywhere in the room; 0 is off.
    slow_minutes: Mapped[int] = mapped_column(default=0)
    # When members write here, such as "20:00-23:00" of Jakarta's clock; empty is always.
    hours: Mapped[str] = mapped_column(String(11), default="")
    # On which days these hours begin, 1 for Monday to 7; empty is every day.
    days: Mapped[list[int]] = mapped_column(JSON, default=list)
    # Whether the first posts of new accounts wait until a human has read them.
    holds_newcomers: Mapped[bool] = mapped_column(default=False)
    # What whoever writes here agrees to, a point on each line; empty is the agreement of all rooms.
    agreement_id: Mapped[str] = mapped_column(Text, default="")
    agreement_en: Mapped[str] = mapped_column(Text, default="")
    agreement_version: Mapped[int] = mapped_column(default=1)
    # What members may show beside their name here, in this order; empty is nothing.
    tags: Mapped[list[Tag]] = mapped_column(JSON, default=list)
    # Slugs of entries of the help directory that stand on the room's page.
    pinned: Mapped[list[str]] = mapped_column(JSON, default=list)
    position: Mapped[int] = mapped_column(default=0)
    is_listed: Mapped[bool] = mapped_column(default=True)
    # The room of a support group: who has no seat in it does not read it.
    members_only: Mapped[bool] = mapped_column(default=False)


class RoomAgreement(Model):
    """That a member has accepted a room's agreement, and which version of it."""

    __tablename__ = "room_agreement"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id"), primary_key=True, index=True)
    version: Mapped[int]
