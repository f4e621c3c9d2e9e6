"""Posts that are held until a human decides. No case ends while what is held for it waits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, exists, not_, or_, select, update
from sqlalchemy.orm import joinedload

from forum.accounts.models import Member
from forum.clock import now
from forum.extensions import count_rows, db, setting, take_row
from forum.posts.models import Post, Visibility
from forum.posts.operations import set_visibility
from moderation.cases.leases import IN_HAND, in_hand
from moderation.cases.models import Case, CaseState, Decision, Lane
from moderation.cases.opening import target_of
from moderation.cases.refusals import Refusal
from moderation.measures.models import Measure, MeasureKind, MeasureReason
from moderation.measures.operations import take_measure
from moderation.measures.wordings import ready_words
from moderation.risk.levels import Level

VISIBILITY = {MeasureKind.RESTORE: Visibility.VISIBLE, MeasureKind.HIDE: Visibility.HIDDEN}


@dataclass(frozen=True)
class Verdict:
    """What becomes of held posts: RESTORE or HIDE, and why, as their writer reads it."""

    kind: MeasureKind
    reason: MeasureReason


class StillHeld(Refusal):
    """A post waits on this case until somebody decides; nobody would after it is closed."""


def waits_on_case() -> ColumnElement[bool]:
    """Return the condition for cases whose person has a held post in their thread."""
    return exists().where(
        Post.thread_id == Case.thread_id,
        Post.author_id == Case.subject_id,
        Post.visibility == Visibility.HELD,
    )


def wait_too_long() -> bool:
    """Return whether a green case has a held post and has waited as long as amber may."""
    return db.session.scalar(select(Case.id).where(*_waits_too_long()).limit(1)) is not None


def raise_what_waits_too_long() -> int:
    """Make such cases amber. Returns how many. Does not commit.

    Green is served last; behind a busy desk nobody would ever show these posts.
    """
    return count_rows(
        update(Case)
        .where(*_waits_too_long())
        .values(level=int(Level.AMBER), version=Case.version + 1)
        .execution_options(synchronize_session=False)
    )


def _waits_too_long() -> tuple[ColumnElement[bool], ...]:
    moment, alarm = now(), timedelta(minutes=setting("AMBER_ALARM_MINUTES"))
    return (
        Case.state.in_((CaseState.WAITING, *IN_HAND)),
        Case.level == int(Level.GREEN),
        # The age of amber's alarm, and of its turn among red, by what is left until due.
        Case.due_at <= moment + target_of(Level.GREEN) - alarm,
        not_(in_hand(moment)),
        waits_on_case(),
    )


def held_posts(case: Case) -> list[Post]:
    """Return the posts that are held for this case, the first one first. One statement, or none.

    They are its person's in its thread, and what was held from here of others'. An appeal is
    about its measure alone.
    """
    if case.lane is Lane.APPEAL:
        return []
    held_from_here = exists().where(
        Measure.post_id == Post.id,
        Measure.case_id == case.id,
        Measure.kind == MeasureKind.HOLD,
        Measure.undone_at.is_(None),
    )
    return list(
        db.session.scalars(
            select(Post)
            .where(
                Post.thread_id == case.thread_id,
                Post.visibility == Visibility.HELD,
                or_(Post.author_id == case.subject_id, held_from_here),
            )
            .options(joinedload(Post.author))
            .order_by(Post.id)
        )
    )


def take_held(case: Case, verdict: Verdict | None) -> list[Post]:
    """Keep the held posts of a case for its end, before the case itself moves.

    What is held later moves the version of the case, so none is missed. Raises StillHeld where
    there are some and no verdict.
    """
    posts = held_posts(case)
    if posts and verdict is None:
        raise StillHeld
    for post in posts:
        take_row(post)
    return posts


def decide_held(
    moderator: Member,
    case: Case,
    decision: Decision,
    posts: Sequence[Post],
    verdict: Verdict | None,
) -> None:
    """Show or hide what `take_held` returned, as a part of an act, and tell the writers.

    Undoing the act undoes it.
    """
    if verdict is None:
        return
    for post in posts:
        set_visibility(post, VISIBILITY[verdict.kind])
        take_measure(
            moderator,
            case,
            verdict.kind,
            post.author_id,
            reason=verdict.reason,
            words=ready_words(verdict.kind, verdict.reason, post.author.language),
            post=post,
            decision=decision,
        )
