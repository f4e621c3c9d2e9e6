"""Random public names of rows: a counter in an address would tell order and rate."""

import secrets

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column


def new_public_id() -> str:
    """Return 128 random bits as 22 URL-safe characters."""
    return secrets.token_urlsafe(16)


def public_id_column() -> Mapped[str]:
    """Return the unique column that holds a row's public name."""
    return mapped_column(String(22), unique=True, default=new_public_id)
