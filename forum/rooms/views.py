"""Pages of rooms."""

from flask import Blueprint, abort
from flask_login import current_user

from forum.groups.entry import find_room_for
from forum.posts.lists import threads_of, unanswered
from forum.rooms.queries import listed_rooms
from forum.web.cursors import asked_place, seal
from forum.web.kept import kept_for_visitors
from forum.web.pages import render_page

rooms = Blueprint("rooms", __name__)


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
