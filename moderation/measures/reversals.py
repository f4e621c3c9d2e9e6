"""Taking a measure back because an appeal was right: one way for each kind."""

from collections.abc import Callable

from sqlalchemy import func, select

from forum.accounts.operations import reopen_account
from forum.clock import now
from forum.extensions import db
from forum.posts.masks import set_masks
from forum.posts.models import Visibility
from forum.posts.operations import set_visibility, set_warning
from moderation.cases.models import Decision
from moderation.cases.snapshots import Snapshot, values_of
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
    # What was taken before the post was last shown again does not cover it any more.
    shown_again = select(func.coalesce(func.max(Measure.id), 0)).where(
        Measure.post_id == measure.post_id,
        Measure.kind == MeasureKind.RESTORE,
        Measure.undone_at.is_(None),
    )
    covered = select(Measure.id).where(
        Measure.post_id == measure.post_id,
        Measure.kind.in_(COVERING),
        Measure.undone_at.is_(None),
        Measure.id > shown_again.scalar_subquery(),
    )
    if post is None or db.session.scalar(covered.limit(1)) is not None:
        return
    if post.visibility in (Visibility.HELD, Visibility.HIDDEN):
        set_visibility(post, Visibility.VISIBLE)


def _uncover(measure: Measure) -> None:
    """Show the words again that the measure covered; what was covered before stays so."""
    post = measure.post
    if post is None or post.visibility is Visibility.DELETED:
        return
    before = _before(measure, "post")
    # After an edit the places are others; then what was covered for the same reason opens.
    known = before["masks"] if before and before["version"] == post.version else []
    kept = [mask for mask in post.masks if mask in known or mask["reason"] != measure.reason]
    set_masks(post, kept)


def _put_back(column: str) -> Callable[[Measure], None]:
    """Return what gives a thread this column back as it was before the measure."""

    def put_back(measure: Measure) -> None:
        before = _before(measure, "thread")
        if before is not None and measure.thread is not None:
            setattr(measure.thread, column, values_of(before)[column])

    return put_back


def _drop_warning(measure: Measure) -> None:
    """Give a post the content warning back that its writer had chosen."""
    before = _before(measure, "post")
    if before is not None and measure.post is not None:
        values = values_of(before)
        set_warning(measure.post, values["warning"])
        measure.post.least_warning = values["least_warning"]


def _before(measure: Measure, kind: str) -> Snapshot | None:
    """Return how the measure's post or thread stood before it was taken, if that is known."""
    row_id = measure.post_id if kind == "post" else measure.thread_id
    decision = db.session.get(Decision, measure.decision_id) if measure.decision_id else None
    return next(
        (
            found
            for found in (decision.before if decision else None) or []
            if found["kind"] == kind and found["id"] == row_id
        ),
        None,
    )


def _shorten_pause(measure: Measure) -> None:
    renew_pause(measure.member)


def _reopen(measure: Measure) -> None:
    reopen_account(measure.member)


def _nothing_more(measure: Measure) -> None:
    """Leave it at that: a warning that does not count any more has no effect to undo."""


REVERSALS: dict[MeasureKind, Callable[[Measure], None]] = {
    MeasureKind.HIDE: _show_post,
    MeasureKind.HOLD: _show_post,
    MeasureKind.MASK: _uncover,
    MeasureKind.WARNING: _drop_warning,
    MeasureKind.LOCK: _put_back("is_locked"),
    MeasureKind.SLOW: _put_back("slow_minutes"),
    MeasureKind.MOVE: _put_back("room_id"),
    MeasureKind.WARN: _nothing_more,
    MeasureKind.PAUSE: _shorten_pause,
    MeasureKind.CLOSE_ACCOUNT: _reopen,
}
