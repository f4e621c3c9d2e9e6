"""How staff decide an appeal, and where a case shows what a member wrote in one."""

from collections.abc import Iterable
from typing import Any

from flask import Blueprint
from flask_babel import gettext as _
from flask_login import current_user

from forum.accounts.access import only_for
from forum.accounts.models import MODERATORS
from forum.text import clean
from moderation.appeals import operations
from moderation.appeals.forms import DecisionForm
from moderation.appeals.models import AppealOutcome
from moderation.appeals.queries import appeals_with_danger, find_appeal
from moderation.cases.models import Case, Lane
from moderation.cases.page import Page, carry_out
from moderation.cases.panels import CaseView, Panel, Place

appeal_decisions = Blueprint("appeal_decisions", __name__)
appeal_decisions.before_request(only_for(MODERATORS))


@appeal_decisions.post("/meja/kasus/<case_id>/banding")
def decide(case_id: str) -> Page:
    """Decide the appeal of a case."""
    form = DecisionForm()

    def act(case: Case, seen: int) -> None:
        outcome = AppealOutcome(form.outcome.data)
        operations.decide(current_user.member, case, seen, outcome, clean(form.words.data))

    return carry_out(
        case_id, form, act, _("The appeal is decided, and they hear of it."), "cases.queue"
    )


def _focus(case: Case) -> Iterable[int]:
    appeal = find_appeal(case) if case.lane is Lane.APPEAL else None
    return [appeal.measure.post_id] if appeal and appeal.measure.post_id else []


def _fill_appeal(view: CaseView) -> dict[str, Any] | None:
    appeal = find_appeal(view.case) if view.is_appeal else None
    return {"appeal": appeal, "measure": appeal.measure} if appeal else None


def _fill_danger(view: CaseView) -> dict[str, Any] | None:
    found = [] if view.is_appeal else appeals_with_danger(view.case)
    return {"appeals": found} if found else None


def _fill_decide(view: CaseView) -> dict[str, Any] | None:
    return {"form": view.form(DecisionForm)} if view.is_appeal else None


PANELS = (
    Panel("appeals/case.html", Place.WHY, 10, _fill_appeal, _focus),
    Panel("appeals/danger.html", Place.WHY, 20, _fill_danger),
    Panel("appeals/decide.html", Place.DECIDE, 10, _fill_decide),
)
