"""What stood in a post before its writer replaced it, where the rules had not read it by then."""

from typing import Any

from sqlalchemy import select

from forum.extensions import db
from forum.posts.models import EarlierText
from moderation.cases.panels import CaseView, Panel, Place
from moderation.cases.queries import MarkedText, mark_earlier


def _fill(view: CaseView) -> dict[str, Any] | None:
    """Return the marked earlier texts of the person's posts, by post. One statement, or none."""
    changed = {
        post.id: post
        for post in view.posts
        if post.author_id == view.case.subject_id and post.version > 1
    }
    if not changed:
        return None
    texts: dict[int, list[list[MarkedText]]] = {}
    for earlier in db.session.scalars(
        select(EarlierText)
        .where(EarlierText.post_id.in_(changed))
        .order_by(EarlierText.post_id, EarlierText.version)
    ):
        marked = mark_earlier(earlier, changed[earlier.post_id], view.flags)
        texts.setdefault(earlier.post_id, []).append(marked)
    return {"texts": texts} if texts else None


PANELS = (Panel("cases/panels/earlier.html", Place.POST, 5, _fill, when_blind=True),)
