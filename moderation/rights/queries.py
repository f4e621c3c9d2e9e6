"""Reads of copies and erasures."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import undefer

from forum.accounts.models import Member
from forum.clock import now
from forum.extensions import db
from moderation.rights.models import DataExport, Erasure


def export_of(member: Member) -> DataExport | None:
    """Return the member's living copy, or the one that is being made; without its content."""
    return db.session.scalar(
        select(DataExport)
        .where(DataExport.member_id == member.id, DataExport.expires_at > now())
        .order_by(DataExport.id.desc())
        .limit(1)
    )


def get_export_for(member: Member, public_id: str) -> DataExport | None:
    """Return a member's own copy that can be downloaded, and nobody else's."""
    found = db.session.scalar(
        select(DataExport)
        .where(DataExport.public_id == public_id, DataExport.member_id == member.id)
        .options(undefer(DataExport.content))
    )
    return found if found is not None and found.is_ready else None


def oldest_open_erasure() -> datetime | None:
    """Return when the account that has waited longest for its erasure asked for it."""
    return db.session.scalar(
        select(func.min(Erasure.requested_at)).where(Erasure.done_at.is_(None))
    )
