"""What stood in a post before its writer replaced it, where the rules had not read it by then."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from forum.extensions import db
from forum.posts.masks import covered_words, masks_for
from forum.posts.models import EarlierText, Post
from forum.text import join_spans
from moderation.cases.models import Flag
from moderation.cases.panels import CaseView, Panel, Place
from moderation.cases.queries import MarkedText, cut


def _fill(view: CaseView) -> dict[str, Any] | None:
    """Return the marked earlier texts of who this and the joined cases are about, by post.

    One statement, or none.
    """
    people = {found.case.subject_id for found in view.brought}
    changed = {
        post.id: post for post in view.posts if post.author_id in people and post.version > 1
    }
    if not changed:
        return None
    texts: dict[int, list[list[MarkedText]]] = {}
    for earlier in db.session.scalars(
        select(EarlierText)
        .where(EarlierText.post_id.in_(changed))
        .order_by(EarlierText.post_id, EarlierText.version)
    ):
        marked = _mark(earlier, changed[earlier.post_id], view.flags)
        texts.setdefault(earlier.post_id, []).append(marked)
    return {"texts": texts} if texts else None


def _mark(earlier: EarlierText, post: Post, flags: Sequence[Flag]) -> list[MarkedText]:
    """Return the text cut where flags begin and end; what is covered now is covered there too."""
    spans = [
        (span["start"], span["end"], flag.rule)
        for flag in flags
        if flag.post_id == post.id and flag.post_version == earlier.version
        for span in flag.spans
    ]
    covered = masks_for(earlier.text, covered_words(post))
    return cut(earlier.text, spans, join_spans((mask["start"], mask["end"]) for mask in covered))


PANELS = (Panel("cases/panels/earlier.html", Place.POST, 5, _fill, when_blind=True),)
