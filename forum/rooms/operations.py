"""What is done to rooms."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from forum.accounts.models import Member
from forum.extensions import db, take_row
from forum.rooms.models import ContentWarning, Room, RoomAgreement, Unscanned
from forum.rooms.queries import must_agree


class AgreementAsked(Exception):
    """The room has an agreement that this person has not accepted yet."""


def agree(member: Member, room: Room, *, agreed: bool) -> None:
    """Note that a member accepts what the room asks of those who write; once for each version.

    Raises AgreementAsked where they have not, neither now nor before.
    """
    if not must_agree(member, room):
        return
    if not agreed:
        raise AgreementAsked
    # Of two first posts sent at once, the second waits here.
    take_row(member)
    version = room.agreement_version
    db.session.merge(RoomAgreement(member_id=member.id, room_id=room.id, version=version))


def add_starter_rooms(entries: Sequence[Mapping[str, Any]]) -> int:
    """Add the rooms of starter.yaml to a site that has none. Returns how many it added."""
    if db.session.scalar(select(Room.id).limit(1)) is not None:
        return 0
    for position, entry in enumerate(entries):
        db.session.add(
            Room(
                slug=entry["slug"],
                name_id=entry["name_id"],
                name_en=entry["name_en"],
                description_id=entry["description_id"],
                description_en=entry["description_en"],
                content_warning=ContentWarning(entry["content_warning"]),
                unscanned=Unscanned(entry["unscanned"]),
                holds_newcomers=entry.get("holds_newcomers", False),
                tags=entry.get("tags", []),
                position=position,
            )
        )
    return len(entries)
