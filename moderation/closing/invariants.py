"""What must be true of heavy cases that were closed, of blind readings, and of what is held."""

from sqlalchemy import Select, and_, exists, or_, select

from forum.posts.models import Post, Visibility
from moderation.cases.models import Case, CaseState, CloseReason, Lane, Reading
from moderation.closing.models import Consent, Ending, Judgement, Opinion
from moderation.follow_ups.models import FollowUp
from moderation.measures.models import Measure, MeasureKind
from moderation.risk.levels import Level


def _heavy_without_end() -> Select[tuple[int]]:
    """Find closed heavy cases with neither state and plan nor two people who saw no need.

    One that was joined to another lives on there, with its level; whoever left can't be cared for.
    """
    promised = exists().where(FollowUp.case_id == Case.id)
    left_well = exists().where(
        Ending.case_id == Case.id,
        or_(Ending.consent == Consent.NO, Ending.declined != "", promised),
    )
    judged = exists().where(
        Opinion.case_id == Case.id,
        or_(
            and_(Opinion.second == Judgement.NO_ACTION, Opinion.first == Judgement.NO_ACTION),
            Opinion.lead == Judgement.NO_ACTION,
        ),
    )
    return select(Case.id).where(
        Case.state == CaseState.CLOSED,
        Case.level >= Level.RED,
        Case.merged_into_id.is_(None),
        Case.close_reason.is_distinct_from(CloseReason.MEMBER_LEFT),
        ~left_well,
        ~judged,
    )


def _blind_without_question() -> Select[tuple[int]]:
    """Find cases that are read blind although nobody waits for an opinion."""
    asked = exists().where(Opinion.case_id == Case.id, Opinion.second.is_(None))
    return select(Case.id).where(
        Case.reading == Reading.BLIND, or_(~asked, Case.state == CaseState.CLOSED)
    )


def _held_for_nobody() -> Select[tuple[int]]:
    """Find posts that wait for a human although no open case shows them to one.

    What a moderator has held was told to its writer, who can change or appeal it.
    """
    is_open = exists().where(
        Case.thread_id == Post.thread_id,
        Case.subject_id == Post.author_id,
        Case.state != CaseState.CLOSED,
        Case.lane != Lane.APPEAL,
    )
    by_moderator = exists().where(
        Measure.post_id == Post.id,
        Measure.kind == MeasureKind.HOLD,
        Measure.undone_at.is_(None),
    )
    return select(Post.id).where(Post.visibility == Visibility.HELD, ~is_open, ~by_moderator)


CLOSING_CHECKS = {
    "heavy cases closed without state and plan": _heavy_without_end,
    "blind readings without question": _blind_without_question,
    "held posts that nobody decides": _held_for_nobody,
}
