"""Acts on the thread of a case: who may answer, how fast, in which room; and joining cases."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort
from flask_babel import gettext as _
from flask_login import current_user
from wtforms import SelectChoice

from forum.accounts.access import only_for
from forum.accounts.models import STAFF
from forum.rooms.queries import find_room, listed_rooms
from forum.text import clean
from forum.web.pages import said
from moderation.cases import queries
from moderation.cases.models import Case
from moderation.cases.page import Page, carry_out
from moderation.cases.panels import CaseView, Panel, Place
from moderation.cases.refusals import WORDS
from moderation.measures import operations
from moderation.measures.forms import (
    LockForm,
    MeasureForm,
    MergeForm,
    MoveForm,
    SlowForm,
    UnlockForm,
)
from moderation.measures.merging import OwnCareNeeded, candidates_for, case_after, merge

threads = Blueprint("threads", __name__)
threads.before_request(only_for(STAFF))

WORDS[OwnCareNeeded] = lambda: _(
    "Somebody in danger is cared for in a case of their own. "
    "This one can join a case of the same name."
)


@threads.post("/meja/kasus/<case_id>/kunci")
def lock(case_id: str) -> Page:
    """Let staff alone answer in the thread."""
    done = _("Volunteers alone answer in the thread now.")
    return _treat_thread(case_id, LockForm(), operations.lock, done)


@threads.post("/meja/kasus/<case_id>/buka-kunci")
def unlock(case_id: str) -> Page:
    """Let everyone answer in the thread again."""
    done = _("Everyone can answer in the thread again.")
    return _treat_thread(case_id, UnlockForm(), operations.unlock, done)


@threads.post("/meja/kasus/<case_id>/pelan")
def slow_down(case_id: str) -> Page:
    """Set how often one person can write in the thread."""
    form = SlowForm()
    return _treat_thread(
        case_id,
        form,
        operations.slow_down,
        _("The pace of the thread is set."),
        lambda: {"minutes": form.minutes.data},
    )


@threads.post("/meja/kasus/<case_id>/pindahkan")
def move(case_id: str) -> Page:
    """Put the thread into another room."""
    form = MoveForm()
    return _treat_thread(
        case_id,
        form,
        operations.move,
        _("The thread stands in the other room."),
        lambda: {"room": find_room(form.room.data) or abort(404)},
    )


@threads.post("/meja/kasus/<case_id>/gabungkan")
def join(case_id: str) -> Page:
    """Close the case as a duplicate of another one, which goes on."""
    form = MergeForm()

    def act(case: Case, seen: int) -> None:
        into: Case = queries.find_case(form.into.data) or abort(404)
        merge(current_user.member, case, seen, into, clean(form.note.data or ""))

    return carry_out(case_id, form, act, _("The two cases are one now. It goes on in the other."))


def _treat_thread(
    case_id: str,
    form: MeasureForm,
    operation: Callable[..., None],
    done: str,
    more: Callable[[], dict[str, Any]] = dict,
) -> Page:
    """Carry out a measure on the thread of the case."""

    def act(case: Case, seen: int) -> None:
        why = form.why(case.thread.author.language)
        operation(current_user.member, case, seen, why, **more())

    return carry_out(case_id, form, act, done)


def _fill(view: CaseView) -> dict[str, Any]:
    move_form = view.form(MoveForm)
    here = view.case.thread.room
    move_form.room.choices = [
        SelectChoice(room.slug, said(room, "name"))
        for room in ([] if here.members_only else listed_rooms())
        if room.id != here.id
    ]
    candidates = candidates_for(view.case)
    merge_form = view.form(MergeForm)
    merge_form.into.choices = [
        SelectChoice(found.public_id, f"{found.subject_name}: {found.thread.title}")
        for found in candidates
    ]
    return {
        "lock": view.form(LockForm),
        "unlock": view.form(UnlockForm),
        "slow": view.form(SlowForm),
        "move": move_form,
        "merge": merge_form,
        "candidates": candidates,
        "sent": view.sent,
    }


def _fill_joined(view: CaseView) -> dict[str, Any] | None:
    joined = view.brought[1:]
    goes_on_in = case_after(view.case)
    return {"joined": joined, "goes_on_in": goes_on_in} if joined or goes_on_in else None


PANELS = (
    Panel("measures/joined.html", Place.WHY, 80, _fill_joined),
    Panel("measures/thread.html", Place.DECIDE, 60, _fill),
)
