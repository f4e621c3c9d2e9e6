"""How a case opens, or an open one rises: one for a person in a thread, whatever brought it."""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from forum.clock import now
from forum.extensions import db, setting
from forum.posts.models import Post
from forum.posts.queries import alias_of
from moderation.cases.models import Case, CaseState, Lane
from moderation.cases.raising import free_for_others, raised
from moderation.risk.levels import Level
from moderation.risk.signs import CALLS_LEAD, Sign


def open_case(post: Post, lane: Lane, level: Level) -> Case:
    """Return the open case of the post's author in its thread, opened or raised to the level."""
    return open_case_of(post.thread_id, post.author_id, lane, level)


def open_case_of(thread_id: int, subject_id: int, lane: Lane, level: Level) -> Case:
    """Return the open case of this person in this thread, opened or raised to the level.

    `raising` says how it moves, and that it may come back to the queue at once.
    """
    due_at = now() + target_of(level)
    for _ in range(3):
        case_id = db.session.scalar(
            update(Case)
            .where(
                Case.thread_id == thread_id,
                Case.subject_id == subject_id,
                Case.state != CaseState.CLOSED,
                Case.lane != Lane.APPEAL,
            )
            .values(raised(lane, level, due_at))
            .returning(Case.id)
        )
        if case_id is not None:
            case = db.session.get_one(Case, case_id, populate_existing=True)
            free_for_others(case, level)
            return case
        opened = Case(
            thread_id=thread_id,
            subject_id=subject_id,
            alias_id=alias_of(thread_id, subject_id),
            lane=lane,
            level=int(level),
            opened_at=now(),
            due_at=due_at,
        )
        try:
            with db.session.begin_nested():
                db.session.add(opened)
            return opened
        except IntegrityError:
            # Someone opened it, or closed it, between our two statements: look again.
            continue
    raise RuntimeError("the case opened and closed three times under our hands")


def note_signs(case: Case, signs: Iterable[Sign]) -> None:
    """Keep on a case just opened what a post of it told; the first that calls a lead calls one."""
    told = {*case.signs, *signs}
    case.signs = [sign.value for sign in Sign if sign in told]
    if case.lead_called_at is None and not CALLS_LEAD.isdisjoint(told):
        case.lead_called_at = now()


def target_of(level: Level) -> timedelta:
    """Return how long a case of this level may wait for a human."""
    minutes = {
        Level.CRISIS: setting("CRISIS_MINUTES"),
        Level.RED: setting("RED_MINUTES"),
    }.get(level, setting("AMBER_MINUTES"))
    return timedelta(minutes=minutes)
