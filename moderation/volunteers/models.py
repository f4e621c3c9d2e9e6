"""Shifts with what was said at their end, cases somebody passed, and topics they are spared."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.accounts.models import Member
from forum.database import enum_column
from forum.extensions import Model
from forum.rooms.models import ContentWarning


class Shift(Model):
    """Somebody is on duty from its beginning until they end it, or until it has run out.

    The three answers are for leads alone; each may be empty.
    """

    __tablename__ = "shift"
    __table_args__ = (
        Index(
            "uq_shift_open",
            "member_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_shift_member_id_started_at", "member_id", "started_at"),
        Index("ix_shift_started_at", "started_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    started_at: Mapped[datetime]
    # When it runs out by itself.
    until: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    weighed: Mapped[str] = mapped_column(Text, default="")
    helped: Mapped[str] = mapped_column(Text, default="")
    wished: Mapped[str] = mapped_column(Text, default="")

    member: Mapped[Member] = relationship()


class Skip(Model):
    """Somebody said "not this one". Nobody is told, and it is forgotten with the day."""

    __tablename__ = "skip"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("moderation_case.id"), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(index=True)


class OptOut(Model):
    """A topic that somebody at the desk would rather not be dealt."""

    __tablename__ = "opt_out"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    topic: Mapped[ContentWarning] = enum_column(ContentWarning, primary_key=True)
