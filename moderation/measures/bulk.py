"""Many cases at once, for spam and duplicates alone: never where a rule has seen a risk."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, not_, or_, select, update
from sqlalchemy.orm import aliased, joinedload

from forum.accounts.models import Member
from forum.clock import now
from forum.extensions import count_rows, db
from forum.posts.models import Post, Visibility
from forum.posts.operations import set_visibility
from moderation.care.operations import end_check_ins, open_check_ins
from moderation.cases.acts import explain_refusal, write_down
from moderation.cases.eligibility import may_answer
from moderation.cases.leases import in_hand
from moderation.cases.models import Act, Case, CaseState, CloseReason, Flag, Lane, Report
from moderation.cases.operations import undo_time
from moderation.cases.outcomes import tell_reporters
from moderation.cases.refusals import CaseChanged, NotYours, Refusal
from moderation.cases.snapshots import remember
from moderation.cases.taken_back import erase_later
from moderation.measures.held import held_posts, waits_on_case
from moderation.measures.models import MeasureKind, MeasureReason
from moderation.measures.operations import Why, take_measure
from moderation.risk.levels import Level

SHOWN = 50
REASONS = (MeasureReason.SPAM, MeasureReason.DUPLICATE)
LANES = (Lane.BREACH, Lane.SPAM)


class NotForBulk(Refusal):
    """The case wants to be read by itself: it is urgent, or a rule has seen a risk in it."""


@dataclass(frozen=True)
class Listed:
    """A case that can be closed with others, and the posts that would be hidden."""

    case: Case
    posts: list[Post]


def listed_for(staff: Member) -> list[Listed]:
    """Return waiting cases of breach or spam without any sign of risk, the oldest first.

    First posts of accounts that came without a proof of work stand there too: a storm of them
    would be many. A breach where a post is held is read by itself. Three statements.
    """
    cases = db.session.scalars(
        select(Case)
        .where(
            Case.state != CaseState.CLOSED,
            or_(
                Case.lane == Lane.SPAM,
                and_(Case.lane == Lane.BREACH, not_(waits_on_case())),
                and_(Case.lane == Lane.NEWCOMER, Case.subject.has(Member.is_unproven)),
            ),
            Case.level <= Level.AMBER,
            not_(in_hand(now())),
            Case.subject_id != staff.id,
            ~_has_flag(),
        )
        .options(joinedload(Case.thread), joinedload(Case.subject), joinedload(Case.alias))
        .order_by(Case.due_at, Case.id)
        .limit(SHOWN)
    ).all()
    posts = posts_to_hide([case.id for case in cases])
    return [Listed(case, posts.get(case.id, [])) for case in cases]


def _has_flag() -> ColumnElement[bool]:
    """Return the condition for cases that a rule flagged, or one that was joined to them."""
    origin = aliased(Case)
    return exists().where(
        Flag.case_id == origin.id, or_(origin.id == Case.id, origin.merged_into_id == Case.id)
    )


def _may_be_spam(case: Case) -> bool:
    return case.lane in LANES or (case.lane is Lane.NEWCOMER and case.subject.is_unproven)


def posts_to_hide(case_ids: Iterable[int]) -> dict[int, list[Post]]:
    """Return what was reported and members can read, and what is held as spam, by case."""
    found = reported_posts(case_ids)
    held = db.session.execute(
        select(Case.id, Post)
        .join(Post, and_(Post.thread_id == Case.thread_id, Post.author_id == Case.subject_id))
        .where(
            Case.id.in_(list(case_ids)),
            Case.lane.in_((Lane.SPAM, Lane.NEWCOMER)),
            Post.visibility == Visibility.HELD,
        )
        .options(joinedload(Post.thread))
        .order_by(Post.id)
    )
    for case_id, post in held:
        found.setdefault(case_id, []).append(post)
    return found


def reported_posts(case_ids: Iterable[int]) -> dict[int, list[Post]]:
    """Return the reported posts of some cases that members can read, by case."""
    rows = db.session.execute(
        select(Report.case_id, Post)
        .join(Post, Post.id == Report.post_id)
        .where(
            Report.case_id.in_(list(case_ids)),
            Post.visibility.in_((Visibility.VISIBLE, Visibility.PENDING)),
        )
        .options(joinedload(Post.thread))
        .order_by(Post.id)
    ).all()
    found: dict[int, list[Post]] = {}
    for case_id, post in rows:
        posts = found.setdefault(case_id, [])
        if post not in posts:
            posts.append(post)
    return found


def clear(moderator: Member, case: Case, seen_version: int, why: Why) -> None:
    """Hide the posts of a waiting case and close it, as one act; who reported hears of it.

    Raises NotForBulk for whatever is urgent or has a risk flag, and CaseChanged, HeldByOther.
    """
    flagged = db.session.scalar(select(Case.id).where(Case.id == case.id, _has_flag()))
    if flagged or case.level > Level.AMBER or not _may_be_spam(case):
        raise NotForBulk
    if why.reason not in REASONS or not may_answer(moderator, case):
        raise NotForBulk
    posts = posts_to_hide([case.id]).get(case.id, [])
    if not set(held_posts(case)) <= set(posts):
        raise NotForBulk
    before = remember([case, *posts, *open_check_ins(case.id)])
    # Whatever comes in moves the version, a flag too, so what was checked above still holds.
    closed = count_rows(
        update(Case)
        .where(
            Case.id == case.id,
            Case.version == seen_version,
            Case.state != CaseState.CLOSED,
            or_(not_(in_hand(now())), Case.holder_id == moderator.id),
        )
        .values(
            version=Case.version + 1,
            state=CaseState.CLOSED,
            holder_id=moderator.id,
            claimed_until=None,
            hold_reason=None,
            closed_at=now(),
            close_reason=CloseReason.DUPLICATE
            if why.reason is MeasureReason.DUPLICATE
            else CloseReason.RULE_BREACH,
        )
    )
    if not closed:
        try:
            explain_refusal(moderator, case)
        except NotYours:
            # It waits, but not as it was shown.
            raise CaseChanged from None
    decision = write_down(
        moderator,
        case,
        seen_version,
        Act.BULK,
        reason=case.close_reason,
        before=before,
    )
    for post in posts:
        set_visibility(post, Visibility.HIDDEN)
        take_measure(
            moderator,
            case,
            MeasureKind.HIDE,
            post.author_id,
            reason=why.reason,
            words=why.words,
            post=post,
            decision=decision,
        )
    end_check_ins(case.id)
    erase_later(case, undo_time())
    tell_reporters(moderator, case, after=undo_time())
