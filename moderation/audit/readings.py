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
    covered = [p.id for p in posts if p.visibility in COVERED and p.author_id != reader.id]
    if not covered or not (new := not_read_lately(reader, covered)):
        return
    with writing(db.session):
        record_readings(reader, new, case=case_id)
        db.session.commit()
