"""Pages where leads and admins ask whether two names are one person, and allow it."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from forum.accounts.access import only_for
from forum.clock import now
from forum.extensions import db
from forum.notices.models import NoticeKind
from forum.notices.telling import Telling
from forum.text import clean
from forum.web.pages import render_page
from moderation.cases.models import Case
from moderation.cases.page import Page, carry_out
from moderation.cases.panels import CaseView, Panel, Place
from moderation.cases.queries import find_case
from moderation.cases.refusals import WORDS, Refusal, explain
from moderation.factors.showing import ask_again
from moderation.unveiling import operations
from moderation.unveiling.forms import GROUNDS, DecisionForm, PersonForm
from moderation.unveiling.models import Ground, PersonQuestion
from moderation.unveiling.queries import find_question, questions

unveiling = Blueprint("unveiling", __name__)
unveiling.before_request(only_for(operations.WHO))

WORDS.update(
    {
        operations.NothingToAsk: lambda: _(
            "There is no other case at this address, or both have the same name on them."
        ),
        operations.AboutYourself: lambda: _("One of these cases is closed to you here."),
        operations.NeedsAnother: lambda: _("Somebody else allows it: two people, always."),
        operations.Over: lambda: _("This is decided already, or its day is over."),
    }
)


@unveiling.post("/meja/kasus/<case_id>/satu-orang")
def ask(case_id: str) -> Page:
    """Ask whether the people of two cases are one."""
    if page := ask_again():
        return page
    form = PersonForm()

    def act(case: Case, _seen: int) -> None:
        operations.ask(
            current_user.member,
            case,
            find_case(form.other_id),
            Ground(form.ground.data),
            clean(form.known.data),
        )

    done = _("The question waits for a second lead or admin. It stands in the record.")
    return carry_out(case_id, form, act, done)


@unveiling.get("/meja/satu-orang")
def index() -> str:
    """Show what was asked, and what waits for a second person."""
    return _page()


@unveiling.post("/meja/satu-orang/<public_id>/putuskan")
def decide(public_id: str) -> str | tuple[str, int] | Response:
    """Allow or decline a question of somebody else."""
    question: PersonQuestion = find_question(public_id) or abort(404)
    form = DecisionForm()
    allows = form.answer.data == "allow"
    if allows and (page := ask_again()):
        return page
    if not form.validate_on_submit():
        return _page(), 422
    try:
        operations.decide(current_user.member, question, allow=allows)
    except Refusal as refusal:
        db.session.rollback()
        flash(explain(refusal))
        return _page(), 409
    db.session.commit()
    return redirect(url_for("unveiling.index"))


@unveiling.post("/meja/satu-orang/<public_id>/jawaban")
def answer(public_id: str) -> str | tuple[str, int] | Response:
    """Show the answer once; each reading is written down."""
    question: PersonQuestion = find_question(public_id) or abort(404)
    if page := ask_again():
        return page
    try:
        same = operations.read_answer(current_user.member, question)
    except Refusal as refusal:
        db.session.rollback()
        flash(explain(refusal))
        return _page(), 409
    db.session.commit()
    return _page((question, same))


def _page(answered: tuple[PersonQuestion, bool] | None = None) -> str:
    me = current_user.member
    return render_page(
        "unveiling/index.html",
        questions=[
            (found, operations.may_decide(me, found), operations.may_read(me, found))
            for found in questions()
        ],
        answered=answered,
        grounds=GROUNDS,
        now=now(),
    )


def _fill(view: CaseView) -> dict[str, Any] | None:
    if view.staff.role not in operations.WHO or view.staff.id == view.case.subject_id:
        return None
    return {"form": view.form(PersonForm)}


PANELS = (Panel("unveiling/panel.html", Place.READ, 90, _fill),)
TELLINGS = {NoticeKind.PERSON_QUESTION: Telling("unveiling/notice.html")}
