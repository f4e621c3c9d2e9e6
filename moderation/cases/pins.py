"""How staff put help above a thread."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort
from flask_babel import gettext as _
from flask_login import current_user
from wtforms import SelectChoice

from forum.accounts.access import only_for
from forum.accounts.models import STAFF
from forum.help.queries import find_entry
from moderation.cases import operations
from moderation.cases.forms import PinForm
from moderation.cases.models import Case
from moderation.cases.page import Page, carry_out
from moderation.cases.panels import CaseView, Panel, Place

pins = Blueprint("pins", __name__)
pins.before_request(only_for(STAFF))


@pins.post("/meja/kasus/<case_id>/sematkan")
def pin(case_id: str) -> Page:
    """Put a help entry above the thread."""
    return _pin(case_id, operations.pin_entry, _("The help stands above the thread."))


@pins.post("/meja/kasus/<case_id>/lepas-sematan")
def unpin(case_id: str) -> Page:
    """Take a help entry away from above the thread."""
    return _pin(case_id, operations.unpin_entry, _("The help is taken away again."))


def _pin(case_id: str, operation: Callable[..., None], done: str) -> Page:
    form = PinForm()

    def act(case: Case, seen: int) -> None:
        entry = find_entry(form.entry.data) or abort(404)
        operation(current_user.member, case, seen, entry)

    return carry_out(case_id, form, act, done)


def _fill(view: CaseView) -> dict[str, Any] | None:
    if view.is_appeal:
        return None
    form = view.form(PinForm)
    form.entry.choices = [SelectChoice(entry.slug, entry.name) for entry in view.services]
    return {"form": form}


PANELS = (Panel("cases/panels/pins.html", Place.DECIDE, 40, _fill),)
