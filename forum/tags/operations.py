"""Choosing what one shows of one's own life in a room."""

from collections.abc import Collection

from sqlalchemy import delete

from forum.accounts.models import Member
from forum.extensions import db, take_row
from forum.rooms.models import Room
from forum.tags.models import LivedTag

MOST = 3


class TooManyTags(Exception):
    """More were chosen than may stand beside a name."""


def choose_tags(member: Member, room: Room, codes: Collection[str]) -> None:
    """Show these experiences in a room, and no others; what the room does not list is left out.

    Raises TooManyTags.
    """
    wanted = {tag["code"] for tag in room.tags if tag["code"] in codes}
    if len(wanted) > MOST:
        raise TooManyTags
    # Of two choices sent at once the second waits here, and stays.
    take_row(member)
    db.session.execute(
        delete(LivedTag).where(LivedTag.member_id == member.id, LivedTag.room_id == room.id)
    )
    db.session.add_all(
        LivedTag(member_id=member.id, room_id=room.id, code=code) for code in sorted(wanted)
    )
