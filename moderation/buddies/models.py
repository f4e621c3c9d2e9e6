"""Somebody's buddy period, and what a colleague thought of each decision in it."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.accounts.models import Member
from forum.database import enum_column
from forum.extensions import Model
from moderation.cases.models import Decision


class Verdict(StrEnum):
    """What a colleague thought."""

    CONFIRMED = "confirmed"
    # To be looked at together.
    TALK = "talk"


class BuddyPeriod(Model):
    """Somebody is new: their next decisions are looked at, as many as `decisions`."""

    __tablename__ = "buddy_period"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    since: Mapped[datetime]
    decisions: Mapped[int]

    member: Mapped[Member] = relationship()


class Review(Model):
    """One decision of somebody new, as a colleague saw it afterwards."""

    __tablename__ = "review"
    __table_args__ = (CheckConstraint("reviewer_id <> member_id", name="not_by_oneself"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    decision_id: Mapped[int] = mapped_column(ForeignKey("decision.id"), unique=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    verdict: Mapped[Verdict] = enum_column(Verdict)
    feedback: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]

    decision: Mapped[Decision] = relationship()
    reviewer: Mapped[Member] = relationship(foreign_keys=[reviewer_id])
