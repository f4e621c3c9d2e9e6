"""What people at the desk are spared: `moderation.volunteers` says it, claims and queue obey."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import ColumnElement

from forum.accounts.models import Member
from moderation.cases.models import Case
from moderation.risk.levels import Level


@dataclass(frozen=True)
class Dealt:
    """What "Next for you" may deal to one person now: cases of these levels that fit all of it."""

    levels: frozenset[Level]
    conditions: tuple[ColumnElement[bool], ...] = ()


@dataclass(frozen=True)
class Protection:
    """`why_spared` returns the refusal to a claim, or None; `dealt_to` what may be dealt."""

    why_spared: Callable[[Member, Case], Exception | None]
    dealt_to: Callable[[Member], Dealt]


_in_force = [Protection(lambda _member, _case: None, lambda _member: Dealt(frozenset(Level)))]


def protect(protection: Protection) -> None:
    """Let claims and the queue obey this from now on."""
    _in_force[:] = [protection]


def why_spared(member: Member, case: Case) -> Exception | None:
    """Return what a claim of this person is refused with for their own sake, or None."""
    return _in_force[0].why_spared(member, case)


def dealt_to(member: Member) -> Dealt:
    """Return what may be dealt to this person now."""
    return _in_force[0].dealt_to(member)
