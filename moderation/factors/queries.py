"""What second steps there are."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from forum.accounts.models import STAFF, Member
from forum.clock import now
from forum.extensions import db
from moderation.factors.models import CodeApp, Passkey, RecoveryRequest

# How long a wish for a fresh start waits for the second admin.
RECOVERY_WAITS = timedelta(hours=24)
STAFF_SHOWN = 500


@dataclass(frozen=True)
class Factors:
    """What one person has to show."""

    code_app: CodeApp | None
    passkeys: list[Passkey]

    @property
    def number(self) -> int:
        """How many ways there are."""
        return len(self.passkeys) + (self.code_app is not None)


def factors_of(member: Member) -> Factors:
    """Return what a person has to show, the oldest passkey first."""
    passkeys = db.session.scalars(
        select(Passkey).where(Passkey.member_id == member.id).order_by(Passkey.id)
    )
    return Factors(db.session.get(CodeApp, member.id), list(passkeys))


def open_recoveries() -> list[RecoveryRequest]:
    """Return the wishes for a fresh start that still wait for a second admin, the oldest first."""
    rows = db.session.scalars(
        select(RecoveryRequest)
        .where(RecoveryRequest.asked_at > now() - RECOVERY_WAITS)
        .options(joinedload(RecoveryRequest.member), joinedload(RecoveryRequest.asked_by))
        .order_by(RecoveryRequest.asked_at)
    )
    return list(rows)


def open_recovery_of(member: Member) -> RecoveryRequest | None:
    """Return the wish for this person that waits for a second admin."""
    found = db.session.get(RecoveryRequest, member.id)
    return found if found and found.asked_at > now() - RECOVERY_WAITS else None


def other_staff(admin: Member) -> list[Member]:
    """Return everyone of staff besides this admin, by pseudonym."""
    rows = db.session.scalars(
        select(Member)
        .where(Member.role.in_(STAFF), Member.closed_at.is_(None), Member.id != admin.id)
        .order_by(Member.pseudonym)
        .limit(STAFF_SHOWN)
    )
    return list(rows)
