"""Reads of rooms for those who look after them. The rooms of groups belong to their groups."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import select

from forum.accounts.models import Member
from forum.extensions import db
from forum.rooms.models import Room
from moderation.rooms.models import RoomModerator


def all_rooms() -> Sequence[Room]:
    """Return every room that is no group's, unlisted ones too, in the order of the front page."""
    return db.session.scalars(
        select(Room).where(Room.members_only.is_(False)).order_by(Room.position, Room.id)
    ).all()


def find_room(slug: str) -> Room | None:
    """Return the room with this address, listed or not, unless it is a group's."""
    return db.session.scalar(select(Room).where(Room.slug == slug, Room.members_only.is_(False)))


def moderators_of(rooms: Iterable[Room]) -> dict[int, list[str]]:
    """Return the pseudonyms of those of the team who moderate these rooms, by room."""
    rows = db.session.execute(
        select(RoomModerator.room_id, Member)
        .join(Member, Member.id == RoomModerator.member_id)
        .where(RoomModerator.room_id.in_([room.id for room in rooms]))
        .order_by(Member.pseudonym)
    )
    names: dict[int, list[str]] = defaultdict(list)
    for room_id, member in rows:
        if member.is_staff:
            names[room_id].append(member.pseudonym)
    return names
