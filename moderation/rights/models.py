"""Copies of their own data that members asked for, and accounts that are to be erased."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, deferred, mapped_column

from forum.clock import now
from forum.database import enum_column
from forum.extensions import Model
from forum.public_id import public_id_column


class DataExport(Model):
    """One copy of a member's data. It is made by a job and deleted when it has expired."""

    __tablename__ = "data_export"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id_column()
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    # A zip file; empty until the job has made it.
    content: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    ready_at: Mapped[datetime | None]

    @property
    def is_ready(self) -> bool:
        """Whether it can be downloaded now."""
        return self.ready_at is not None and self.expires_at > now()


class PostsFate(StrEnum):
    """What someone who leaves wants to become of what they wrote."""

    REMOVE = "remove"
    KEEP = "keep"


class Erasure(Model):
    """An account that is to be erased, or was. The mark says which one, and nothing else.

    No foreign key: the row outlives the account, and `member_id` is empty once it is gone.
    """

    __tablename__ = "erasure"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int | None] = mapped_column(unique=True)
    # SHA-256 of the account's erase key, which nothing else is made of.
    mark: Mapped[str] = mapped_column(String(64), unique=True)
    posts: Mapped[PostsFate] = enum_column(PostsFate)
    requested_at: Mapped[datetime]
    done_at: Mapped[datetime | None] = mapped_column(index=True)
