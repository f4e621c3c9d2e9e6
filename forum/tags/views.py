"""The page where a member chooses what stands beside their name in a room."""

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user, login_required
from werkzeug.wrappers import Response

from forum.extensions import db
from forum.groups.entry import find_room_for
from forum.tags import operations
from forum.tags.forms import TagsForm
from forum.tags.queries import tags_beside, tags_of
from forum.web.pages import render_page

tags = Blueprint("tags", __name__)


@tags.app_context_processor
def lend_functions() -> dict[str, object]:
    """Let a thread's page show experiences beside names."""
    return {"tags_beside": tags_beside}


@tags.route("/ruang/<slug>/pengalaman", methods=["GET", "POST"])
@login_required
def choose(slug: str) -> str | Response:
    """Choose which experiences stand beside one's name in a room."""
    room = find_room_for(current_user.member, slug) or abort(404)
    if not room.tags:
        abort(404)
    form = TagsForm()
    form.offer(room)
    if request.method == "GET":
        form.tags.data = sorted(tags_of(current_user.member, room))
    if form.validate_on_submit():
        try:
            operations.choose_tags(current_user.member, room, form.tags.data)
        except operations.TooManyTags:
            form.tags.errors = [
                ngettext("At most %(num)d fits.", "At most %(num)d fit.", operations.MOST)
            ]
        else:
            db.session.commit()
            flash(_("Kept. You can change it any time."))
            return redirect(url_for("rooms.show", slug=slug))
    return render_page("tags/choose.html", form=form, room=room, most=operations.MOST)
