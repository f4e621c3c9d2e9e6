"""The page where leads and admins search the record."""

from flask import Blueprint, current_app, request
from flask_babel import gettext as _
from wtforms import SelectChoice

from forum.accounts.access import only_for
from forum.accounts.models import Role
from forum.web.pages import page_number, render_page
from moderation.audit import queries
from moderation.audit.forms import ACTION_NAMES, KIND_NAMES, ROLE_NAMES, WIB, SearchForm
from moderation.audit.queries import Page

audit = Blueprint("audit", __name__)
audit.before_request(only_for({Role.LEAD, Role.ADMIN}))


@audit.get("/catatan")
def index() -> str | tuple[str, int]:
    """Search the record of what staff did and read."""
    form = SearchForm(request.args)
    people = [SelectChoice(str(number), name) for number, name in queries.staff()]
    form.actor.choices = [SelectChoice("", _("anyone")), *people]
    if not form.validate():
        return _page(form, Page([], 1, has_next=False)), 422
    found = queries.search(
        action=form.action.data,
        actor_id=int(form.actor.data) if form.actor.data else None,
        subject=(form.kind.data, form.subject.data) if form.kind.data else None,
        since=form.since_moment(),
        page=page_number(),
        # Who reads a case blind could look here for what the other one did.
        veiled_cases=current_app.extensions["audit_veil"](),
    )
    return _page(form, found)


def _page(form: SearchForm, page: Page) -> str:
    return render_page(
        "audit/index.html",
        form=form,
        page=page,
        actions=ACTION_NAMES,
        roles=ROLE_NAMES,
        kinds=KIND_NAMES,
        zone=WIB,
    )
