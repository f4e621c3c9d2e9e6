"""Reads of rooms."""

from sqlalchemy import select

from forum.extensions import db
from forum.rooms.models import Room


def listed_rooms() -> list[Room]:
    """Return the rooms of the front page, in their order."""
    return list(db.session.scalars(select(Room).where(Room.is_listed).order_by(Room.position)))


def find_room(slug: str) -> Room | None:
    """Return the room with this address, listed or not."""
    return db.session.scalar(select(Room).where(Room.slug == slug))
