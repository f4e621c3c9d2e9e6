"""How rows stood before an act, so that it can be undone for a while. Never a text."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, Enum, update

from forum.database import UtcDateTime
from forum.extensions import Model, db
from forum.outbox import enqueue
from forum.posts.masks import set_masks
from forum.posts.models import Post, Thread, Visibility
from forum.posts.operations import SCAN_POST
from moderation.care.models import CheckIn
from moderation.cases.models import Case

Snapshot = dict[str, Any]

# The columns that acts of the desk change. A case's claim is not among them: it is renewed.
REMEMBERED: dict[str, tuple[type[Model], tuple[str, ...]]] = {
    "post": (Post, ("version", "visibility", "warning", "least_warning", "masks")),
    "thread": (Thread, ("room_id", "warning", "is_locked", "slow_minutes")),
    "case": (
        Case,
        (
            "state",
            "holder_id",
            "lane",
            "level",
            "due_at",
            "closed_at",
            "close_reason",
            "merged_into_id",
            "reading",
        ),
    ),
    "check_in": (CheckIn, ("closed",)),
}


class CannotGoBack(Exception):
    """The row has changed in another way since, so its old state would be wrong now."""


def remember(rows: Iterable[Model]) -> list[Snapshot]:
    """Return how these rows stand now."""
    found = []
    for row in rows:
        kind = next(name for name, (model, _) in REMEMBERED.items() if isinstance(row, model))
        values = {name: _store(getattr(row, name)) for name in REMEMBERED[kind][1]}
        found.append({"kind": kind, "id": row.id, **values})
    return found


def values_of(snapshot: Snapshot) -> dict[str, Any]:
    """Return the columns of a snapshot as their model has them."""
    model, names = REMEMBERED[snapshot["kind"]]
    return {name: _load(model.__table__.c[name], snapshot[name]) for name in names}


def go_back(snapshot: Snapshot) -> None:
    """Put a post, thread or check-in back as it was.

    What its author has taken back stays so. Raises CannotGoBack where a post has a new text.
    """
    model, _ = REMEMBERED[snapshot["kind"]]
    row = db.session.get_one(model, snapshot["id"], populate_existing=True, with_for_update=True)
    values = values_of(snapshot)
    if not isinstance(row, Post):
        for name, value in values.items():
            setattr(row, name, value)
        return
    if row.visibility is Visibility.DELETED:
        return
    if row.version != values.pop("version"):
        raise CannotGoBack
    masks = values.pop("masks")
    for name, value in values.items():
        setattr(row, name, value)
    set_masks(row, masks)
    if row.visibility is Visibility.PENDING and row.is_scanned:
        # A scan came meanwhile and left it alone, because it was hidden: let it decide now.
        db.session.execute(
            update(Post).where(Post.id == row.id).values(scanned_version=row.version - 1)
        )
        enqueue(SCAN_POST, row.id)


def _store(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return value.value
    return value.isoformat() if isinstance(value, datetime) else value


def _load(column: Column[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, Enum) and column.type.enum_class:
        return column.type.enum_class(value)
    return datetime.fromisoformat(value) if isinstance(column.type, UtcDateTime) else value
