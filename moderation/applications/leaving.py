"""Ending what somebody does in the team: by themselves at any time, or by an admin."""

from sqlalchemy import select

from forum.accounts.models import Member, Role
from forum.accounts.operations import set_role
from forum.extensions import db, take_row
from forum.notices.models import NoticeKind
from forum.notices.operations import notify
from moderation.audit.models import Action, SubjectKind
from moderation.audit.operations import record
from moderation.cases.queue import cases_with
from moderation.factors.operations import forget_factors
from moderation.rota import operations as rota
from moderation.rota.queries import turns_ahead_of
from moderation.volunteers.exposure import is_heavy
from moderation.volunteers.operations import HoldsHeavy, end_shift
from moderation.volunteers.queries import open_shift


class RoleStays(Exception):
    """A role that can't end like this. `why` is a code of WHY_STAYS."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def step_back(member: Member) -> None:
    """End one's own role, for no reason but one's own; certificates and words stay.

    Who has a shift open ends it, and gentler cases go back to the queue. All sessions and second
    steps end, and turns of the rota show as gaps. Raises RoleStays, and HoldsHeavy with a red or
    crisis case in hand.
    """
    if member.role is Role.ADMIN and _admins() == [member.id]:
        raise RoleStays("last")
    take_row(member)
    if any(is_heavy(case.risk_level) for case in cases_with(member)):
        raise HoldsHeavy
    if open_shift(member) is not None:
        end_shift(member)
    _end_role(member, member)


def end_role(actor: Member, member: Member) -> None:
    """End the role of somebody below the admins, as an admin, and tell them.

    What they had in hand goes back to the queue when their claim runs out. Raises RoleStays.
    """
    take_row(member)
    if actor.role is not Role.ADMIN or member.role is Role.ADMIN:
        raise RoleStays("admin")
    _end_role(actor, member)
    notify(member.id, NoticeKind.ROLE_ENDED)


def _end_role(actor: Member, member: Member) -> None:
    role = member.role
    if not member.is_staff:
        raise RoleStays("none")
    for turn in turns_ahead_of(member):
        rota.cancel(member, turn)
    set_role(member, Role.MEMBER)
    forget_factors(member)
    record(actor, Action.END_ROLE, SubjectKind.MEMBER, member.id, role=role.value)


def _admins() -> list[int]:
    """Return who keeps the site; two of them who leave at one moment come one after the other."""
    return list(
        db.session.scalars(
            select(Member.id)
            .where(Member.role == Role.ADMIN, Member.closed_at.is_(None))
            .order_by(Member.id)
            .with_for_update()
        )
    )
