"""Reads of groups for the team. `get_*_led_by` is the only way to what facilitators see."""

from enum import StrEnum

from sqlalchemy import ColumnElement, func, not_, select, true
from sqlalchemy.orm import joinedload

from forum.accounts.models import Member, Role
from forum.clock import now
from forum.extensions import db
from forum.groups.entry import is_led_by, is_of_the_team
from forum.groups.models import Facilitator, Group, Meeting, Plan
from forum.posts.models import Thread
from moderation.cases.leases import in_hand
from moderation.cases.models import Case, CaseState
from moderation.risk.levels import Level

# Who begins groups and names facilitators.
KEEPERS = frozenset({Role.LEAD, Role.ADMIN})


class OnTheDesk(StrEnum):
    """Whether somebody answers what was said in a session; who they are is not told."""

    WAITING = "waiting"
    TAKEN = "taken"


def groups_at_desk(member: Member) -> list[Group]:
    """Return the groups that somebody keeps or leads, those that go on first."""
    return list(
        db.session.scalars(
            select(Group).where(_is_near(member)).order_by(Group.ended_at.is_not(None), Group.id)
        )
    )


def led_groups() -> set[int]:
    """Return the ids of the groups that somebody leads now."""
    return set(db.session.scalars(select(Facilitator.group_id).where(is_of_the_team()).distinct()))


def get_group_near(member: Member, public_id: str) -> Group | None:
    """Return a group that somebody leads, or keeps as a lead or admin."""
    return db.session.scalar(select(Group).where(Group.public_id == public_id, _is_near(member)))


def get_group_led_by(member: Member, public_id: str) -> Group | None:
    """Return a group that somebody leads."""
    return db.session.scalar(
        select(Group).where(Group.public_id == public_id, is_led_by(member.id, Group.id))
    )


def get_meeting_led_by(member: Member, public_id: str) -> Meeting | None:
    """Return a session of a group that somebody leads, with its thread."""
    return db.session.scalar(
        select(Meeting)
        .where(Meeting.public_id == public_id, is_led_by(member.id, Meeting.group_id))
        .options(joinedload(Meeting.thread))
    )


def reads_notes(member: Member, group: Group) -> bool:
    """Return whether somebody reads facilitators' notes: those who lead the group, and leads."""
    if member.role is Role.LEAD:
        return True
    return bool(db.session.scalar(select(is_led_by(member.id, group.id))))


def on_the_desk(thread: Thread | None) -> OnTheDesk | None:
    """Return how the desk stands with what is urgent in a session; None if nothing is."""
    if thread is None:
        return None
    waiting, number = db.session.execute(
        select(func.count().filter(not_(in_hand(now()))), func.count()).where(
            Case.thread_id == thread.id,
            Case.state != CaseState.CLOSED,
            Case.level >= Level.RED,
        )
    ).one()
    if not number:
        return None
    return OnTheDesk.WAITING if waiting else OnTheDesk.TAKEN


def plan_of(group: Group, public_id: str) -> Plan | None:
    """Return a plan of this group that goes on."""
    return db.session.scalar(
        select(Plan).where(
            Plan.group_id == group.id, Plan.public_id == public_id, Plan.ended_at.is_(None)
        )
    )


def _is_near(member: Member) -> ColumnElement[bool]:
    return true() if member.role in KEEPERS else is_led_by(member.id, Group.id)
