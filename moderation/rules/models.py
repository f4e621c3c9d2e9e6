"""Versions of the rules. A version is never changed once it is published."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.accounts.models import Member
from forum.database import enum_column
from forum.extensions import Model


class VersionState(StrEnum):
    """Where a version stands.

    There is one draft at most, and one shadow at most, which records and acts on nothing. The
    newest published version is in force; a shadow or draft that is given up is dropped.
    """

    DRAFT = "draft"
    SHADOW = "shadow"
    PUBLISHED = "published"
    DROPPED = "dropped"


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


class RunKind(StrEnum):
    """What a run over old posts is for: comparing a draft, or raising what was missed."""

    BACK_TEST = "back_test"
    RE_SCAN = "re_scan"


class RulesRun(Model):
    """A slow reading of old posts by a version, one batch a job, so that it can go on anywhere."""

    __tablename__ = "rules_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[RunKind] = enum_column(RunKind)
    version_id: Mapped[int] = mapped_column(ForeignKey("rules_version.id"))
    # What a back-test compares with.
    base_id: Mapped[int | None] = mapped_column(ForeignKey("rules_version.id"))
    days: Mapped[int]
    total: Mapped[int]
    done: Mapped[int] = mapped_column(default=0)
    # The id of the last post that was read.
    cursor: Mapped[int] = mapped_column(default=0)
    # What was found, as moderation.rules.runs writes it: counts and post ids, never words.
    found: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    failed: Mapped[bool] = mapped_column(default=False)

    @property
    def percent(self) -> int:
        """How much is read, of a hundred."""
        return (
            100 if self.finished_at and not self.failed else 100 * self.done // max(1, self.total)
        )


class ShadowFlag(Model):
    """A rule of a shadow version that would have fired. Nobody but admins ever sees it."""

    __tablename__ = "shadow_flag"
    __table_args__ = (UniqueConstraint("rules_version_id", "post_id", "post_version", "rule"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    rules_version_id: Mapped[int] = mapped_column(ForeignKey("rules_version.id"))
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    post_version: Mapped[int]
    rule: Mapped[str] = mapped_column(String(80))
    level: Mapped[int]
    created_at: Mapped[datetime]
