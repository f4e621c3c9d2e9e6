"""Care cards, pinned resources and private check-ins."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.accounts.models import Member
from forum.database import enum_column
from forum.extensions import Model
from forum.help.models import HelpEntry
from forum.public_id import public_id_column
from moderation.risk.levels import Level


class CareCard(Model):
    """What the author of a flagged post sees above it. Nobody else ever does."""

    __tablename__ = "care_card"

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), unique=True)
    level: Mapped[int]
    # A person who wrote of violence is shown other doors than one who wrote of grief.
    topic: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime]

    @property
    def risk_level(self) -> Level:
        """The level as the enum."""
        return Level(self.level)


class Pin(Model):
    """A help entry that a moderator put above a thread, for everyone in it."""

    __tablename__ = "pin"
    __table_args__ = (UniqueConstraint("thread_id", "entry_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id"))
    entry_id: Mapped[int] = mapped_column(ForeignKey("help_entry.id"))
    moderator_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    created_at: Mapped[datetime]

    entry: Mapped[HelpEntry] = relationship(lazy="joined", innerjoin=True)


class Speaker(StrEnum):
    """Which of the two sides of a check-in wrote a message."""

    MODERATOR = "moderator"
    MEMBER = "member"


class QuickAnswer(StrEnum):
    """What a member can say with one press."""

    SAFE = "safe"
    NOT_SAFE = "not_safe"
    WANT_TO_TALK = "want_to_talk"
    NONE = "none"


class CheckIn(Model):
    """A private exchange between the person of a case and the volunteers who answer it.

    It belongs to the open case once the member has written on it, even if it began on an
    earlier one. `closed` says that its volunteer has ended it; the member can always answer.
    """

    __tablename__ = "check_in"
    # Every page of a signed-in member asks whether something unread waits.
    __table_args__ = (Index("ix_check_in_member_id_read_at", "member_id", "read_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id_column()
    case_id: Mapped[int] = mapped_column(ForeignKey("moderation_case.id"), index=True)
    # Who began it; each message names its own writer.
    moderator_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    created_at: Mapped[datetime]
    # When the member opened it; empty while something in it is new to them.
    read_at: Mapped[datetime | None]
    closed: Mapped[bool] = mapped_column(default=False)

    moderator: Mapped[Member] = relationship(foreign_keys=[moderator_id])


class CheckInMessage(Model):
    """What one side wrote, or said with one press."""

    __tablename__ = "check_in_message"
    __table_args__ = (UniqueConstraint("author_id", "submission_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    check_in_id: Mapped[int] = mapped_column(ForeignKey("check_in.id"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    who: Mapped[Speaker] = enum_column(Speaker)
    body: Mapped[str] = mapped_column(Text)
    body_html: Mapped[str] = mapped_column(Text)
    renderer_version: Mapped[int]
    answer: Mapped[QuickAnswer] = enum_column(QuickAnswer, default=QuickAnswer.NONE)
    # What the rules found in a member's words; empty where they could not read them.
    level: Mapped[int | None]
    # Each with rule, start and end (code points of the body); never the words.
    spans: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    created_at: Mapped[datetime]
    # For a member's message: when staff next acted with it on their page.
    read_at: Mapped[datetime | None]
    # Chosen by the form, so that sending it twice makes one message.
    submission_key: Mapped[str] = mapped_column(String(64))

    author: Mapped[Member] = relationship()

    @property
    def is_unread(self) -> bool:
        """Whether a member's words still wait for an act of the desk."""
        return self.who is Speaker.MEMBER and self.read_at is None
