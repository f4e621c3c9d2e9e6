"""Questions about two names. No answer is stored: it is worked out while it may be read."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.accounts.models import Member
from forum.database import enum_column
from forum.extensions import Model
from forum.public_id import public_id_column
from moderation.cases.models import Case


class Ground(StrEnum):
    """Why somebody asks."""

    # A person in danger may be reached through the other case.
    DANGER = "danger"
    # One person may harm others under several names.
    HARM = "harm"
    # Law asks for it, in writing.
    LAW = "law"


class PersonQuestion(Model):
    """Are the people of two cases one and the same? `decided_by` is never who asked."""

    __tablename__ = "person_question"
    __table_args__ = (CheckConstraint("decided_by_id <> asked_by_id", name="two_people"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id_column()
    case_id: Mapped[int] = mapped_column(ForeignKey("moderation_case.id"), index=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("moderation_case.id"), index=True)
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    ground: Mapped[Ground] = enum_column(Ground)
    note: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(index=True)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    decided_at: Mapped[datetime | None]
    is_allowed: Mapped[bool | None]

    case: Mapped[Case] = relationship(foreign_keys=[case_id])
    other: Mapped[Case] = relationship(foreign_keys=[other_id])
    asked_by: Mapped[Member] = relationship(foreign_keys=[asked_by_id])
    decided_by: Mapped[Member | None] = relationship(foreign_keys=[decided_by_id])
