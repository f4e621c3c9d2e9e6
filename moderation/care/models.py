"""Care cards and pinned resources."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.extensions import Model
from forum.help.models import HelpEntry
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
