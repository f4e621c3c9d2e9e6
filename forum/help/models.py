"""The help directory. Every entry keeps where its facts come from and when they were checked."""

from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, String, Text
from sqlalchemy.orm import Mapped, mapped_column

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
    verified_on: Mapped[date | None]
    display: Mapped[Display] = enum_column(Display)
    always_open: Mapped[bool | None]
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

    def said_in(self, field: str, language: str) -> str | None:
        """Return a text such as "note" in a language ("id" or "en")."""
        text: str | None = getattr(self, f"{field}_{language}")
        return text
