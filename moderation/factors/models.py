"""What a member of staff shows beside their passphrase, and who asked for a fresh start."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.accounts.models import Member
from forum.database import enum_column
from forum.extensions import Model

MAX_NAME = 40
# The longest name of a credential that WebAuthn allows is 1023 bytes, in base64url.
MAX_CREDENTIAL = 1364


class CodeApp(Model):
    """The app of one person that makes codes of six digits. Its secret is stored sealed."""

    __tablename__ = "code_app"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    sealed_secret: Mapped[str] = mapped_column(Text)
    # The last half-minute whose code was taken: that one and all before are spent.
    last_step: Mapped[int]
    added_on: Mapped[date]
    # How many codes were tried since, whatever became of them, until this moment.
    tries: Mapped[int] = mapped_column(default=0)
    tries_until: Mapped[datetime]


class Passkey(Model):
    """A key that a device or a password manager keeps; we have its public half."""

    __tablename__ = "passkey"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    name: Mapped[str] = mapped_column(String(MAX_NAME))
    credential_id: Mapped[str] = mapped_column(String(MAX_CREDENTIAL), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    # What the device says: whether the key may be copied to others, and whether it is.
    may_be_copied: Mapped[bool]
    is_copied: Mapped[bool]
    added_on: Mapped[date]
    used_on: Mapped[date]


class RecoveryReason(StrEnum):
    """Why someone needs a fresh start."""

    LOST = "lost"
    BROKEN = "broken"
    TAKEN = "taken"


class RecoveryRequest(Model):
    """One admin has asked that a person may set their second step up anew; another has to agree."""

    __tablename__ = "factor_recovery"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    reason: Mapped[RecoveryReason] = enum_column(RecoveryReason)
    asked_at: Mapped[datetime]

    member: Mapped[Member] = relationship(foreign_keys=[member_id])
    asked_by: Mapped[Member] = relationship(foreign_keys=[asked_by_id])
