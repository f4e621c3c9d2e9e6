"""Taking a measure back because an appeal was right: one way for each kind."""

from collections.abc import Callable

from sqlalchemy import select

from forum.accounts.operations import reopen_account
from forum.clock import now
from forum.extensions import db
from forum.posts.models import Visibility
from forum.posts.operations import set_visibility
from moderation.measures.accounts import renew_pause
from moderation.measures.models import Measure, MeasureKind

COVERING = (MeasureKind.HIDE, MeasureKind.HOLD)


def reverse(measure: Measure) -> bool:
    """Undo what a measure did, unless it was undone before. Returns whether there was a need.

    Raises KeyError for a kind that can't be taken back; see `is_reversible`.
    """
    if measure.undone_at is not None:
        return False
    measure.undone_at = now()
    db.session.flush()
    REVERSALS[measure.kind](measure)
    return True


def is_reversible(kind: MeasureKind) -> bool:
    """Return whether a measure of this kind can be taken back, and so be appealed."""
    return kind in REVERSALS


def _show_post(measure: Measure) -> None:
    """Show the post again, unless another measure still covers it."""
    post = measure.post
    covered = select(Measure.id).where(
        Measure.post_id == measure.post_id,
        Measure.kind.in_(COVERING),
        Measure.undone_at.is_(None),
    )
    if post is None or db.session.scalar(covered.limit(1)) is not None:
        return
    if post.visibility in (Visibility.HELD, Visibility.HIDDEN):
        set_visibility(post, Visibility.VISIBLE)


def _shorten_pause(measure: Measure) -> None:
    renew_pause(measure.member)


def _reopen(measure: Measure) -> None:
    reopen_account(measure.member)


def _nothing_more(measure: Measure) -> None:
    """Leave it at that: a warning that does not count any more has no effect to undo."""


REVERSALS: dict[MeasureKind, Callable[[Measure], None]] = {
    MeasureKind.HIDE: _show_post,
    MeasureKind.HOLD: _show_post,
    MeasureKind.WARN: _nothing_more,
    MeasureKind.PAUSE: _shorten_pause,
    MeasureKind.CLOSE_ACCOUNT: _reopen,
}
