"""Who learns, what they hold a certificate for, and the practice cases of their present round."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.accounts.models import Member
from forum.database import enum_column
from forum.extensions import Model


class Module(StrEnum):
    """What one learns, in this order. Each needs a certificate of its own."""

    LISTENING = "listening"
    FIRST_AID = "first_aid"
    ETHICS = "ethics"
    CRISIS = "crisis"
    SELF_CARE = "self_care"
    # The practice cases.
    PRACTICE = "practice"


class Trainee(Model):
    """A member who was welcomed to learn."""

    __tablename__ = "trainee"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    since: Mapped[datetime]


class Certificate(Model):
    """Somebody passed a module. Tries that did not pass are kept nowhere."""

    __tablename__ = "certificate"
    __table_args__ = (Index("ix_certificate_expires_at", "expires_at"),)

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    module: Mapped[Module] = enum_column(Module, primary_key=True)
    given_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    # Whether the operator vouched for one of the first people, who had no test.
    vouched: Mapped[bool] = mapped_column(default=False)
    # When they were told that it ends soon.
    told_at: Mapped[datetime | None]

    member: Mapped[Member] = relationship()


class PracticeAnswer(Model):
    """A practice case that somebody has answered in this round; forgotten with the certificate."""

    __tablename__ = "practice_answer"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    practice: Mapped[str] = mapped_column(String(40), primary_key=True)
    # Whether level, first words and next step were as agreed.
    agreed: Mapped[bool]
    answered_at: Mapped[datetime]


class PracticeTally(Model):
    """How often a practice case of one level was read as another at first sight: nobody's own."""

    __tablename__ = "practice_tally"

    agreed_level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    chosen_level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(default=0)
