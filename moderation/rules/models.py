"""Versions of the rules. A version is never changed once it is published."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.accounts.models import Member
from forum.database import enum_column
from forum.extensions import Model


class VersionState(StrEnum):
    """Where a version stands. The newest published one is in force."""

    DRAFT = "draft"
    PUBLISHED = "published"


class RulesVersion(Model):
    """A whole lexicon as one text, so that going back to it is exact to the byte."""

    __tablename__ = "rules_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[VersionState] = enum_column(VersionState)
    # YAML as moderation.risk.rules reads and writes it.
    body: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    # Who and why: the reason is in the author's words.
    reason: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None] = mapped_column(index=True)

    author: Mapped[Member | None] = relationship()
