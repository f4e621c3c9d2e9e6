"""Every reading of what members don't see is written down before it leaves the house."""

from collections.abc import Iterable

from forum.accounts.models import Member
from forum.database import writing
from forum.extensions import db
from forum.posts.models import Post, Visibility
from moderation.audit.operations import record_readings
from moderation.audit.queries import not_read_lately

COVERED = frozenset({Visibility.HELD, Visibility.HIDDEN})


def note_readings(reader: Member | None, posts: Iterable[Post], case_id: int | None = None) -> None:
    """Write down that a page is about to show held or hidden posts of others to staff.

    Called when the page is made and nothing of it sent: it ends the session's transaction and
    commits one of its own, unless nothing is new; then it costs one statement, or none. If it
    can't write, the page is not shown. `case_id` is the case that they were read in.
    """
    if reader is None or not reader.is_staff:
        return
    covered = [
        post.id
        for post in posts
        if post.author_id != reader.id
        and (post.visibility in COVERED or (case_id is not None and _is_kept(post)))
    ]
    _note(reader, covered, case_id)


def note_covered_words(reader: Member, post: Post) -> None:
    """Write down that a page is about to show someone the covered words of a post."""
    _note(reader, [post.id], None)


def _note(reader: Member, post_ids: list[int], case_id: int | None) -> None:
    if not post_ids or not (new := not_read_lately(reader, post_ids)):
        return
    with writing(db.session):
        record_readings(reader, new, case=case_id)
        db.session.commit()


def _is_kept(post: Post) -> bool:
    """Whether the case page, and no other, still shows what a writer has taken back."""
    return post.visibility is Visibility.DELETED and bool(post.body)
