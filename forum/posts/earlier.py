"""Texts that their author replaced before the rules had read them.

A scan reads them beside the present text (moderation/cases/intake.py) and forgets what says
nothing; what it flags stays for the desk until the case is over (moderation/cases/taken_back.py).
"""

from collections.abc import Sequence

from sqlalchemy import delete, select

from forum.extensions import db
from forum.posts.masks import whole_text
from forum.posts.models import EarlierText, Post


def keep_unread(post: Post) -> None:
    """Keep the present text of a post that is about to be replaced, if no scan has read it."""
    if not post.is_scanned:
        db.session.add(EarlierText(post_id=post.id, version=post.version, text=whole_text(post)))


def unread_texts(post: Post) -> Sequence[EarlierText]:
    """Return the replaced texts that neither a scan has read nor a human got, the oldest first.

    One statement, or none.
    """
    known = max(post.scanned_version, post.given_up_version)
    if post.version - known < 2:
        return ()
    return db.session.scalars(
        select(EarlierText)
        .where(EarlierText.post_id == post.id, EarlierText.version > known)
        .order_by(EarlierText.version)
    ).all()


def forget_texts(post: Post) -> None:
    """Forget every replaced text of a post."""
    db.session.execute(delete(EarlierText).where(EarlierText.post_id == post.id))


def forget_texts_of(author_id: int) -> None:
    """Forget every replaced text of somebody's posts."""
    written = select(Post.id).where(Post.author_id == author_id)
    db.session.execute(delete(EarlierText).where(EarlierText.post_id.in_(written)))
