"""Erasing the words of a session, as its group chose; and what the desk still needs of them.

A flag and its case are rows of their own and stay. While somebody has an open case in the
session, what they wrote stays for the desk alone, and is erased when the case is closed
(moderation/cases/taken_back.py). Words that no scan has read wait for it, whoever wrote them: a
scan erases what it reads of a post that is taken away. A scan that was given up reads nothing any
more, so nothing waits for it.
"""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import Select, exists, select

from forum.clock import now
from forum.extensions import db, take_row
from forum.groups.meetings import ERASE, ERASED_AFTER, leave_to_the_operator
from forum.groups.models import Group, Keeping, Meeting
from forum.outbox import Handler, Job, JobState, enqueue
from forum.posts.models import Post, Visibility
from forum.posts.operations import erase, take_away
from moderation.cases.models import Case, CaseState

AGAIN_AFTER = timedelta(minutes=1)


def erase_meeting(meeting_id: int) -> None:
    """Erase what was said in a session. Doing it twice changes nothing."""
    meeting = db.session.get_one(Meeting, meeting_id)
    take_row(meeting)
    if meeting.erased_at is not None or meeting.group.keeping is not Keeping.ERASE:
        return
    on_the_desk = _people_with_open_cases(meeting)
    waits = False
    for post in db.session.scalars(
        select(Post)
        .where(Post.thread_id == meeting.thread_id)
        .order_by(Post.id)
        .with_for_update(of=Post)
    ):
        if max(post.scanned_version, post.given_up_version) < post.version:
            waits = True
            continue
        if post.visibility is not Visibility.DELETED:
            take_away(post)
        if post.author_id not in on_the_desk:
            erase(post)
    if waits:
        enqueue(ERASE, meeting.id, after=AGAIN_AFTER)
    else:
        meeting.erased_at = now()


ERASE_MEETING_HANDLER = Handler(run=erase_meeting, bury=leave_to_the_operator)


def _people_with_open_cases(meeting: Meeting) -> set[int]:
    return set(
        db.session.scalars(
            select(Case.subject_id).where(
                Case.thread_id == meeting.thread_id, Case.state != CaseState.CLOSED
            )
        )
    )


def _words_that_nothing_erases() -> Select[tuple[int]]:
    """Find sessions that were to be erased, and have neither been nor a job for it."""
    planned = exists().where(
        Job.kind == ERASE, Job.subject_id == Meeting.id, Job.state != JobState.DONE
    )
    return (
        select(Meeting.id)
        .join(Group, Group.id == Meeting.group_id)
        .where(
            Group.keeping == Keeping.ERASE,
            Meeting.called_off_at.is_(None),
            Meeting.erased_at.is_(None),
            Meeting.ends_at < now() - ERASED_AFTER - timedelta(hours=1),
            ~planned,
        )
    )


CHECKS: dict[str, Callable[[], Select[tuple[int]]]] = {
    "sessions whose words nothing erases": _words_that_nothing_erases,
}
