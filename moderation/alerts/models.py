"""What climbs the ladder, and what was sent where."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.accounts.models import Member
from forum.database import enum_column
from forum.extensions import Model
from forum.public_id import public_id_column
from moderation.risk.levels import Level


class Kind(StrEnum):
    """What a human should look at."""

    # Red or crisis, and nobody has it.
    CASE = "case"
    AMBER_OLD = "amber_old"
    # An amber case whose claim ran out; a red one climbs again anyway.
    CLAIM_LOST = "claim_lost"
    NOBODY_ON_DUTY = "nobody_on_duty"
    UNSCANNED = "unscanned"
    DEAD_JOB = "dead_job"
    # A post told of something that a lead is called to at once, whatever the case's level.
    LEAD_CALL = "lead_call"
    # The worker or beat gives no sign of life.
    SILENT = "silent"


# Kinds whose subject is a case.
ABOUT_CASES = (Kind.CASE, Kind.AMBER_OLD, Kind.CLAIM_LOST, Kind.LEAD_CALL)


class DeliveryState(StrEnum):
    """Where a message stands. Dropped: everything it would have told was seen before."""

    PENDING = "pending"
    LEASED = "leased"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


class Alert(Model):
    """One thing that waits for a human, from its beginning until it waits no more.

    `subject_id` is the id of a case or a job; 0 where the kind says it all. `step` counts how
    often somebody was told, and `rung` is the highest that was.
    """

    __tablename__ = "alert"
    __table_args__ = (
        Index(
            "uq_alert_open",
            "kind",
            "subject_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_alert_ended_at_next_at", "ended_at", "next_at"),
        Index("ix_alert_kind_subject_id", "kind", "subject_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id_column()
    kind: Mapped[Kind] = enum_column(Kind)
    subject_id: Mapped[int]
    level: Mapped[int]
    step: Mapped[int] = mapped_column(default=0)
    rung: Mapped[int | None]
    started_at: Mapped[datetime]
    next_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    ended_at: Mapped[datetime | None]

    acknowledged_by: Mapped[Member | None] = relationship()

    @property
    def risk_level(self) -> Level:
        """The level as the enum."""
        return Level(self.level)


class AlertDelivery(Model):
    """One message to one target. What it says is counted when it is sent, not before."""

    __tablename__ = "alert_delivery"
    __table_args__ = (
        Index("ix_alert_delivery_state_target_level", "state", "target", "level"),
        Index("ix_alert_delivery_created_at", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # forum.targets.Target.key; the address stands in the settings alone.
    target: Mapped[str] = mapped_column(String(16))
    rung: Mapped[int]
    level: Mapped[int]
    is_test: Mapped[bool] = mapped_column(default=False)
    state: Mapped[DeliveryState] = enum_column(DeliveryState, default=DeliveryState.PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    run_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(20))
