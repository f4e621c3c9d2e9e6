"""Reads of rooms for those who look after them. The rooms of groups belong to their groups."""

from collections.abc import Sequence

from sqlalchemy import select

from forum.extensions import db
from forum.rooms.models import Room


def all_rooms() -> Sequence[Room]:
    """Return every room that is no group's, unlisted ones too, in the order of the front page."""
    return db.session.scalars(
        select(Room).where(Room.members_only.is_(False)).order_by(Room.position, Room.id)
    ).all()


def find_room(slug: str) -> Room | None:
    """Return the room with this address, listed or not, unless it is a group's."""
    return db.session.scalar(select(Room).where(Room.slug == slug, Room.members_only.is_(False)))
