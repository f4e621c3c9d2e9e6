"""The page of search. Nothing of a query is stored, logged, or put into an address."""

from flask import Blueprint, current_app
from flask_babel import lazy_gettext as _l
from flask_login import current_user, login_required

from forum.database import expect_reads
from forum.extensions import db, limiter
from forum.posts.models import Visibility
from forum.rooms.models import ContentWarning
from forum.search.forms import MAX_ASKED, SearchForm
from forum.search.queries import search as find
from forum.text import clean_line
from forum.web.pages import render_page, warning_name

search = Blueprint("search", __name__)

STATES = {
    Visibility.PENDING: _l("not read yet"),
    Visibility.HELD: _l("held"),
    Visibility.HIDDEN: _l("hidden"),
}


@search.route("/cari", methods=["GET", "POST"])
@login_required
@limiter.limit("20 per minute; 200 per hour", methods=["POST"])
def index() -> str:
    """Ask for words, and show what was found below them."""
    # A search only reads, although a form is sent: others may write meanwhile.
    db.session.rollback()
    expect_reads(only=True)
    form = SearchForm()
    results, danger = None, ""
    if form.validate_on_submit():
        asked = clean_line(form.asked.data, MAX_ASKED)
        danger = current_app.extensions["danger_in"](asked)
        results = find(current_user.member, asked, form.page.data or 1)
    made = render_page(
        "search/index.html",
        form=form,
        results=results,
        danger=danger,
        states=STATES,
        warning_names={warning: warning_name(warning) for warning in ContentWarning},
    )
    if results:
        shown = [result.post for result in results.items]
        current_app.extensions["note_readings"](current_user.member, shown)
    return made
