"""The pages where a member reads and answers a check-in: theirs alone, apart from the desk."""

import secrets

from flask import Blueprint, abort, flash, g, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_required
from werkzeug.wrappers import Response

from forum.database import DATABASE_TROUBLE, expect_reads, give_up
from forum.extensions import db, limiter
from forum.help.queries import crisis_entries
from forum.web.pages import render_page
from moderation.care.models import CheckIn, CheckInMessage, QuickAnswer
from moderation.care.operations import note_reading
from moderation.care.queries import (
    check_ins_of,
    get_check_in_for,
    messages_of,
    needs_crisis_card,
)
from moderation.cases.answers import answer
from moderation.cases.forms import AnswerForm

check_ins = Blueprint("check_ins", __name__)

# Far above what a talk needs. A quick answer is never limited.
WRITING_LIMIT = "20 per minute; 300 per hour"
QUICK_ANSWERS = frozenset(QuickAnswer) - {QuickAnswer.NONE}


def _is_quick_answer() -> bool:
    return request.form.get("answer") in QUICK_ANSWERS


@check_ins.get("/kabar")
@login_required
def index() -> str:
    """Show a member's check-ins, without their words."""
    return render_page("check_ins/index.html", check_ins=check_ins_of(current_user.member))


@check_ins.get("/kabar/<public_id>")
@login_required
def show(public_id: str) -> str:
    """Show a check-in, and note that it was opened."""
    check_in = _find(public_id)
    messages = messages_of([check_in])
    if check_in.read_at is None and messages:
        _note_reading(check_in, messages[-1])
    return _page(check_in, messages, AnswerForm())


@check_ins.post("/kabar/<public_id>")
@login_required
@limiter.limit(WRITING_LIMIT, exempt_when=_is_quick_answer)
def reply(public_id: str) -> str | tuple[str, int] | Response:
    """Take what a member answers."""
    check_in = _find(public_id)
    form = AnswerForm()
    if form.validate_on_submit():
        _answer(check_in, form, form.body.data or "")
        return redirect(url_for("check_ins.show", public_id=public_id))
    if form.answer.data in QUICK_ANSWERS and not form.submission_key.errors:
        # Words that do not fit must not hold up the press; they stay in the box.
        _answer(check_in, form, "")
        form.submission_key.data = secrets.token_hex(16)
    return _page(check_in, messages_of([check_in]), form), 422


def _answer(check_in: CheckIn, form: AnswerForm, body: str) -> None:
    quick = form.answer.data
    answer(
        current_user.member,
        check_in,
        body=body,
        quick=quick,
        submission_key=form.submission_key.data,
    )
    db.session.commit()
    if quick is QuickAnswer.WANT_TO_TALK:
        flash(_("The volunteers see that you want to talk. Your message goes ahead of others."))
    elif quick is QuickAnswer.SAFE:
        flash(_("Thank you for telling us. The volunteer sees it."))
    elif quick is QuickAnswer.NONE:
        flash(_("Your words are with the volunteers."))


def _note_reading(check_in: CheckIn, last: CheckInMessage) -> None:
    """Note the reading in a short transaction of its own; the page is shown without it too."""
    db.session.rollback()
    expect_reads(only=False)
    try:
        note_reading(check_in, last.id)
        db.session.commit()
    except DATABASE_TROUBLE:
        give_up(db.session)
    expect_reads(only=g.get("only_reads", False))


def _page(check_in: CheckIn, messages: list[CheckInMessage], form: AnswerForm) -> str:
    in_danger = needs_crisis_card(messages)
    return render_page(
        "check_ins/show.html",
        check_in=check_in,
        messages=messages,
        form=form,
        in_danger=in_danger,
        crisis_entries=crisis_entries() if in_danger else [],
    )


def _find(public_id: str) -> CheckIn:
    check_in: CheckIn = get_check_in_for(current_user.member, public_id) or abort(404)
    return check_in
