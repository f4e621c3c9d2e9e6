"""What the transparency page has published. A month's figures are made once and stay."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON
from sqlalchemy.orm import Mapped, mapped_column

from forum.extensions import Model


class PublishedMonth(Model):
    """One month's public figures, with small numbers already left out."""

    __tablename__ = "published_month"

    id: Mapped[int] = mapped_column(primary_key=True)
    # Its first day, by Jakarta's clock.
    month: Mapped[date] = mapped_column(unique=True)
    figures: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime]
