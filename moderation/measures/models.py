"""What staff did to a post, a thread or an account: the row that the member's notice names."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.accounts.models import Member
from forum.database import enum_column
from forum.extensions import Model
from forum.posts.models import Post, Thread
from forum.public_id import public_id_column
from moderation.cases.models import Case, Decision


class MeasureKind(StrEnum):
    """What was done."""

    HIDE = "hide"
    RESTORE = "restore"
    HOLD = "hold"
    MASK = "mask"
    WARNING = "warning"
    UNMASK = "unmask"
    LOCK = "lock"
    UNLOCK = "unlock"
    SLOW = "slow"
    MOVE = "move"
    WARN = "warn"
    PAUSE = "pause"
    LIFT_PAUSE = "lift_pause"
    CLOSE_ACCOUNT = "close_account"


class MeasureReason(StrEnum):
    """The rule behind a measure. Texts for people are in measures.wordings."""

    METHOD = "method"
    PERSONAL_DATA = "personal_data"
    HEAVY = "heavy"
    PUSHING = "pushing"
    HARASSMENT = "harassment"
    DIAGNOSIS = "diagnosis"
    SPAM = "spam"
    OFF_TOPIC = "off_topic"
    DUPLICATE = "duplicate"
    SAFE_AGAIN = "safe_again"


class Measure(Model):
    """One measure. It stays when it is undone, so that the record tells the whole story."""

    __tablename__ = "measure"
    __table_args__ = (CheckConstraint("confirmed_by_id <> moderator_id", name="two_people"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id_column()
    case_id: Mapped[int] = mapped_column(ForeignKey("moderation_case.id"), index=True)
    # The act that it belongs to. Undoing the act undoes it.
    decision_id: Mapped[int | None] = mapped_column(ForeignKey("decision.id"), index=True)
    moderator_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    # Closing an account takes two: it has no effect until someone else has confirmed it.
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    # Whom it concerns.
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    kind: Mapped[MeasureKind] = enum_column(MeasureKind)
    reason: Mapped[MeasureReason] = enum_column(MeasureReason)
    # What the moderator says to the member.
    words: Mapped[str] = mapped_column(Text, default="")
    thread_id: Mapped[int | None] = mapped_column(ForeignKey("thread.id"))
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"), index=True)
    # When it ends by itself.
    until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]

    case: Mapped[Case] = relationship()
    decision: Mapped[Decision | None] = relationship()
    moderator: Mapped[Member] = relationship(foreign_keys=[moderator_id])
    member: Mapped[Member] = relationship(foreign_keys=[member_id])
    thread: Mapped[Thread | None] = relationship()
    post: Mapped[Post | None] = relationship()

    @property
    def took_effect(self) -> bool:
        """Whether it was more than asked for, so that its member knows of it."""
        return self.kind is not MeasureKind.CLOSE_ACCOUNT or self.confirmed_by_id is not None

    @property
    def is_in_force(self) -> bool:
        """Whether it took effect and was not taken back since."""
        return self.took_effect and self.undone_at is None
