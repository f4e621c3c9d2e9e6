"""What admins do to rooms. Each act is written down. A room is never deleted, only unlisted."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import delete, select

from forum.accounts.models import Member
from forum.extensions import db, take_row
from forum.rooms.models import Room
from moderation.audit.models import Action, SubjectKind
from moderation.audit.operations import record
from moderation.rooms.models import RoomModerator

MAX_SLUG = 60


class AddressTaken(Exception):
    """There is a room with the address that this name makes."""


def add(actor: Member, values: Mapping[str, Any], moderators: Iterable[Member] = ()) -> Room:
    """Add a room; its address is made of its Indonesian name and stays. Raises AddressTaken."""
    words = re.sub(r"[^a-z0-9]+", "-", str(values["name_id"]).lower())
    slug = words[:MAX_SLUG].strip("-") or "ruang"
    if db.session.scalar(select(Room.id).where(Room.slug == slug)) is not None:
        raise AddressTaken
    room = Room(slug=slug, **values)
    db.session.add(room)
    db.session.flush()
    _name_moderators(room, moderators)
    record(actor, Action.ADD_ROOM, SubjectKind.ROOM, room.id)
    return room


def change(
    actor: Member, room: Room, values: Mapping[str, Any], moderators: Iterable[Member] = ()
) -> list[str]:
    """Change a room and who moderates it; returns the names of what is different now.

    What was written stays, and what waits in a room that is read first still waits.
    """
    take_row(room)
    changed = sorted(name for name, value in values.items() if getattr(room, name) != value)
    for name in changed:
        setattr(room, name, values[name])
    if {"agreement_id", "agreement_en"} & set(changed):
        # Whoever accepted the old words is asked again.
        room.agreement_version += 1
    if _name_moderators(room, moderators):
        changed.append("moderators")
    if changed:
        record(actor, Action.EDIT_ROOM, SubjectKind.ROOM, room.id, fields=changed)
    return changed


def _name_moderators(room: Room, moderators: Iterable[Member]) -> bool:
    """Let these people moderate a room, and no others. Returns whether that is new."""
    wanted = {member.id for member in moderators}
    here = RoomModerator.room_id == room.id
    present = set(db.session.scalars(select(RoomModerator.member_id).where(here)))
    if gone := present - wanted:
        db.session.execute(delete(RoomModerator).where(here, RoomModerator.member_id.in_(gone)))
    for member_id in wanted - present:
        db.session.add(RoomModerator(room_id=room.id, member_id=member_id))
    return wanted != present
