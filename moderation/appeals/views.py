"""The page where a member appeals, and the words of notices about measures and appeals."""

from flask import Blueprint, abort, flash, redirect, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_required
from werkzeug.wrappers import Response

from forum.accounts.models import Member
from forum.extensions import db, limiter
from forum.help.queries import crisis_entries
from forum.notices.models import Notice, NoticeKind
from forum.notices.telling import Telling
from forum.web.pages import render_page
from moderation.appeals import operations
from moderation.appeals.forms import AppealForm
from moderation.appeals.models import Appeal
from moderation.appeals.queries import Standing, get_measure_for, standing_of
from moderation.measures.models import Measure

appeals = Blueprint("appeals", __name__)


@appeals.route("/banding/<public_id>", methods=["GET", "POST"])
@login_required
@limiter.limit("10 per minute; 60 per hour", methods=["POST"])
def show(public_id: str) -> str | Response | tuple[str, int]:
    """Ask for another look at a measure, or see what became of it."""
    member: Member = current_user.member
    measure: Measure = get_measure_for(member, public_id) or abort(404)
    form = AppealForm()
    if form.validate_on_submit():
        try:
            operations.appeal(member, measure, form.words.data)
        except operations.NotAppealable:
            db.session.rollback()
            flash(_("Another look is not possible here any more. Your words are still below."))
            return _page(public_id, form), 409
        db.session.commit()
        flash(_("Thank you. Somebody else reads it and writes to you here."))
        return redirect(url_for("appeals.show", public_id=public_id))
    return _page(public_id, form)


def _page(public_id: str, form: AppealForm) -> str:
    measure: Measure = get_measure_for(current_user.member, public_id) or abort(404)
    standing = standing_of(measure)
    in_danger = standing.appeal is not None and standing.appeal.danger_case_id is not None
    return render_page(
        "appeals/show.html",
        measure=measure,
        standing=standing,
        form=form,
        in_danger=in_danger,
        crisis_entries=crisis_entries() if in_danger else [],
    )


def _load_measure(notice: Notice) -> Standing:
    return standing_of(db.session.get_one(Measure, notice.subject_id))


def _load_appeal(notice: Notice) -> Appeal:
    return db.session.get_one(Appeal, notice.subject_id)


TELLINGS = {
    NoticeKind.MEASURE: Telling("measures/notice.html", _load_measure),
    NoticeKind.APPEAL_DECIDED: Telling("appeals/notice.html", _load_appeal),
}
