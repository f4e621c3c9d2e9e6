"""Telling a member something, and noting that they have seen it."""

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
) -> Notice:
    """Tell a member what happened, in the caller's transaction. Returns the notice."""
    notice = Notice(
        member_id=member_id,
        kind=kind,
        subject_id=subject_id,
        thread_id=thread.id if thread else None,
        post_id=post.id if post else None,
        created_at=now(),
    )
    db.session.add(notice)
    return notice
