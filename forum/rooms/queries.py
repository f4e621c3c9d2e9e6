"""Reads of rooms."""

from sqlalchemy import select

from forum.accounts.models import Member
from forum.extensions import db
from forum.rooms.models import Room, RoomAgreement


def listed_rooms() -> list[Room]:
    """Return the rooms of the front page, in their order."""
    return list(db.session.scalars(select(Room).where(Room.is_listed).order_by(Room.position)))


def find_room(slug: str) -> Room | None:
    """Return the room with this address, listed or not."""
    return db.session.scalar(select(Room).where(Room.slug == slug))


def must_agree(member: Member | None, room: Room) -> bool:
    """Return whether the room asks this member for its agreement. One statement, or none."""
    if member is None or not room.agreement_id:
        return False
    known = select(RoomAgreement.version).where(
        RoomAgreement.member_id == member.id, RoomAgreement.room_id == room.id
    )
    return db.session.scalar(known) != room.agreement_version
