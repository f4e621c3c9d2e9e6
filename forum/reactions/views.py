"""Where a sign is given and taken back."""

from flask import Blueprint, abort, redirect, request, url_for
from flask_login import current_user, login_required
from werkzeug.wrappers import Response

from forum.extensions import db, limiter
from forum.posts.composing import keep_along
from forum.posts.operations import NotAllowed
from forum.posts.queries import get_post_for
from forum.reactions import operations
from forum.reactions.models import ReactionKind

reactions = Blueprint("reactions", __name__)


@reactions.post("/tulisan/<post_id>/tanggapan")
@login_required
@limiter.limit("30 per minute")
def react(post_id: str) -> Response:
    """Give a sign to a writer, or take it back: the button says which."""
    post = get_post_for(current_user.member, post_id) or abort(404)
    act = operations.take_back if "take" in request.form else operations.react
    wanted = request.form.get("take") or request.form.get("give", "")
    if wanted not in set(ReactionKind):
        abort(400)
    try:
        act(current_user.member, post, ReactionKind(wanted))
    except NotAllowed:
        abort(403)
    keep_along(post.thread)
    db.session.commit()
    return redirect(url_for("posts.show_post", post_id=post.public_id))
