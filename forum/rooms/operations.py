"""What is done to rooms."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from forum.extensions import db
from forum.rooms.models import ContentWarning, Room, Unscanned


def add_starter_rooms(entries: Sequence[Mapping[str, Any]]) -> int:
    """Add the rooms of starter.yaml to a site that has none. Returns how many it added."""
    if db.session.scalar(select(Room.id).limit(1)) is not None:
        return 0
    for position, entry in enumerate(entries):
        db.session.add(
            Room(
                slug=entry["slug"],
                name_id=entry["name_id"],
                name_en=entry["name_en"],
                description_id=entry["description_id"],
                description_en=entry["description_en"],
                content_warning=ContentWarning(entry["content_warning"]),
                unscanned=Unscanned(entry["unscanned"]),
                holds_newcomers=entry.get("holds_newcomers", False),
                tags=entry.get("tags", []),
                position=position,
            )
        )
    return len(entries)
