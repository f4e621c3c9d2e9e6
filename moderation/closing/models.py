"""Referrals, second opinions, and the state in which a heavy case was left."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.accounts.models import Member
from forum.database import enum_column
from forum.extensions import Model
from forum.help.models import HelpEntry
from moderation.cases.models import CloseReason


class Service(StrEnum):
    """A kind of service, where no entry of the directory is meant."""

    PUSKESMAS = "puskesmas"
    EMERGENCY_ROOM = "emergency_room"
    LINE = "line"
    PSYCHOLOGIST = "psychologist"


class Taken(StrEnum):
    """Whether the person reached the service."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Referral(Model):
    """A service that a moderator named to the person of a case: an entry, or a kind of service."""

    __tablename__ = "referral"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("moderation_case.id"), index=True)
    moderator_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("help_entry.id"))
    service: Mapped[Service | None] = enum_column(Service, nullable=True)
    offered_at: Mapped[datetime]
    taken: Mapped[Taken] = enum_column(Taken, default=Taken.UNKNOWN)
    # When `taken` was last noted, and by whom.
    noted_at: Mapped[datetime | None]
    noted_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))

    moderator: Mapped[Member] = relationship(foreign_keys=[moderator_id])
    entry: Mapped[HelpEntry | None] = relationship()


class Judgement(StrEnum):
    """What someone thinks a case needs."""

    NEEDS_ANSWER = "needs_answer"
    NO_ACTION = "no_action"


class Opinion(Model):
    """Two judgements of one red or crisis case, the second made blind.

    Rows with both are what agreement (and kappa) is computed from. A row without the second one
    lapsed: something new came in, and the case was read in the ordinary way again.
    """

    __tablename__ = "second_opinion"
    __table_args__ = (UniqueConstraint("case_id", "case_version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("moderation_case.id"))
    # The version that the first person saw, and the level that it had.
    case_version: Mapped[int]
    level: Mapped[int]
    first_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    first: Mapped[Judgement] = enum_column(Judgement)
    first_reason: Mapped[CloseReason] = enum_column(CloseReason)
    first_note: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime]
    second_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    second: Mapped[Judgement | None] = enum_column(Judgement, nullable=True)
    second_note: Mapped[str] = mapped_column(Text, default="")
    given_at: Mapped[datetime | None]
    # Only where the two differ.
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    lead: Mapped[Judgement | None] = enum_column(Judgement, nullable=True)
    decided_at: Mapped[datetime | None]

    first_by: Mapped[Member] = relationship(foreign_keys=[first_id])
    second_by: Mapped[Member | None] = relationship(foreign_keys=[second_id])


class Outcome(StrEnum):
    """How the person was when a heavy case was closed. Source: practice.md, 4."""

    SAFE = "safe"
    HANDED_OVER = "handed_over"
    UNKNOWN = "unknown"


class Consent(StrEnum):
    """What the person says to being written to again."""

    YES = "yes"
    NO = "no"
    NOT_ASKED = "not_asked"


class Ending(Model):
    """The state in which a red or crisis case was closed."""

    __tablename__ = "case_ending"

    case_id: Mapped[int] = mapped_column(ForeignKey("moderation_case.id"), primary_key=True)
    outcome: Mapped[Outcome] = enum_column(Outcome)
    consent: Mapped[Consent] = enum_column(Consent)
    # Why nobody writes again, if it was the moderator who thought so.
    declined: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]

    @property
    def has_follow_ups(self) -> bool:
        """Whether someone writes again."""
        return self.consent is not Consent.NO and not self.declined
