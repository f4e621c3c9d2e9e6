"""What was done about a danger, step by step, and who was with whom."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.accounts.models import Member
from forum.database import enum_column
from forum.extensions import Model
from moderation.cases.models import Case


class Step(StrEnum):
    """A step of the protocol, in the order in which one usually goes. Source: practice.md, 4."""

    ASKED = "asked"
    DISTANCE = "distance"
    SOMEONE = "someone"
    LINE = "line"
    COMPANY = "company"
    NEXT_CONTACT = "next_contact"
    THANKED = "thanked"
    DEBRIEF = "debrief"


class Entry(Model):
    """A line of a case's time line: a step that was done, or a note.

    A step stands once on a case, whoever does it; a note has no step. Entries do not touch the
    case's version, so that several people can write at once and nobody's decision is in the way.
    """

    __tablename__ = "crisis_entry"
    # Empty steps are not equal, so there may be any number of notes.
    __table_args__ = (UniqueConstraint("case_id", "step"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("moderation_case.id"))
    moderator_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    step: Mapped[Step | None] = enum_column(Step, nullable=True)
    note: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]

    moderator: Mapped[Member] = relationship()


class Company(Model):
    """Somebody who has a case asked for a second person; at most one such call is open on it."""

    __tablename__ = "company"
    __table_args__ = (
        Index(
            "uq_company_open",
            "case_id",
            unique=True,
            sqlite_where=text("helper_id IS NULL AND ended_at IS NULL"),
            postgresql_where=text("helper_id IS NULL AND ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("moderation_case.id"), index=True)
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    asked_at: Mapped[datetime]
    helper_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    joined_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    case: Mapped[Case] = relationship()
    asked_by: Mapped[Member] = relationship(foreign_keys=[asked_by_id])
    helper: Mapped[Member | None] = relationship(foreign_keys=[helper_id])
