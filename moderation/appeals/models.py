"""What a member wrote against a measure, and what somebody else decided."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.accounts.models import Member
from forum.database import enum_column
from forum.extensions import Model
from moderation.cases.models import Case
from moderation.measures.models import Measure


class AppealOutcome(StrEnum):
    """What became of the measure."""

    UPHELD = "upheld"
    OVERTURNED = "overturned"


class Appeal(Model):
    """One wish for another look; a measure has at most one, and each has a case of its own.

    Who took or confirmed the measure stands here too, so that the database itself refuses them as
    the one who decides.
    """

    __tablename__ = "appeal"
    __table_args__ = (
        CheckConstraint("decided_by_id <> taken_by_id", name="not_who_took_it"),
        CheckConstraint("decided_by_id <> confirmed_by_id", name="not_who_confirmed_it"),
        CheckConstraint("decided_by_id <> member_id", name="not_the_member"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    measure_id: Mapped[int] = mapped_column(ForeignKey("measure.id"), unique=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("moderation_case.id"), unique=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    taken_by_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    body: Mapped[str] = mapped_column(Text)
    # What the rules found in the words, None where they could not read them.
    level: Mapped[int | None]
    # The case that was opened or raised because of the words.
    danger_case_id: Mapped[int | None] = mapped_column(ForeignKey("moderation_case.id"), index=True)
    created_at: Mapped[datetime]
    outcome: Mapped[AppealOutcome | None] = enum_column(AppealOutcome, nullable=True)
    # What the one who decided says to the member.
    answer: Mapped[str] = mapped_column(Text, default="")
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    decided_at: Mapped[datetime | None]

    measure: Mapped[Measure] = relationship()
    case: Mapped[Case] = relationship(foreign_keys=[case_id])
    member: Mapped[Member] = relationship(foreign_keys=[member_id])
