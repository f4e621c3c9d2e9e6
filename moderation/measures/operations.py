"""What staff do to a post of a case. Each measure is told to the member whom it concerns."""

from datetime import datetime

from forum.accounts.models import Member
from forum.clock import now
from forum.extensions import db
from forum.notices.models import NoticeKind
from forum.notices.operations import notify
from forum.posts.models import Post, Thread, Visibility
from forum.posts.operations import set_visibility
from moderation.cases.models import Act, Case
from moderation.cases.operations import advance
from moderation.measures.models import Measure, MeasureKind, MeasureReason


def hide(moderator: Member, case: Case, seen_version: int, post: Post, note: str) -> None:
    """Show a post to nobody but its author and the staff. Raises as `advance` does."""
    advance(moderator, case, seen_version, Act.HIDE, post=post, note=note)
    set_visibility(post, Visibility.HIDDEN)


def restore(moderator: Member, case: Case, seen_version: int, post: Post, note: str) -> None:
    """Show a held or hidden post to everyone. Raises as `advance` does."""
    advance(moderator, case, seen_version, Act.RESTORE, post=post, note=note)
    set_visibility(post, Visibility.VISIBLE)


def take_measure(
    moderator: Member,
    case: Case,
    kind: MeasureKind,
    member_id: int,
    *,
    reason: MeasureReason,
    words: str = "",
    post: Post | None = None,
    thread: Thread | None = None,
    until: datetime | None = None,
) -> Measure:
    """Write a measure down and tell the member whom it concerns. Returns it."""
    measure = Measure(
        case_id=case.id,
        moderator_id=moderator.id,
        member_id=member_id,
        kind=kind,
        reason=reason,
        words=words,
        post_id=post.id if post else None,
        thread_id=thread.id if thread else (post.thread_id if post else None),
        until=until,
        created_at=now(),
    )
    db.session.add(measure)
    db.session.flush()
    notify(
        member_id,
        NoticeKind.MEASURE,
        subject_id=measure.id,
        thread=thread or (post.thread if post else None),
        post=post,
    )
    return measure
