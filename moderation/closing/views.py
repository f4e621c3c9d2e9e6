"""How a case ends, and what stands on its page about that."""

from typing import Any

from flask import Blueprint, abort, flash
from flask_babel import gettext as _
from flask_login import current_user
from wtforms import SelectChoice

from forum.accounts.access import only_for
from forum.accounts.models import STAFF
from forum.help.choices import ROUTES
from forum.help.queries import find_entry
from forum.text import clean
from moderation.cases.models import Case, CloseReason
from moderation.cases.page import Page, carry_out, find_case
from moderation.cases.panels import CaseView, Panel, Place
from moderation.cases.refusals import WORDS
from moderation.closing import operations
from moderation.closing.forms import (
    CLOSE_REASONS,
    CONSENTS,
    JUDGEMENTS,
    OUTCOMES,
    SERVICES,
    TAKEN,
    CloseForm,
    OpinionForm,
    ReferForm,
    TakenForm,
)
from moderation.closing.models import Consent, Judgement, Outcome, Service, Taken
from moderation.closing.operations import (
    Closing,
    NoReferral,
    NotAnswered,
    StateMissing,
    asks_second,
    is_heavy,
)
from moderation.closing.queries import (
    ending_of,
    find_referral,
    latest_opinion,
    owners,
    referrals_of,
)
from moderation.measures.held import held_posts

closing = Blueprint("closing", __name__)
closing.before_request(only_for(STAFF))

WORDS.update(
    {
        NoReferral: lambda: _("Please note first which service you named to them."),
        NotAnswered: lambda: _(
            "Nobody has written to them yet. A reply or a private message comes first."
        ),
        StateMissing: lambda: _("Please say how they are, and whether we may write again."),
    }
)


@closing.post("/meja/kasus/<case_id>/tutup")
def close(case_id: str) -> Page:
    """End a case, or ask somebody else to read it first."""
    form = CloseForm()
    case = find_case(case_id)
    form.case, form.holds = case, bool(held_posts(case))
    known = {str(owner.id) for owner in owners(current_user.member, case.subject_id)}
    owner_id = int(form.owner.data) if form.owner.data in known else None

    def act(case: Case, seen: int) -> None:
        closed = operations.close(
            current_user.member,
            case,
            seen,
            Closing(
                reason=CloseReason(form.reason.data),
                note=clean(form.note.data or ""),
                outcome=Outcome(form.outcome.data) if form.outcome.data else None,
                consent=Consent(form.consent.data) if form.consent.data else None,
                declined=clean(form.declined.data or ""),
                owner_id=owner_id,
                held=form.verdict(),
            ),
        )
        flash(
            _("The case is closed. Thank you.")
            if closed
            else _("Thank you. Somebody else reads it too, with fresh eyes, before it is closed.")
        )

    return carry_out(case_id, form, act, then="cases.queue")


@closing.post("/meja/kasus/<case_id>/pendapat")
def opinion(case_id: str) -> Page:
    """Judge a case blind."""
    form = OpinionForm()
    form.holds = bool(held_posts(find_case(case_id)))

    def act(case: Case, seen: int) -> None:
        agreed = operations.give_opinion(
            current_user.member,
            case,
            seen,
            Judgement(form.judgement.data),
            clean(form.note.data or ""),
            held=form.verdict(),
        )
        flash(
            _("Both of you saw it the same way. The case is closed.")
            if agreed
            else _("Thank you. The other one saw it differently, so a lead decides.")
        )

    return carry_out(case_id, form, act, then="cases.queue")


@closing.post("/meja/kasus/<case_id>/rujuk")
def refer(case_id: str) -> Page:
    """Note a service that was named to the person."""
    form = ReferForm()

    def act(case: Case, seen: int) -> None:
        chosen = form.service.data
        service = Service(chosen) if chosen in set(Service) else None
        entry = None if service else (find_entry(chosen) or abort(404))
        operations.refer(
            current_user.member,
            case,
            seen,
            entry=entry,
            service=service,
            taken=Taken(form.taken.data),
            name=str(SERVICES[service]) if service else entry.name,
        )

    return carry_out(case_id, form, act, _("The service is noted."), at="referrals")


@closing.post("/meja/kasus/<case_id>/rujuk/hasil")
def taken(case_id: str) -> Page:
    """Note whether a service was reached."""
    form = TakenForm()

    def act(case: Case, _seen: int) -> None:
        referral = find_referral(case, form.referral.data) or abort(404)
        operations.note_taken(current_user.member, case, referral, Taken(form.taken.data))

    return carry_out(case_id, form, act, _("Thank you, it is noted."), at="referrals")


def _fill_close(view: CaseView) -> dict[str, Any] | None:
    if view.is_appeal:
        return None
    form = view.form(CloseForm)
    form.owner.choices = [
        SelectChoice(str(owner.id), owner.pseudonym)
        for owner in owners(view.staff, view.case.subject_id)
    ]
    hints = {
        reason.value: _("Someone else reads it too before it is closed.")
        for reason in CLOSE_REASONS
        if asks_second(view.case, reason)
    }
    hints[CloseReason.REFERRED.value] = _("Note the service first.")
    return {
        "form": form,
        "heavy": is_heavy(view.case),
        "hints": hints,
        "held": len(held_posts(view.case)),
    }


def _fill_opinion(view: CaseView) -> dict[str, Any] | None:
    if not view.is_blind:
        return None
    return {"form": view.form(OpinionForm), "held": len(held_posts(view.case))}


def _fill_opinions(view: CaseView) -> dict[str, Any] | None:
    found = latest_opinion(view.case)
    if found is None:
        return None
    return {"opinion": found, "reasons": CLOSE_REASONS, "judgements": JUDGEMENTS}


def _fill_refer(view: CaseView) -> dict[str, Any] | None:
    if view.is_appeal:
        return None
    form = view.form(ReferForm)
    form.service.choices = [
        *(SelectChoice(service.value, text) for service, text in SERVICES.items()),
        *(SelectChoice(entry.slug, entry.name) for entry in view.services),
    ]
    return {"form": form, "routes": ROUTES}


def _fill_referrals(view: CaseView) -> dict[str, Any] | None:
    found = referrals_of(view.case)
    if not found:
        return None
    return {"referrals": found, "services": SERVICES, "taken": TAKEN}


def _fill_ending(view: CaseView) -> dict[str, Any] | None:
    found = ending_of(view.case) if view.is_closed else None
    if found is None:
        return None
    return {"ending": found, "outcomes": OUTCOMES, "consents": CONSENTS}


PANELS = (
    Panel("closing/opinion.html", Place.DECIDE, 5, _fill_opinion, when_blind=True),
    Panel("closing/refer.html", Place.DECIDE, 50, _fill_refer),
    Panel("closing/close.html", Place.DECIDE, 80, _fill_close),
    Panel("closing/ending.html", Place.STATE, 15, _fill_ending),
    Panel("closing/opinions.html", Place.READ, 20, _fill_opinions),
    Panel("closing/referrals.html", Place.READ, 30, _fill_referrals),
)
