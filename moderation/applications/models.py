"""What somebody wrote who wants to volunteer, what they heard, and who gave their word for them."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.accounts.models import Member, Role
from forum.database import enum_column
from forum.extensions import Model
from forum.public_id import public_id_column


class ApplicationState(StrEnum):
    """What became of an application."""

    OPEN = "open"
    # They are welcome to learn.
    WELCOME = "welcome"
    NOT_NOW = "not_now"
    TAKEN_BACK = "taken_back"


class Application(Model):
    """A member asks to become a volunteer. One of theirs is open at a time."""

    __tablename__ = "application"
    __table_args__ = (
        Index(
            "uq_application_open",
            "member_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_application_member_id_id", "member_id", "id"),
        Index("ix_application_state_id", "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id_column()
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    motivation: Mapped[str] = mapped_column(Text)
    times: Mapped[str] = mapped_column(Text)
    languages: Mapped[str] = mapped_column(String(200))
    # When they agreed to the limits.
    agreed_at: Mapped[datetime]
    # What the rules found in the words, None where they could not read them.
    level: Mapped[int | None]
    state: Mapped[ApplicationState] = enum_column(ApplicationState, default=ApplicationState.OPEN)
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    answered_at: Mapped[datetime | None]
    # From when on they may ask again, after a "not now".
    again_on: Mapped[date | None]

    member: Mapped[Member] = relationship(foreign_keys=[member_id])
    answered_by: Mapped[Member | None] = relationship(foreign_keys=[answered_by_id])


class Grant(Model):
    """A role that one person has given their word for; with a second person's word it is given.

    That they are two, and neither the one it is about, the database itself demands.
    """

    __tablename__ = "role_grant"
    __table_args__ = (
        CheckConstraint("second_id <> first_id", name="two_people"),
        CheckConstraint("first_id <> member_id", name="not_by_oneself"),
        CheckConstraint("second_id <> member_id", name="not_confirmed_by_oneself"),
        Index(
            "uq_role_grant_open",
            "member_id",
            unique=True,
            sqlite_where=text("second_id IS NULL"),
            postgresql_where=text("second_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    role: Mapped[Role] = enum_column(Role)
    first_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    first_at: Mapped[datetime]
    second_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    second_at: Mapped[datetime | None]

    member: Mapped[Member] = relationship(foreign_keys=[member_id])
    first: Mapped[Member] = relationship(foreign_keys=[first_id])
