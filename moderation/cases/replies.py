"""How staff answer the person of a case: in the thread, or privately."""

from typing import Any

from flask import Blueprint, request
from flask_babel import gettext as _
from flask_login import current_user

from forum.accounts.access import only_for
from forum.accounts.models import STAFF
from forum.web.language import LANGUAGES
from moderation.care.wordings import find_wording, wordings_for
from moderation.cases import operations
from moderation.cases.forms import CaseReplyForm, CheckInForm
from moderation.cases.models import Case
from moderation.cases.page import Page, carry_out
from moderation.cases.panels import CaseView, Panel, Place
from moderation.cases.queries import categories_of

replies = Blueprint("replies", __name__)
replies.before_request(only_for(STAFF))


@replies.post("/meja/kasus/<case_id>/balas")
def reply(case_id: str) -> Page:
    """Answer in the thread as a volunteer."""
    form = CaseReplyForm()

    def act(case: Case, seen: int) -> None:
        operations.reply(
            current_user.member,
            case,
            seen,
            body=form.body.data,
            submission_key=form.submission_key.data,
        )

    return carry_out(case_id, form, act, _("Your reply stands in the thread."))


@replies.post("/meja/kasus/<case_id>/sapa")
def check_in(case_id: str) -> Page:
    """Write privately to the person of a case."""
    form = CheckInForm()

    def act(case: Case, seen: int) -> None:
        operations.check_in(
            current_user.member,
            case,
            seen,
            body=form.body.data,
            submission_key=form.submission_key.data,
        )

    return carry_out(case_id, form, act, _("Your message is with them. Nobody else got it."))


def _begin(view: CaseView, form: CaseReplyForm, box: str) -> dict[str, Any]:
    """Fill the box with the wording that the address names, and keep the version it was seen on.

    Returns what the panel offers: all wordings, the one in this box, if any, and its language:
    the one asked for, else the member's.
    """
    language = request.args.get("language", "")
    if language not in LANGUAGES:
        language = view.case.subject.language
    asked_for = request.args.get("into", "check-in") == box
    wording = find_wording(request.args.get("words", "")) if asked_for else None
    if wording is not None and request.method == "GET":
        form.body.data = wording.text(language)
        form.version.data = request.args.get("version", view.case.version, type=int)
    return {
        "form": form,
        "wordings": wordings_for(view.case.risk_level, categories_of(view.flags)),
        "wording": wording,
        "language": language,
    }


def _fill_reply(view: CaseView) -> dict[str, Any] | None:
    if view.is_appeal:
        return None
    return _begin(view, view.form(CaseReplyForm), "reply")


def _fill_check_in(view: CaseView) -> dict[str, Any]:
    return _begin(view, view.form(CheckInForm), "check-in")


PANELS = (
    Panel("cases/panels/reply.html", Place.DECIDE, 20, _fill_reply),
    Panel("cases/panels/check_in.html", Place.DECIDE, 30, _fill_check_in),
)
