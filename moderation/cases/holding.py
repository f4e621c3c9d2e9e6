"""Keeping a case: while its page is open, while others are asked, and when somebody leaves."""

from typing import Any

from flask import Blueprint, jsonify, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import SelectChoice, TextAreaField

from forum.accounts.access import only_for
from forum.accounts.models import STAFF, Member
from forum.clock import now
from forum.extensions import db
from forum.text import clean
from forum.web.pages import render_page, waiting_time
from moderation.cases import operations
from moderation.cases.forms import HOLD_MINUTES, CaseForm, HoldForm
from moderation.cases.leases import hold_limit, keep
from moderation.cases.models import Act, Case, HoldReason
from moderation.cases.page import Page, carry_out, find_case
from moderation.cases.panels import CaseView, Panel, Place
from moderation.cases.presence import note_presence
from moderation.cases.queue import cases_with, readers_of

holding = Blueprint("holding", __name__)
holding.before_request(only_for(STAFF))


@holding.post("/meja/kasus/<case_id>/tahan")
def hold(case_id: str) -> Page:
    """Hold a case while others are asked."""
    form = HoldForm()

    def act(case: Case, seen: int) -> None:
        operations.hold(
            current_user.member,
            case,
            seen,
            reason=HoldReason(form.why.data),
            minutes=form.minutes.data,
            note=clean(form.note.data or ""),
        )

    return carry_out(
        case_id, form, act, _("The case is held. It comes back by itself."), "cases.queue"
    )


@holding.post("/meja/kasus/<case_id>/masih-di-sini")
def stay(case_id: str) -> Response:
    """Keep a claim while its page is open: asked by the page itself, or by a person's press."""
    by_page = request.accept_mimetypes.best == "application/json"
    case = find_case(case_id)
    form = CaseForm()
    note_presence(current_user.id, case.id)
    kept = keep(current_user.member, case, is_act=not by_page)
    db.session.commit()
    if not by_page:
        return redirect(url_for("cases.show", case_id=case_id))
    readers = readers_of([case.id], besides=current_user.member).get(case.id, [])
    return jsonify(
        text=time_left(case) if kept else "",
        readers=who_reads(readers),
        news=_news(case, form.version.data, kept="held" not in request.form or kept),
    )


def time_left(case: Case) -> str:
    """Return how long a claim lasts if nothing more is done."""
    minutes = (case.claimed_until - now()).total_seconds() / 60 if case.claimed_until else 0
    return _("Yours for %(time)s, and longer while you read here.", time=waiting_time(minutes))


def who_reads(readers: list[str]) -> str:
    """Return who else has the page open, or nothing."""
    return _("%(names)s is reading too", names=", ".join(readers)) if readers else ""


def see_off(member: Member, *, is_sure: bool) -> str | None:
    """Return the page that asks before somebody signs out with cases, or None.

    Whoever is sure puts all of them back: nobody leaves with a case in hand.
    """
    if not member.is_staff:
        return None
    cases = cases_with(member)
    if cases and not is_sure:
        return render_page("cases/leaving.html", cases=cases, now=now())
    for case in cases:
        operations.release(member, case, case.version, "")
    return None


def _news(case: Case, seen_version: int | None, *, kept: bool) -> str:
    if not kept:
        return _("Your claim ran out. What you wrote is still here: copy it, then load anew.")
    if case.version != seen_version:
        return _("Something new came in. Please load the page again before you act.")
    return ""


def _fill_stay(view: CaseView) -> dict[str, Any]:
    return {"text": time_left(view.case) if view.is_mine else ""}


def _fill_hold(view: CaseView) -> dict[str, Any]:
    form = view.form(HoldForm)
    most = hold_limit(view.case.risk_level)
    form.minutes.choices = [
        SelectChoice(minutes, waiting_time(minutes)) for minutes in HOLD_MINUTES if minutes <= most
    ]
    return {"form": form}


def _fill_handed_over(view: CaseView) -> dict[str, Any] | None:
    """Return the note that the last one left, until the case is closed."""
    left = [each for each in view.decisions if each.act in (Act.RELEASE, Act.HOLD_CASE)]
    return {"decision": left[-1]} if left and left[-1].note and not view.is_closed else None


def _fill_kept(view: CaseView) -> dict[str, Any] | None:
    """Return what was typed into a form that this page no longer has."""
    fields = view.sent or ()
    typed = [field for field in fields if isinstance(field, TextAreaField) and field.data]
    return {"fields": typed} if typed else None


PANELS = (
    Panel("cases/panels/handed_over.html", Place.WHY, 5, _fill_handed_over),
    Panel("cases/panels/kept.html", Place.STATE, 5, _fill_kept, when_blind=True),
    Panel("cases/panels/stay.html", Place.DECIDE, 5, _fill_stay, when_blind=True),
    Panel("cases/panels/stay.html", Place.STATE, 90, _fill_stay, when_blind=True),
    Panel("cases/panels/hold.html", Place.DECIDE, 85, _fill_hold, when_blind=True),
)
