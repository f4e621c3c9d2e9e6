"""The pages where somebody stops reading a name. The other person is told nothing."""

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_required
from werkzeug.wrappers import Response

from forum.blocks import operations
from forum.blocks.forms import BLOCK, BlockForm
from forum.extensions import db, limiter
from forum.posts.queries import get_post_for
from forum.web.pages import render_page

blocks = Blueprint("blocks", __name__)


@blocks.route("/tulisan/<post_id>/jarak", methods=["GET", "POST"])
@login_required
@limiter.limit("20 per hour", methods=["POST"])
def new(post_id: str) -> str | Response:
    """Stop reading the name on a post."""
    member = current_user.member
    post = get_post_for(member, post_id) or abort(404)
    if not operations.may_block(member, post):
        abort(403)
    form = BlockForm()
    if form.validate_on_submit():
        try:
            operations.block(member, post, hides_me=form.kind.data == BLOCK)
        except operations.TooMany:
            db.session.rollback()
            post = get_post_for(member, post_id) or abort(404)
            form.kind.errors = [_("Your list is full. You can take a name off it first.")]
        else:
            db.session.commit()
            flash(_("Done. They are not told. You can change it under your account."))
            return redirect(url_for("rooms.show", slug=post.thread.room.slug))
    return render_page("blocks/new.html", post=post, form=form)


@blocks.post("/akun/jarak")
@login_required
def end() -> Response:
    """Read a name again."""
    if operations.unblock(current_user.member, request.form.get("block", 0, type=int)):
        db.session.commit()
        flash(_("You read this name again."))
    return redirect(url_for("accounts.own"))
