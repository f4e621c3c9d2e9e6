"""Following a thread, going on where one stopped, and what a notice of an answer says."""

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_required
from werkzeug.wrappers import Response

from forum.database import DATABASE_TROUBLE, give_up, writing
from forum.extensions import db
from forum.follows.operations import note_read, set_follow
from forum.follows.queries import first_unread, with_news
from forum.notices.models import Notice, NoticeKind
from forum.notices.telling import Telling
from forum.posts.composing import keep_along
from forum.posts.lists import followed_by
from forum.posts.models import Post
from forum.posts.queries import get_post_for, get_thread_for
from forum.web.cursors import asked_place, seal
from forum.web.pages import render_page

follows = Blueprint("follows", __name__)


@follows.app_context_processor
def lend_functions() -> dict[str, object]:
    """Let lists of threads mark what holds something unread."""
    return {"with_news": with_news}


@follows.get("/diikuti")
@login_required
def index() -> str:
    """Show the threads that a member follows."""
    part = followed_by(current_user.member, asked_place())
    return render_page("follows/index.html", part=part, after=seal(part.after))


@follows.post("/utas/<thread_id>/ikuti")
@login_required
def follow(thread_id: str) -> Response:
    """Follow a thread, or no more: the button says which."""
    thread = get_thread_for(current_user.member, thread_id) or abort(404)
    is_on = request.form.get("on") == "1"
    set_follow(current_user.member, thread, is_on=is_on)
    keep_along(thread)
    db.session.commit()
    flash(_("You follow this thread.") if is_on else _("You no longer follow this thread."))
    return redirect(url_for("posts.show_thread", thread_id=thread_id))


@follows.get("/utas/<thread_id>/baru")
@login_required
def unread(thread_id: str) -> Response:
    """Lead to what is new in a thread, or to its beginning where nothing is."""
    thread = get_thread_for(current_user.member, thread_id) or abort(404)
    post = first_unread(current_user.member, thread)
    if post is None:
        return redirect(url_for("posts.show_thread", thread_id=thread_id))
    return redirect(url_for("posts.show_post", post_id=post.public_id))


def note_reading(thread_id: str, post_id: int) -> None:
    """Note how far a member has read, after the page is made; it is shown without it too."""
    try:
        with writing(db.session):
            if thread := get_thread_for(current_user.member, thread_id):
                note_read(current_user.member, thread, post_id)
                db.session.commit()
    except DATABASE_TROUBLE:
        give_up(db.session)


def _load(notice: Notice) -> Post | None:
    if notice.post is None:
        return None
    return get_post_for(current_user.member, notice.post.public_id)


TELLINGS = {NoticeKind.REPLY: Telling("follows/notice.html", _load)}
