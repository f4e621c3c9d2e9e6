"""One promised contact, from its plan to the case that it came back as."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.accounts.models import Member
from forum.database import enum_column
from forum.extensions import Model
from moderation.cases.models import Case


class FollowUpState(StrEnum):
    """A follow-up is planned until it is due, then it is a case. Some end before that."""

    PLANNED = "planned"
    OPENED = "opened"
    # A moderator ended it, with a reason in words.
    ENDED = "ended"
    # A later case of the same person in the same thread made a plan of its own.
    REPLACED = "replaced"
    # The person has left Teduh.
    MEMBER_LEFT = "member_left"


class FollowUp(Model):
    """A contact some hours after a case was closed."""

    __tablename__ = "follow_up"
    __table_args__ = (
        UniqueConstraint("case_id", "hours"),
        # What the check for forgotten ones asks.
        Index("ix_follow_up_state_due_at", "state", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # The closed case that made the promise.
    case_id: Mapped[int] = mapped_column(ForeignKey("moderation_case.id"))
    hours: Mapped[int]
    due_at: Mapped[datetime]
    # Who writes, if they are there; anyone may after a while.
    owner_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    state: Mapped[FollowUpState] = enum_column(FollowUpState, default=FollowUpState.PLANNED)
    # The case that it came back as, or joined.
    opened_case_id: Mapped[int | None] = mapped_column(ForeignKey("moderation_case.id"), index=True)
    # When it was opened or ended.
    settled_at: Mapped[datetime | None]

    case: Mapped[Case] = relationship(foreign_keys=[case_id])
    owner: Mapped[Member] = relationship(foreign_keys=[owner_id])
