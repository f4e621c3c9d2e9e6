"""The calm list of first decisions, and what colleagues said about one's own."""

from typing import Any

from flask import Blueprint, flash, redirect, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from forum.accounts.access import only_for
from forum.accounts.models import STAFF
from forum.clock import now
from forum.extensions import db
from forum.notices.models import Notice, NoticeKind
from forum.notices.telling import Telling
from forum.text import clean
from forum.web.pages import render_page
from moderation.buddies import operations, queries
from moderation.buddies.forms import VERDICT_NAMES, ReviewForm
from moderation.buddies.models import Review, Verdict

buddies = Blueprint("buddies", __name__)
buddies.before_request(only_for(STAFF))
# Looking at what others decided is for moderators.
reviews = Blueprint("reviews", __name__)
reviews.before_request(only_for(queries.REVIEWERS))


@buddies.app_context_processor
def _helpers() -> dict[str, Any]:
    return {"count_first_decisions": queries.count_waiting}


@buddies.get("/meja/teman")
def index() -> str:
    """Show what waits for a look, and what was said about one's own decisions."""
    return _page()


@reviews.post("/meja/teman/<int:decision_id>")
def review(decision_id: int) -> str | tuple[str, int] | Response:
    """Look at a decision."""
    form = ReviewForm()
    if not form.validate_on_submit():
        return _page(form, decision_id), 422
    try:
        operations.review(
            current_user.member,
            decision_id,
            Verdict(form.verdict.data),
            clean(form.feedback.data or ""),
        )
    except operations.NotWaiting:
        db.session.rollback()
        flash(_("Somebody else has looked at it meanwhile, or it is not for you."))
        return _page(), 409
    db.session.commit()
    flash(_("Thank you. They find your words in their messages."))
    return redirect(url_for("buddies.index"))


def _page(sent: ReviewForm | None = None, sent_for: int | None = None) -> str:
    me = current_user.member
    waiting = queries.waiting_for(me) if queries.may_review(me) else []
    return render_page(
        "buddies/index.html",
        waiting=[
            (each, sent if sent and each.id == sent_for else ReviewForm(formdata=None))
            for each in waiting
        ],
        may_review=queries.may_review(me),
        late_since=queries.late_since(),
        progress=queries.progress_of(me),
        own=queries.reviews_of(me),
        verdicts=VERDICT_NAMES,
        now=now(),
    )


def _load_review(notice: Notice) -> Review:
    return db.session.get_one(Review, notice.subject_id)


TELLINGS = {NoticeKind.DECISION_REVIEWED: Telling("buddies/notice.html", _load_review)}
