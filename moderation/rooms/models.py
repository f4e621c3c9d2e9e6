"""Who of the team looks after which room."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from forum.extensions import Model


class RoomModerator(Model):
    """Somebody of the team who is dealt a room's cases before others of the same level."""

    __tablename__ = "room_moderator"

    room_id: Mapped[int] = mapped_column(ForeignKey("room.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True, index=True)
