"""The queue, a case, and who is with it."""

from typing import Any

from flask import Blueprint
from flask_babel import gettext as _
from flask_login import current_user

from forum.accounts.access import only_for
from forum.accounts.models import STAFF
from forum.clock import now
from forum.text import clean
from forum.web.pages import render_page
from moderation.cases import operations, queries
from moderation.cases.forms import CaseForm, NoteForm
from moderation.cases.models import Case
from moderation.cases.page import Page, carry_out, case_page, find_case
from moderation.cases.panels import CaseView, Panel, Place

desk = Blueprint("cases", __name__)
desk.before_request(only_for(STAFF))


@desk.get("/meja")
def queue() -> str:
    """Show what waits, worst first."""
    cases = queries.queue()
    waiting = (
        case
        for case in cases
        if queries.is_waiting(case) and not operations.why_not(current_user.member, case)
    )
    return render_page(
        "cases/queue.html",
        cases=cases,
        next_case=next(waiting, None),
        mine=[case for case in cases if queries.is_held_by(case, current_user.id)],
        state=queries.queue_state(),
        now=now(),
    )


@desk.get("/meja/kasus/<case_id>")
def show(case_id: str) -> str:
    """Show a case in its context."""
    return case_page(find_case(case_id))


@desk.post("/meja/kasus/<case_id>/ambil")
def claim(case_id: str) -> Page:
    """Take a case."""
    return carry_out(
        case_id, CaseForm(), lambda case, seen: operations.claim(current_user.member, case, seen)
    )


@desk.post("/meja/kasus/<case_id>/lepas")
def release(case_id: str) -> Page:
    """Put a case back, with a note for whoever takes it next."""
    form = NoteForm()

    def act(case: Case, seen: int) -> None:
        operations.release(current_user.member, case, seen, clean(form.note.data or ""))

    return carry_out(case_id, form, act, _("The case is back in the queue."), "cases.queue")


def _fill_state(view: CaseView) -> dict[str, Any]:
    return {"form": view.form(CaseForm)}


def _fill_release(view: CaseView) -> dict[str, Any]:
    return {"form": view.form(NoteForm)}


PANELS = (
    Panel("cases/panels/state.html", Place.STATE, 10, _fill_state, when_blind=True),
    Panel("cases/panels/release.html", Place.DECIDE, 90, _fill_release, when_blind=True),
)
