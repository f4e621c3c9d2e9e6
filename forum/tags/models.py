"""Which experiences a member has chosen to show beside their name in one room."""

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from forum.extensions import Model


class LivedTag(Model):
    """One experience of one member in one room, from the room's own list."""

    __tablename__ = "lived_tag"
    __table_args__ = (UniqueConstraint("room_id", "member_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    code: Mapped[str] = mapped_column(String(40))
