"""Who is certified, who learns, and how far somebody is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BindParameter, Select, func, select

from forum.accounts.models import Member
from forum.clock import now
from forum.extensions import db, setting
from moderation.training.models import Certificate, Module, PracticeAnswer, Trainee


@dataclass(frozen=True)
class Step:
    """How somebody stands with a module. `until` is when its certificate ends or has ended."""

    module: Module
    until: datetime | None
    is_valid: bool
    ends_soon: bool
    is_vouched: bool


def is_certified(member: Member) -> bool:
    """Return whether somebody holds a valid certificate for every module; one statement."""
    valid = certified(now()).where(Certificate.member_id == member.id)
    return db.session.scalar(valid) is not None


def certified(moment: datetime | BindParameter[datetime]) -> Select[tuple[int]]:
    """Return the ids of those who hold a certificate for every module, valid at a moment."""
    return (
        select(Certificate.member_id)
        .where(Certificate.module.in_(list(Module)), Certificate.expires_at > moment)
        .group_by(Certificate.member_id)
        .having(func.count() == len(Module))
    )


def is_trainee(member: Member) -> bool:
    """Return whether somebody was welcomed to learn."""
    return db.session.get(Trainee, member.id) is not None


def steps_of(member: Member) -> list[Step]:
    """Return how somebody stands with each module, in their order."""
    return steps_of_all([member.id])[member.id]


def steps_of_all(member_ids: Iterable[int]) -> dict[int, list[Step]]:
    """Return the same for several people, by person; one statement."""
    ids = list(member_ids)
    moment = now()
    soon = moment + timedelta(days=setting("CERTIFICATE_NOTICE_DAYS"))
    held = {
        (row.member_id, row.module): row
        for row in db.session.scalars(select(Certificate).where(Certificate.member_id.in_(ids)))
    }

    def step(member_id: int, module: Module) -> Step:
        row = held.get((member_id, module))
        if row is None:
            return Step(module, None, is_valid=False, ends_soon=False, is_vouched=False)
        valid = row.expires_at > moment
        return Step(
            module,
            row.expires_at,
            is_valid=valid,
            ends_soon=valid and row.expires_at <= soon,
            is_vouched=row.vouched,
        )

    return {member_id: [step(member_id, module) for module in Module] for member_id in ids}


def practised(member: Member) -> dict[str, bool]:
    """Return which practice cases somebody has answered in this round, and which as agreed."""
    rows = db.session.execute(
        select(PracticeAnswer.practice, PracticeAnswer.agreed).where(
            PracticeAnswer.member_id == member.id
        )
    )
    return {row.practice: row.agreed for row in rows}
