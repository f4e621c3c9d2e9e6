"""The help directory. Every entry keeps where its facts come from and when they were checked."""

from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from forum.accounts.models import Member
from forum.database import enum_column
from forum.extensions import Model


class Display(StrEnum):
    """Where an entry may stand."""

    CRISIS_CARD = "crisis_card"
    REGIONAL = "regional"
    TOPIC = "topic"
    INFO_ONLY = "info_only"
    HOLD = "hold"


class HelpEntry(Model):
    """One service, place or community, in both languages."""

    __tablename__ = "help_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(20))
    operator: Mapped[str | None] = mapped_column(String(200))
    languages: Mapped[list[str]] = mapped_column(JSON)
    topics: Mapped[list[str]] = mapped_column(JSON)
    # Each with type, value and confidence, as directory.yaml describes.
    channels: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    sources: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    confidence: Mapped[str] = mapped_column(String(20))
    # The day on which a person of this site reached it, and who that was: a member's id.
    # No foreign key, because SQLite can't add one to a table without building it anew.
    verified_on: Mapped[date | None]
    checked_by_id: Mapped[int | None]
    display: Mapped[Display] = enum_column(Display)
    # Codes of forum.help.regions that it serves; none is all of Indonesia.
    regions: Mapped[list[str]] = mapped_column(JSON, default=list)
    always_open: Mapped[bool | None]
    # "08:00-20:00" in WIB where it is open each day at these hours, and not always.
    daily_hours: Mapped[str | None] = mapped_column(String(11))
    never_crisis: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int] = mapped_column(default=0)
    # For staff eyes, in English.
    caution: Mapped[str | None] = mapped_column(Text)
    region_id: Mapped[str | None] = mapped_column(Text)
    region_en: Mapped[str | None] = mapped_column(Text)
    hours_id: Mapped[str | None] = mapped_column(Text)
    hours_en: Mapped[str | None] = mapped_column(Text)
    for_whom_id: Mapped[str | None] = mapped_column(Text)
    for_whom_en: Mapped[str | None] = mapped_column(Text)
    cost_id: Mapped[str | None] = mapped_column(Text)
    cost_en: Mapped[str | None] = mapped_column(Text)
    note_id: Mapped[str | None] = mapped_column(Text)
    note_en: Mapped[str | None] = mapped_column(Text)

    checked_by: Mapped[Member | None] = relationship(
        primaryjoin=lambda: foreign(HelpEntry.checked_by_id) == Member.id, viewonly=True
    )


class HelpSilence(Model):
    """How often on one day somebody got no answer from an entry. Nobody is named."""

    __tablename__ = "help_silence"

    entry_id: Mapped[int] = mapped_column(ForeignKey("help_entry.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    times: Mapped[int]
