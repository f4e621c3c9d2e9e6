"""Members, their recovery codes and their sessions. No e-mail, phone, address or browser."""

import secrets
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.clock import now
from forum.database import enum_column
from forum.extensions import Model
from forum.rooms.models import ContentWarning, Room, Showing
from forum.text import LEFT


class Role(StrEnum):
    """What a person may do, from least to most."""

    MEMBER = "member"
    VOLUNTEER = "volunteer"
    MODERATOR = "moderator"
    LEAD = "lead"
    ADMIN = "admin"


class Zone(StrEnum):
    """A time zone of Indonesia. None of them has summer time."""

    WIB = "WIB"
    WITA = "WITA"
    WIT = "WIT"

    @property
    def hours(self) -> int:
        """How many hours it is ahead of UTC."""
        return {"WIB": 7, "WITA": 8, "WIT": 9}[self.value]

    @property
    def tz(self) -> timezone:
        """The zone as datetimes take it."""
        return timezone(timedelta(hours=self.hours), self.value)


MARK_LENGTH = 16

STAFF = frozenset({Role.VOLUNTEER, Role.MODERATOR, Role.LEAD, Role.ADMIN})
MODERATORS = STAFF - {Role.VOLUNTEER}


class Member(Model):
    """One account. It is known by a pseudonym and nothing else."""

    __tablename__ = "member"

    id: Mapped[int] = mapped_column(primary_key=True)
    pseudonym: Mapped[str] = mapped_column(String(24))
    # The pseudonym with look-alikes folded together, so that nobody can pass for another.
    folded_name: Mapped[str] = mapped_column(String(48), unique=True)
    passphrase_hash: Mapped[str] = mapped_column(String(200))
    role: Mapped[Role] = enum_column(Role, default=Role.MEMBER)
    language: Mapped[str] = mapped_column(String(2), default="id")
    # Whether a letter alone is a command on staff pages; who speaks to the computer needs it off.
    letter_keys: Mapped[bool] = mapped_column(default=True)
    # Which clock their pages show.
    zone: Mapped[Zone] = enum_column(Zone, default=Zone.WIB)
    agreement_version: Mapped[int]
    # A day and not a moment: nothing needs more.
    joined_on: Mapped[date]
    # Joined while many did, without a proof of work: a human reads the first posts before others.
    is_unproven: Mapped[bool] = mapped_column(default=False)
    # How they want to meet topics, where it is not folded: Showing by ContentWarning.
    shown_topics: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    # Until when they read, answer messages and appeal, but do not post.
    paused_until: Mapped[datetime | None]
    # Since when signing in leads to messages, help and appeals alone.
    closed_at: Mapped[datetime | None]

    # Random, shown to nobody: the list of erased accounts holds a hash of it, and nothing else.
    erase_key: Mapped[str] = mapped_column(String(32), default=lambda: secrets.token_hex(16))

    codes: Mapped[list["RecoveryCode"]] = relationship(cascade="all, delete-orphan")

    # What Flask-Login asks of a user.
    is_authenticated = True
    is_active = True
    is_anonymous = False

    # Whether this request's session still lacks the second step that staff need; set by
    # forum.accounts.access, and no column. Until then it opens nothing that members can't open.
    awaits_factor = False

    def get_id(self) -> str:
        """Return the id as Flask-Login wants it."""
        return str(self.id)

    @property
    def member(self) -> "Member":
        """The row itself, where `current_user` stands before us."""
        return self

    @property
    def is_staff(self) -> bool:
        """Whether this person answers at the desk."""
        return self.role in STAFF and not self.is_closed and not self.awaits_factor

    @property
    def is_admin(self) -> bool:
        """Whether this person keeps the rules."""
        return self.role is Role.ADMIN and self.is_staff

    @property
    def has_left(self) -> bool:
        """Whether this row stands for everyone who left, of whom two are not one person."""
        return self.folded_name == LEFT

    @property
    def is_paused(self) -> bool:
        """Whether this person may not post now; a pause ends by itself."""
        return self.paused_until is not None and self.paused_until > now()

    @property
    def left_out(self) -> list[ContentWarning]:
        """The topics that they don't want in lists."""
        return [topic for topic in ContentWarning if self.showing_of(topic) is Showing.LEFT_OUT]

    def showing_of(self, topic: ContentWarning) -> Showing:
        """Return how they want to meet a topic."""
        return Showing(self.shown_topics.get(topic.value, Showing.FOLDED))

    @property
    def is_closed(self) -> bool:
        """Whether this account is closed: its owner still reads messages and appeals."""
        return self.closed_at is not None


class Alias(Model):
    """The name that a member has chosen for one room; no `name` means their pseudonym.

    Nothing else stands here, and no day: two names of one person share no value.
    """

    __tablename__ = "alias"
    __table_args__ = (UniqueConstraint("member_id", "room_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id"))
    name: Mapped[str | None] = mapped_column(String(24))
    folded_name: Mapped[str | None] = mapped_column(String(48), unique=True)

    room: Mapped[Room] = relationship()


class RecoveryCode(Model):
    """A code that lets its owner choose a new passphrase, once."""

    __tablename__ = "recovery_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(200))


class SignIn(Model):
    """A signed-in browser. Holds a hash of its cookie, so that the table opens no account."""

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    # Both rounded down: to the hour, for staff to five minutes.
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    # When staff last showed their second step here.
    second_factor_at: Mapped[datetime | None]
    # What a passkey is asked to sign, once, and until when.
    challenge: Mapped[bytes | None] = mapped_column(LargeBinary(64))
    challenge_until: Mapped[datetime | None]

    member: Mapped[Member] = relationship(lazy="joined", innerjoin=True)

    @property
    def mark(self) -> str:
        """What names the session on its owner's page: it opens nothing and counts nothing."""
        return self.token_hash[:MARK_LENGTH]
