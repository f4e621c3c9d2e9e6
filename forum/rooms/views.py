"""Pages of rooms."""

from flask import Blueprint, abort
from flask_login import current_user

from forum.groups.entry import find_room_for
from forum.posts.queries import threads_of
from forum.rooms.queries import listed_rooms
from forum.web.pages import page_number, render_page

rooms = Blueprint("rooms", __name__)


@rooms.get("/")
def index() -> str:
    """Show the rooms."""
    return render_page("rooms/index.html", rooms=listed_rooms())


@rooms.get("/ruang/<slug>")
def show(slug: str) -> str:
    """Show a room's threads."""
    room = find_room_for(current_user.member, slug) or abort(404)
    page = threads_of(room, current_user.member, page_number())
    return render_page("rooms/show.html", room=room, page=page)
