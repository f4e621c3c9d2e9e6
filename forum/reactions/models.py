"""What one reader answered to one post without words."""

from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from forum.database import enum_column
from forum.extensions import Model


class ReactionKind(StrEnum):
    """What a reader can say with one touch. None of them is a vote."""

    HEAR = "hear"
    ME_TOO = "me_too"
    THANKS = "thanks"


class Reaction(Model):
    """One sign of one reader. Who it was stands on no page, and no moment is kept."""

    __tablename__ = "reaction"
    __table_args__ = (UniqueConstraint("post_id", "member_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    kind: Mapped[ReactionKind] = enum_column(ReactionKind)
