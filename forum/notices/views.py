"""The pages where a member reads what they are told. Lists and titles tell nothing of it."""

from functools import cache

from flask import Blueprint, abort
from flask_login import current_user, login_required

from forum.database import DATABASE_TROUBLE, give_up, writing
from forum.extensions import db
from forum.notices.models import Notice
from forum.notices.operations import note_seen
from forum.notices.queries import (
    get_notice_for,
    latest_notices_of,
    notice_news_for,
    notices_of,
)
from forum.notices.telling import telling_of
from forum.web.pages import page_number, render_page

notices = Blueprint("notices", __name__)


@notices.app_context_processor
def lend_functions() -> dict[str, object]:
    """Let every page say whether there is something new, and Messages list the newest."""
    return {
        # A page may ask twice; the answer lives as long as the page is being made.
        "notice_news_for": cache(notice_news_for),
        "latest_notices_of": latest_notices_of,
    }


@notices.get("/pemberitahuan")
@login_required
def index() -> str:
    """Show a member's notices, without their words."""
    return render_page("notices/index.html", page=notices_of(current_user.member, page_number()))


@notices.get("/pemberitahuan/<public_id>")
@login_required
def show(public_id: str) -> str:
    """Show a notice, and note that it was opened."""
    notice: Notice = get_notice_for(current_user.member, public_id) or abort(404)
    if notice.seen_at is None:
        _note_opening(public_id)
        notice = get_notice_for(current_user.member, public_id) or abort(404)
    telling = telling_of(notice)
    return render_page(
        "notices/show.html", notice=notice, words=telling.template, told=telling.load(notice)
    )


def _note_opening(public_id: str) -> None:
    """Note the opening in a short transaction of its own; the page is shown without it too."""
    try:
        with writing(db.session):
            if notice := get_notice_for(current_user.member, public_id):
                note_seen(notice)
                db.session.commit()
    except DATABASE_TROUBLE:
        give_up(db.session)
