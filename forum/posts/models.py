"""Threads, posts, and who may see them."""

from datetime import datetime
from enum import StrEnum
from typing import TypedDict

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from forum.accounts.models import Alias, Member
from forum.database import enum_column
from forum.extensions import Model
from forum.public_id import public_id_column
from forum.rooms.models import ContentWarning, Room


class Visibility(StrEnum):
    """Who sees a post. Its author and the staff see it in every state but deleted."""

    PENDING = "pending"
    VISIBLE = "visible"
    HELD = "held"
    HIDDEN = "hidden"
    DELETED = "deleted"


class Wish(StrEnum):
    """What the one who starts a thread asks of its readers."""

    NONE = "none"
    LISTEN = "listen"
    ADVICE = "advice"
    COMPANY = "company"


class Mask(TypedDict):
    """One covered place: code points of the present whole text, and a code that says why."""

    start: int
    end: int
    reason: str


class Thread(Model):
    """A title and the posts below it; the first one opens it."""

    __tablename__ = "thread"
    __table_args__ = (Index("ix_thread_room_id_last_post_at", "room_id", "last_post_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id_column()
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    # What pages show; forum.text.COVERED stands where words are covered.
    title: Mapped[str] = mapped_column(String(120))
    # What the author typed: for the scan, the edit form and the desk.
    typed_title: Mapped[str] = mapped_column(String(120))
    warning: Mapped[ContentWarning] = enum_column(ContentWarning, default=ContentWarning.NONE)
    wish: Mapped[Wish] = enum_column(Wish, default=Wish.NONE)
    # Only staff may answer.
    is_locked: Mapped[bool] = mapped_column(default=False)
    # Slow mode: minutes between two posts of one member; 0 is off.
    slow_minutes: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    last_post_at: Mapped[datetime]

    room: Mapped[Room] = relationship()
    author: Mapped[Member] = relationship()


class Post(Model):
    """What one person wrote, as they typed it and as safe HTML.

    `version` counts the texts that the post has had, `scanned_version` says which of them the
    workers have read: a post is unscanned while the second is behind the first. One that they
    could not read went to a human instead: `given_up_version`.
    """

    __tablename__ = "post"
    __table_args__ = (
        UniqueConstraint("author_id", "submission_key"),
        Index("ix_post_thread_id_id", "thread_id", "id"),
        # Health asks every few seconds for what is not scanned; it is nearly always nothing.
        Index(
            "ix_post_unscanned",
            "written_at",
            sqlite_where=text("scanned_version < version"),
            postgresql_where=text("scanned_version < version"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id_column()
    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    # The name it was written under; none is the pseudonym. No foreign key, because SQLite can't
    # add one to a table without building it anew.
    alias_id: Mapped[int | None]
    # The post that this one answers, shown with a few of its words as long as they may be read. No
    # foreign key, for the same reason.
    quoted_id: Mapped[int | None]
    is_opening: Mapped[bool] = mapped_column(default=False)
    # Written by a volunteer on duty, and marked so; the same person's own posts are not.
    as_volunteer: Mapped[bool] = mapped_column(default=False)
    # The author covered personal data before it was saved. What it was is stored nowhere.
    is_self_covered: Mapped[bool] = mapped_column(default=False)
    body: Mapped[str] = mapped_column(Text)
    # As everyone but the author sees it: covered words are not in it.
    body_html: Mapped[str] = mapped_column(Text)
    masks: Mapped[list[Mask]] = mapped_column(JSON, default=list)
    renderer_version: Mapped[int]
    warning: Mapped[ContentWarning] = enum_column(ContentWarning, default=ContentWarning.NONE)
    # What staff have asked for; the author can choose another warning, but not none.
    least_warning: Mapped[ContentWarning] = enum_column(ContentWarning, default=ContentWarning.NONE)
    visibility: Mapped[Visibility] = enum_column(Visibility, default=Visibility.PENDING)
    version: Mapped[int] = mapped_column(default=1)
    scanned_version: Mapped[int] = mapped_column(default=0)
    given_up_version: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    # When the present text was written.
    written_at: Mapped[datetime]
    scanned_at: Mapped[datetime | None]
    # Chosen by the form, so that sending it twice makes one post.
    submission_key: Mapped[str] = mapped_column(String(64))

    thread: Mapped[Thread] = relationship()
    author: Mapped[Member] = relationship()
    alias: Mapped[Alias | None] = relationship(
        primaryjoin=lambda: foreign(Post.alias_id) == Alias.id, viewonly=True
    )

    @property
    def author_name(self) -> str:
        """The only name of its author that may stand beside this post."""
        return self.alias.name if self.alias and self.alias.name else self.author.pseudonym

    @property
    def is_scanned(self) -> bool:
        """Whether the workers have read the present text."""
        return self.scanned_version >= self.version


class EarlierText(Model):
    """A whole text of a post that its author replaced before the workers had read it."""

    __tablename__ = "earlier_text"

    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(Text)
