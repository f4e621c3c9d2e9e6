"""Acts on the posts of a case."""

from typing import Any

from flask import Blueprint
from flask_babel import gettext as _

from forum.accounts.access import only_for
from forum.accounts.models import STAFF
from moderation.cases.forms import PostForm
from moderation.cases.page import Page, treat_post
from moderation.cases.panels import CaseView, Panel, Place
from moderation.measures import operations

measures = Blueprint("measures", __name__)
measures.before_request(only_for(STAFF))


@measures.post("/meja/kasus/<case_id>/sembunyikan")
def hide(case_id: str) -> Page:
    """Show a post to its author and the staff alone."""
    return treat_post(case_id, operations.hide, _("The post is hidden. Its author still sees it."))


@measures.post("/meja/kasus/<case_id>/tampilkan")
def restore(case_id: str) -> Page:
    """Show a held or hidden post to everyone."""
    return treat_post(case_id, operations.restore, _("Everyone in the room can read the post."))


def _fill(view: CaseView) -> dict[str, Any] | None:
    return {"form": view.form(PostForm)} if view.is_mine else None


PANELS = (Panel("measures/visibility.html", Place.POST, 10, _fill),)
