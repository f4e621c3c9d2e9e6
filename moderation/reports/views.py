"""The report page that members see: its own blueprint, because the desk is for staff."""

from flask import Blueprint, abort, redirect, request, url_for
from flask_login import current_user, login_required
from werkzeug.wrappers import Response

from forum.extensions import db, limiter
from forum.notices.models import NoticeKind
from forum.notices.telling import Telling
from forum.posts.queries import get_post_for
from forum.text import clean
from forum.web.pages import render_page
from moderation.cases.models import Door
from moderation.cases.outcomes import outcome_of
from moderation.reports.forms import ReportForm
from moderation.reports.operations import report_post

reports = Blueprint("reports", __name__)


@reports.route("/lapor/<post_id>", methods=["GET", "POST"])
@login_required
@limiter.limit("5 per minute; 20 per hour", methods=["POST"])
def new(post_id: str) -> str | Response:
    """Tell the volunteers about a post, through one of two doors."""
    post = get_post_for(current_user.member, post_id) or abort(404)
    form = ReportForm()
    if request.method == "GET" and request.args.get("door") in set(Door):
        form.door.data = request.args["door"]
    if form.validate_on_submit():
        report_post(current_user.member, post, Door(form.door.data), clean(form.note.data or ""))
        db.session.commit()
        return redirect(url_for("reports.thanks", post_id=post_id, door=form.door.data))
    return render_page("reports/new.html", post=post, form=form)


@reports.get("/lapor/<post_id>/terima-kasih")
@login_required
def thanks(post_id: str) -> str:
    """Say what happens next, and what a worried reader can do meanwhile."""
    post = get_post_for(current_user.member, post_id) or abort(404)
    return render_page("reports/thanks.html", post=post, door=request.args.get("door"))


TELLINGS = {
    NoticeKind.REPORT_READ: Telling(
        "reports/notice.html", lambda notice: outcome_of(notice.subject_id)
    ),
}
