"""Telling a member something, and noting that they have seen it."""

from datetime import timedelta

from sqlalchemy import delete

from forum.clock import now
from forum.extensions import db
from forum.notices.models import Notice, NoticeKind
from forum.posts.models import Post, Thread


def notify(
    member_id: int,
    kind: NoticeKind,
    *,
    subject_id: int | None = None,
    thread: Thread | None = None,
    post: Post | None = None,
    after: timedelta = timedelta(0),
) -> Notice:
    """Tell a member what happened, `after` some time, in the caller's transaction."""
    moment = now()
    notice = Notice(
        member_id=member_id,
        kind=kind,
        subject_id=subject_id,
        thread_id=thread.id if thread else None,
        post_id=post.id if post else None,
        created_at=moment,
        visible_from=moment + after,
    )
    db.session.add(notice)
    return notice


def withdraw(kind: NoticeKind, subject_id: int) -> None:
    """Take back what a member was going to be told about one row."""
    db.session.execute(delete(Notice).where(Notice.kind == kind, Notice.subject_id == subject_id))


def note_seen(notice: Notice) -> None:
    """Note that its member has opened a notice; the first time counts."""
    if notice.seen_at is None:
        notice.seen_at = now()
