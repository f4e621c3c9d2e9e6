"""The protocol on a case's page, notes on any case, and the calls for company on the desk."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint
from flask_babel import gettext as _
from flask_login import current_user

from forum.accounts.access import only_for
from forum.accounts.models import STAFF
from forum.text import clean
from moderation.care.wordings import Wording, find_wording
from moderation.cases.eligibility import may_answer
from moderation.cases.forms import CaseForm
from moderation.cases.models import Case
from moderation.cases.page import Page, carry_out
from moderation.cases.panels import CaseView, Panel, Place
from moderation.cases.refusals import WORDS
from moderation.crisis import operations
from moderation.crisis.forms import STEP_HINTS, STEP_NAMES, StepForm, TimeLineForm
from moderation.crisis.models import Entry, Step
from moderation.crisis.operations import CompanyFound, NotWithThem
from moderation.crisis.queries import calls_for, company_of, entries_of, flagged_since
from moderation.risk.levels import Level

crisis = Blueprint("crisis", __name__)
crisis.before_request(only_for(STAFF))

PART = "protocol"
# Keys of check_ins.yaml, the first one fitting best.
STEP_WORDINGS = {
    Step.ASKED: ("right-now", "are-you-safe", "asking-plainly"),
    Step.DISTANCE: ("make-distance",),
    Step.SOMEONE: ("one-person",),
    Step.LINE: ("offer-lines", "line-is-busy"),
    Step.NEXT_CONTACT: ("thank-you-safe",),
}

WORDS.update(
    {
        NotWithThem: lambda: _(
            "Steps and notes come from the one who has the case and those who joined them."
        ),
        CompanyFound: lambda: _("They have company already. Thank you for coming."),
    }
)


@dataclass(frozen=True)
class StepLine:
    """A step as the page shows it: who noted it, if anyone, and sentences to begin with."""

    step: Step
    name: str
    hint: str
    entry: Entry | None
    wordings: tuple[Wording, ...]


@crisis.app_context_processor
def lend_functions() -> dict[str, object]:
    """Let the desk ask who wants company without an import."""
    return {"calls_for": calls_for}


@crisis.post("/meja/kasus/<case_id>/langkah")
def tick(case_id: str) -> Page:
    """Note that a step was done."""
    return _treat_step(case_id, operations.tick)


@crisis.post("/meja/kasus/<case_id>/langkah/batal")
def untick(case_id: str) -> Page:
    """Take back a step that was noted by mistake."""
    return _treat_step(case_id, operations.untick)


@crisis.post("/meja/kasus/<case_id>/lini-masa")
def note(case_id: str) -> Page:
    """Write a note on the time line."""
    form = TimeLineForm()

    def act(case: Case, _seen: int) -> None:
        operations.write_note(current_user.member, case, clean(form.note.data or ""))

    return carry_out(case_id, form, act, _("The note is on the time line."), at="notes")


@crisis.post("/meja/kasus/<case_id>/minta-teman")
def ask(case_id: str) -> Page:
    """Ask the desk for a second person."""
    return _treat_company(
        case_id, operations.ask_for_company, _("The desk shows that you ask for company.")
    )


@crisis.post("/meja/kasus/<case_id>/temani")
def join(case_id: str) -> Page:
    """Keep the holder of a case company."""
    return _treat_company(
        case_id, operations.join, _("You are with them now. They write, you look things up.")
    )


@crisis.post("/meja/kasus/<case_id>/temani/selesai")
def leave(case_id: str) -> Page:
    """Stop keeping company."""
    return _treat_company(case_id, operations.leave, _("Thank you for being there."))


def _treat_step(case_id: str, operation: Callable[..., None]) -> Page:
    form = StepForm()
    return carry_out(
        case_id,
        form,
        lambda case, _seen: operation(current_user.member, case, Step(form.step.data)),
        at=PART,
    )


def _treat_company(case_id: str, operation: Callable[..., None], done: str) -> Page:
    return carry_out(
        case_id,
        CaseForm(),
        lambda case, _seen: operation(current_user.member, case),
        done,
        at=PART,
    )


def _fill(view: CaseView) -> dict[str, Any] | None:
    if view.is_appeal:
        return None
    if view.case.risk_level < Level.RED:
        return None
    entries = entries_of(view.case)
    steps = {entry.step: entry for entry in entries if entry.step}
    company = [] if view.is_closed else company_of(view.case)
    helpers = [call.helper for call in company if call.helper and call.helper != view.case.holder]
    is_helper = view.staff in helpers
    is_call_open = any(call.helper is None for call in company)
    is_held_by_other = not (view.is_mine or view.is_waiting or view.is_closed)
    return {
        "steps": [
            StepLine(
                step=step,
                name=str(STEP_NAMES[step]),
                hint=str(STEP_HINTS[step]),
                entry=steps.get(step),
                wordings=_wordings(step, view.case.risk_level),
            )
            for step in Step
        ],
        "entries": entries,
        "done": len(steps),
        "names": STEP_NAMES,
        "since": flagged_since(view.case),
        "helpers": helpers,
        "is_helper": is_helper,
        "has_part": not view.is_closed and (view.is_mine or is_helper),
        "is_call_open": is_call_open,
        "may_join": is_call_open
        and is_held_by_other
        and not is_helper
        and may_answer(view.staff, view.case),
        "form": view.form(TimeLineForm),
    }


def _fill_notes(view: CaseView) -> dict[str, Any] | None:
    """Offer the time line alone, where there is no protocol."""
    if view.is_appeal or view.case.risk_level >= Level.RED:
        return None
    entries = entries_of(view.case)
    if not entries and not view.is_mine:
        return None
    return {
        "entries": entries,
        "names": STEP_NAMES,
        "has_part": view.is_mine,
        "form": view.form(TimeLineForm),
    }


def _wordings(step: Step, level: Level) -> tuple[Wording, ...]:
    found = [find_wording(key) for key in STEP_WORDINGS.get(step, ())]
    return tuple(wording for wording in found if wording and level in wording.levels)


PANELS = (
    Panel("crisis/protocol.html", Place.DECIDE, 10, _fill),
    Panel("crisis/protocol.html", Place.STATE, 20, _fill),
    Panel("crisis/notes.html", Place.DECIDE, 82, _fill_notes),
    Panel("crisis/notes.html", Place.STATE, 85, _fill_notes),
)
