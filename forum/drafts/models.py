"""Texts that were not sent. Nobody reads them but their writer: no scan, no staff, no search."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from forum.database import enum_column
from forum.extensions import Model
from forum.posts.models import Wish
from forum.rooms.models import ContentWarning


class Draft(Model):
    """The one draft of a member for a room, or for a thread: then it is an answer."""

    __tablename__ = "draft"
    __table_args__ = (Index("ix_draft_member_id_room_id", "member_id", "room_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id"))
    thread_id: Mapped[int | None] = mapped_column(ForeignKey("thread.id"))
    title: Mapped[str] = mapped_column(String(120))
    body: Mapped[str] = mapped_column(Text)
    warning: Mapped[ContentWarning] = enum_column(ContentWarning)
    wish: Mapped[Wish] = enum_column(Wish)
    # The address of the post that it answers, or nothing.
    quote: Mapped[str] = mapped_column(String(22), default="")
    kept_at: Mapped[datetime] = mapped_column(index=True)
