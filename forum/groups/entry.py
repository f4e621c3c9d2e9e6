"""Who may come into a group's room: those with a seat, and its facilitators. Nobody else."""

from sqlalchemy import ColumnElement, exists, not_, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from forum.accounts.models import STAFF, Member
from forum.accounts.viewers import Viewer
from forum.extensions import db
from forum.groups.models import Facilitator, Group, Seat, SeatState
from forum.rooms.models import Room


def is_in_group(viewer: Viewer, group_id: int | InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Return the condition under which somebody has a seat in a group, or leads it.

    Who leads one does so while they are of the team, and after their second step.
    """
    seated = exists().where(
        Seat.group_id == group_id, Seat.member_id == viewer.id, Seat.state == SeatState.IN
    )
    return or_(seated, is_led_by(viewer.id, group_id)) if viewer.is_staff else seated


def is_led_by(member_id: int, group_id: int | InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Return the condition under which somebody leads a group."""
    return exists().where(Facilitator.group_id == group_id, Facilitator.member_id == member_id)


def is_of_the_team() -> ColumnElement[bool]:
    """Return the condition under which a named facilitator leads; needs Facilitator.

    Whoever left the team or closed the account leads nothing, until they are back.
    """
    team = select(Member.id).where(Member.role.in_(STAFF), Member.closed_at.is_(None))
    return Facilitator.member_id.in_(team)


def may_enter(viewer: Viewer | None) -> ColumnElement[bool]:
    """Return the condition under which a viewer may enter a room; needs Room in the statement.

    The desk reads what it must on the page of a case, and does not enter.
    """
    anyone = not_(Room.members_only)
    if viewer is None:
        return anyone
    own = select(Group.room_id).where(is_in_group(viewer, Group.id))
    return or_(anyone, Room.id.in_(own))


def is_inside(member_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Return the condition under which a member of a row belongs in a room; needs Room."""
    here = (Group.room_id == Room.id, Seat.group_id == Group.id)
    return or_(
        not_(Room.members_only),
        exists().where(*here, Seat.member_id == member_id, Seat.state == SeatState.IN),
        exists().where(
            Group.room_id == Room.id,
            Facilitator.group_id == Group.id,
            Facilitator.member_id == member_id,
            is_of_the_team(),
        ),
    )


def find_room_for(viewer: Member | None, slug: str) -> Room | None:
    """Return the room with this address, if the viewer may enter it."""
    return db.session.scalar(select(Room).where(Room.slug == slug, may_enter(viewer)))
