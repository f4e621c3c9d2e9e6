"""Pages of rooms."""

from typing import Any

from flask import Blueprint, abort
from flask_login import current_user

from forum.groups.entry import find_room_for
from forum.help.models import HelpEntry
from forum.help.queries import pinnable_entries
from forum.posts.lists import threads_of, unanswered
from forum.rooms.hours import rest_of
from forum.rooms.models import Room
from forum.rooms.queries import listed_rooms, must_agree
from forum.web.cursors import asked_place, seal
from forum.web.kept import kept_for_visitors
from forum.web.pages import render_page

rooms = Blueprint("rooms", __name__)


@rooms.app_context_processor
def _helpers() -> dict[str, Any]:
    return {
        "rest_of": rest_of,
        "pinned_in": _pinned_in,
        "must_agree": lambda room: must_agree(current_user.member, room),
    }


def _pinned_in(room: Room) -> list[HelpEntry]:
    """Return the help that stands on a room's page, best known first; one statement, or none."""
    if not room.pinned:
        return []
    return [entry for entry in pinnable_entries() if entry.slug in room.pinned]


@rooms.get("/")
@kept_for_visitors
def index() -> str:
    """Show the rooms."""
    return render_page("rooms/index.html", rooms=listed_rooms())


@rooms.get("/ruang/<slug>")
@kept_for_visitors
def show(slug: str) -> str:
    """Show a room's threads."""
    room = find_room_for(current_user.member, slug) or abort(404)
    part = threads_of(room, current_user.member, asked_place())
    return render_page("rooms/show.html", room=room, part=part, after=seal(part.after))


@rooms.get("/belum-dijawab", endpoint="unanswered_anywhere")
@rooms.get("/ruang/<slug>/belum-dijawab", endpoint="unanswered")
def show_unanswered(slug: str | None = None) -> str:
    """Show the threads that nobody has answered yet, of one room or of all that are listed."""
    room = (find_room_for(current_user.member, slug) or abort(404)) if slug else None
    part = unanswered(current_user.member, room, asked_place())
    return render_page("rooms/unanswered.html", room=room, part=part, after=seal(part.after))
