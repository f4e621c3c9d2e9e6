"""The queue, a case, and who is with it."""

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from forum.accounts.access import only_for
from forum.accounts.models import STAFF
from forum.clock import now
from forum.extensions import db
from forum.text import clean
from forum.web.pages import page_number, render_page
from moderation.cases import operations
from moderation.cases.eligibility import answers_level
from moderation.cases.forms import CaseForm, NoteForm
from moderation.cases.models import Case, Lane
from moderation.cases.news import read_mark, write_mark
from moderation.cases.page import Page, carry_out, case_page, find_case
from moderation.cases.panels import CaseView, Panel, Place
from moderation.cases.protection import why_spared
from moderation.cases.queue import COUNTED, LAST_PAGE, Wanted, read_desk, read_or_none, tallies
from moderation.cases.refusals import Refusal, explain
from moderation.cases.unscanned import take_unscanned, unscanned
from moderation.risk.levels import Level

desk = Blueprint("cases", __name__)
desk.before_request(only_for(STAFF))


@desk.get("/meja")
def queue() -> str:
    """Show what waits, worst first."""
    return _queue_page()


@desk.post("/meja/belum-dibaca/<post_id>")
def take_unread(post_id: str) -> Page:
    """Take a post that no worker has come for."""
    try:
        case = take_unscanned(current_user.member, post_id)
    except Refusal as refusal:
        db.session.rollback()
        flash(explain(refusal))
        return _queue_page(), 409
    db.session.commit()
    return redirect(url_for("cases.show", case_id=case.public_id))


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


def _queue_page() -> str:
    wanted = Wanted(_chosen_lane(), _chosen_level())
    # Before the list: what comes meanwhile must not be missed.
    mark = read_or_none(read_mark)
    # Figures first: where they can't be read, what was loaded before is lost.
    figures, late = tallies(wanted), unscanned()
    return render_page(
        "cases/queue.html",
        desk_now=read_desk(current_user.member, wanted, min(page_number(), LAST_PAGE)),
        wanted=wanted,
        figures=figures,
        unscanned=late,
        counted=COUNTED,
        last_page=LAST_PAGE,
        levels=sorted(Level, reverse=True),
        lanes=list(Lane),
        takes_red=answers_level(current_user.member, Level.RED),
        mark=write_mark(mark) if mark else "",
        now=now(),
    )


def _chosen_lane() -> Lane | None:
    word = request.args.get("lane", "")
    return Lane(word) if word in set(Lane) else None


def _chosen_level() -> Level | None:
    word = request.args.get("level", "")
    return next((level for level in Level if level.word == word), None)


def _fill_state(view: CaseView) -> dict[str, Any]:
    is_spared = view.is_waiting and why_spared(view.staff, view.case) is not None
    return {"form": view.form(CaseForm), "is_spared": is_spared}


def _fill_release(view: CaseView) -> dict[str, Any]:
    return {"form": view.form(NoteForm)}


PANELS = (
    Panel("cases/panels/state.html", Place.STATE, 10, _fill_state, when_blind=True),
    Panel("cases/panels/release.html", Place.DECIDE, 90, _fill_release, when_blind=True),
)
