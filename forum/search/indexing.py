"""Keeps the index in step: whatever changes a post changes its entry in the same transaction.

No act has to remember it. A second lock stands in the queries, which ask the post itself.
"""

import html
import re
from typing import Any

from sqlalchemy import Connection, delete, event, insert, inspect, update
from sqlalchemy.orm import Session

from forum.extensions import db
from forum.posts.models import Post, Visibility
from forum.rooms.models import ContentWarning
from forum.search.models import SearchEntry
from forum.search.words import words_of
from forum.text import COVERED

# What the words of a post follow from.
# A new title alone is a new version.
_TEXT = ("version", "body_html", "masks", "is_opening", "thread_id", "visibility")
_TAG = re.compile(r"<[^>]*>")


def plain_text(post: Post) -> str:
    """Return the body as others read it, in one line; COVERED stands where words are covered."""
    return " ".join(html.unescape(_TAG.sub(" ", post.body_html)).split())


def is_open(post: Post) -> bool:
    """Return whether members may find a post: read by the workers, visible, without a warning."""
    return (
        post.visibility is Visibility.VISIBLE
        and post.is_scanned
        and post.warning is ContentWarning.NONE
    )


def entry_of(post: Post) -> dict[str, Any]:
    """Return what the index keeps of a post that is not deleted."""
    title = f"{post.thread.title} " if post.is_opening else ""
    words = words_of(f"{title}{plain_text(post)}".replace(COVERED, " "))
    return {"words": " ".join(words), "is_open": is_open(post)}


@event.listens_for(db.session, "after_flush")
def _follow(session: Session, _context: object) -> None:
    for row in session.new:
        if isinstance(row, Post):
            _add(session.connection(), row)
    for row in session.dirty:
        if isinstance(row, Post):
            _keep(session.connection(), row)


def _add(connection: Connection, post: Post) -> None:
    connection.execute(insert(SearchEntry).values(post_id=post.id, **entry_of(post)))


def _keep(connection: Connection, post: Post) -> None:
    if post.visibility is Visibility.DELETED:
        connection.execute(delete(SearchEntry).where(SearchEntry.post_id == post.id))
        return
    attributes = inspect(post).attrs
    has_new_text = any(attributes[name].history.has_changes() for name in _TEXT)
    values = entry_of(post) if has_new_text else {"is_open": is_open(post)}
    known = connection.execute(
        update(SearchEntry).where(SearchEntry.post_id == post.id).values(values)
    )
    if known.rowcount == 0:
        _add(connection, post)
