"""Acts on the account of a case's person."""

from typing import Any

from flask import Blueprint
from flask_babel import gettext as _
from flask_login import current_user

from forum.accounts.access import only_for
from forum.accounts.models import MODERATORS
from forum.text import clean
from moderation.cases.models import Case
from moderation.cases.page import Page, carry_out
from moderation.cases.panels import CaseView, Panel, Place
from moderation.cases.refusals import WORDS
from moderation.factors.showing import ask_again
from moderation.measures import accounts
from moderation.measures.account_forms import (
    REASONS,
    AccountForm,
    AccountMeasure,
    AskedForm,
    LiftForm,
)
from moderation.measures.account_queries import account_measures_of, find_asking, is_in_danger
from moderation.measures.models import MeasureReason

account_measures = Blueprint("account_measures", __name__)
account_measures.before_request(only_for(MODERATORS))

WORDS.update(
    {
        accounts.NeedsModerator: lambda: _("Warnings and pauses are for moderators to give."),
        accounts.StaffAccount: lambda: _("Accounts of the team are for an admin."),
        accounts.InDanger: lambda: _(
            "This person may be in danger now. Nobody is shut out for that. "
            "Answer first; when no red or crisis case is open, you can come back to this."
        ),
        accounts.NotABehaviour: lambda: _(
            "Pausing and closing are for what someone does to others, not for what they feel."
        ),
        accounts.AlreadyClosed: lambda: _("This account is closed already."),
        accounts.AlreadyAsked: lambda: _("Someone has asked for this. It waits for a lead."),
        accounts.NothingAsked: lambda: _("Nobody asks any more to close this account."),
        accounts.NotPaused: lambda: _("This person is not paused any more."),
        accounts.NotOnAppeal: lambda: _(
            "An appeal never makes it worse. No new measure is taken with it."
        ),
        accounts.NeedsAnother: lambda: _(
            "Closing an account takes two people. "
            "The second is a lead or an admin, and not who asked."
        ),
    }
)


@account_measures.post("/meja/kasus/<case_id>/akun")
def take(case_id: str) -> Page:
    """Warn or pause the person of a case, or ask to close their account."""
    form = AccountForm()

    def act(case: Case, seen: int) -> None:
        asked = (current_user.member, case, seen, MeasureReason(form.reason.data))
        words = clean(form.words.data)
        if form.measure.data == AccountMeasure.WARN:
            accounts.warn(*asked, words)
        elif form.measure.data == AccountMeasure.PAUSE:
            accounts.pause(*asked, words, hours=form.hours.data)
        else:
            accounts.ask_to_close(*asked, words)

    done = {
        AccountMeasure.WARN: _("They hear of the warning, with your words."),
        AccountMeasure.PAUSE: _("They are paused, and hear why and until when."),
        AccountMeasure.ASK_TO_CLOSE: _("Your wish stands on the case. A lead or an admin decides."),
    }
    return carry_out(case_id, form, act, done.get(form.measure.data, ""))


@account_measures.post("/meja/kasus/<case_id>/akun/lanjut")
def lift(case_id: str) -> Page:
    """End the pause of a case's person."""
    form = LiftForm()

    def act(case: Case, seen: int) -> None:
        accounts.lift_pause(current_user.member, case, seen, clean(form.words.data))

    return carry_out(case_id, form, act, _("The pause is over, and they hear of it."))


@account_measures.post("/meja/kasus/<case_id>/akun/tutup-akun")
def answer(case_id: str) -> Page:
    """Confirm or decline the wish to close an account."""
    form = AskedForm()
    closes = form.answer.data == "close"
    if closes and (page := ask_again()):
        return page

    def act(case: Case, seen: int) -> None:
        if closes:
            accounts.confirm_closing(current_user.member, case, seen)
        else:
            note = clean(form.note.data or "")
            accounts.decline_closing(current_user.member, case, seen, note)

    done = _("The account is closed.") if closes else _("The account stays open.")
    return carry_out(case_id, form, act, done)


def _fill_state(view: CaseView) -> dict[str, Any] | None:
    measures = [] if view.is_appeal else account_measures_of(view.case)
    subject = view.case.subject
    if not (measures or subject.is_closed or subject.is_paused):
        return None
    return {"measures": measures, "reasons": REASONS}


def _fill_decide(view: CaseView) -> dict[str, Any] | None:
    if view.is_appeal or not accounts.may_measure(view.staff, view.case.subject):
        return None
    asking = find_asking(view.case)
    return {
        "form": view.form(AccountForm),
        "lift_form": view.form(LiftForm),
        "asked_form": view.form(AskedForm),
        "asking": asking,
        "may_answer": asking is not None and accounts.may_answer_asking(view.staff, asking),
        "in_danger": is_in_danger(view.case.subject_id),
        "reasons": REASONS,
    }


PANELS = (
    Panel("measures/account_state.html", Place.WHY, 50, _fill_state),
    Panel("measures/account.html", Place.DECIDE, 70, _fill_decide),
)
