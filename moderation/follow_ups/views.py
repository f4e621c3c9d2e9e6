"""The promised contacts on a case's page."""

from typing import Any

from flask import Blueprint
from flask_babel import gettext as _
from flask_login import current_user

from forum.accounts.access import only_for
from forum.accounts.models import STAFF
from forum.text import clean
from moderation.cases.models import Case
from moderation.cases.page import Page, carry_out
from moderation.cases.panels import CaseView, Panel, Place
from moderation.follow_ups import operations
from moderation.follow_ups.forms import EndForm
from moderation.follow_ups.models import FollowUpState
from moderation.follow_ups.queries import follow_ups_of

follow_ups = Blueprint("follow_ups", __name__)
follow_ups.before_request(only_for(STAFF))


@follow_ups.post("/meja/kasus/<case_id>/akhiri-tindak-lanjut")
def end(case_id: str) -> Page:
    """End the contacts that are still planned, with a reason."""
    form = EndForm()

    def act(case: Case, seen: int) -> None:
        operations.end_rest(current_user.member, case, seen, clean(form.why.data or ""))

    return carry_out(case_id, form, act, _("No further contact is planned."), at="follow-ups")


def _fill(view: CaseView) -> dict[str, Any] | None:
    found = follow_ups_of(view.case)
    if not found:
        return None
    planned = any(follow_up.state is FollowUpState.PLANNED for follow_up in found)
    return {
        "follow_ups": found,
        "form": view.form(EndForm) if view.is_mine and planned else None,
    }


PANELS = (Panel("follow_ups/panel.html", Place.READ, 40, _fill),)
