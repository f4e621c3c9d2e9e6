"""Pages where admins look after the rooms, and leads read how each is kept."""

from flask import Blueprint, abort, flash, redirect, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from forum.accounts.access import only_for
from forum.accounts.models import Role
from forum.extensions import db
from forum.web.pages import render_page
from moderation.rooms import operations
from moderation.rooms.forms import POLICIES, RoomForm
from moderation.rooms.queries import all_rooms, find_room, moderators_of

room_desk = Blueprint("room_desk", __name__)
room_desk.before_request(only_for({Role.LEAD, Role.ADMIN}))
# Who adds rooms and changes them.
room_keeping = Blueprint("room_keeping", __name__)
room_keeping.before_request(only_for({Role.ADMIN}))


@room_desk.get("/meja/ruang")
def index() -> str:
    """Show every room and how it is kept."""
    rooms = all_rooms()
    return render_page(
        "room_desk/index.html", rooms=rooms, policies=POLICIES, moderators=moderators_of(rooms)
    )


@room_keeping.route("/meja/ruang/baru", methods=["GET", "POST"])
def new() -> str | Response:
    """Add a room."""
    form = RoomForm()
    if form.validate_on_submit():
        try:
            operations.add(current_user.member, form.values(), form.named)
        except operations.AddressTaken:
            db.session.rollback()
            form.name_id.errors = [_("There is a room of this name.")]
        else:
            db.session.commit()
            flash(_("The room is there."))
            return redirect(url_for("room_desk.index"))
    return render_page("room_desk/room.html", room=None, form=form)


@room_keeping.route("/meja/ruang/<slug>", methods=["GET", "POST"])
def change(slug: str) -> str | Response:
    """Change a room."""
    room = find_room(slug) or abort(404)
    form = RoomForm.of(room, moderators_of([room])[room.id])
    if form.validate_on_submit():
        changed = operations.change(current_user.member, room, form.values(), form.named)
        db.session.commit()
        flash(_("The room is changed.") if changed else _("Nothing was different."))
        return redirect(url_for("room_keeping.change", slug=slug))
    return render_page("room_desk/room.html", room=room, form=form)
