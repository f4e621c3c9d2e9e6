"""What somebody is spared now: budgets, rests after heavy cases, topics and cases they passed."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, not_, or_, select

from forum.accounts.models import Member
from forum.clock import now
from forum.extensions import db, setting
from forum.posts.models import Post, Thread
from forum.rooms.models import ContentWarning, Room
from moderation.cases.leases import is_in_hand
from moderation.cases.models import Case, Flag
from moderation.cases.protection import Dealt, Protection
from moderation.cases.refusals import Refusal
from moderation.risk.categories import CATEGORIES
from moderation.risk.levels import Level
from moderation.training.queries import is_certified
from moderation.volunteers.duty import is_alone
from moderation.volunteers.exposure import (
    Stay,
    count_heavy,
    fits,
    is_heavy,
    rests_until,
    shift_length,
    stays_of,
)
from moderation.volunteers.models import OptOut, Skip

# A topic is the warning of a room or a post; of the rules' subjects, these belong to it. The rules
# know no grief: that is found by rooms and warnings alone.
SUBJECTS = {
    ContentWarning.SUICIDE: "suicide",
    ContentWarning.SELF_HARM: "self_harm",
    ContentWarning.ABUSE: "abuse",
    ContentWarning.EATING: "eating_disorder",
    ContentWarning.SUBSTANCE: "substance",
}


class Spared(Refusal):
    """A claim that is refused for the sake of who makes it. `code` names why in the record."""

    code: str


class BudgetUsed(Spared):
    """One more case like this could go beyond the budget of the shift or the week."""

    code = "budget"


class HeavyEnough(Spared):
    """As many red and crisis cases as a shift may have."""

    code = "heavy_cases"


class Resting(Spared):
    """A red or crisis case was a few minutes ago, or is still in hand."""

    code = "rest"


class NotCertified(Spared):
    """What this person learned has ended, or was not learned yet."""

    code = "training"


class OptedOut(Spared):
    """The case touches a topic that this person would rather not be dealt."""

    code = "topic"


def why_spared(member: Member, case: Case) -> Spared | None:
    """Return what keeps this person from taking a case, for their own sake, or None.

    What they have in hand already they may keep.
    """
    if case.holder_id == member.id and is_in_hand(case, now()):
        return None
    if not is_certified(member):
        return NotCertified()
    level = case.risk_level
    stays = stays_of([member.id]).get(member.id, [])
    others = [stay for stay in stays if stay.case_id != case.id]
    if not fits(others, level):
        return BudgetUsed()
    if is_heavy(level):
        if count_heavy(others) >= setting("SHIFT_HEAVY_CASES"):
            return HeavyEnough()
        if rests_until(others):
            return Resting()
    topics = topics_of(member)
    if topics and not db.session.scalar(select(Case.id).where(Case.id == case.id, spares(topics))):
        return OptedOut()
    return None


def is_emergency(member: Member, case: Case) -> bool:
    """Return whether a crisis case has waited past its target and nobody else is on duty."""
    late = case.risk_level is Level.CRISIS and case.due_at <= now()
    return late and is_alone(member)


def may_take_all_the_same(member: Member, case: Case, spared: Spared) -> bool:
    """Return whether this person may choose to take a case that they are spared.

    Past a topic always, past anything else in an emergency alone.
    """
    return isinstance(spared, OptedOut) or is_emergency(member, case)


def dealt_to(member: Member) -> Dealt:
    """Return what "Next for you" may deal to this person now."""
    topics = topics_of(member)
    conditions = [not_skipped(member)]
    if topics:
        conditions.append(spares(topics))
    stays = stays_of([member.id]).get(member.id, [])
    return Dealt(levels_for(stays), tuple(conditions))


def levels_for(stays: Sequence[Stay]) -> frozenset[Level]:
    """Return the levels that may be dealt after these stays; none at all is a break."""
    none_heavy = count_heavy(stays) >= setting("SHIFT_HEAVY_CASES") or rests_until(stays)
    return frozenset(
        level for level in Level if fits(stays, level) and not (is_heavy(level) and none_heavy)
    )


def topics_of(member: Member) -> list[ContentWarning]:
    """Return the topics that somebody would rather not be dealt."""
    return list(db.session.scalars(select(OptOut.topic).where(OptOut.member_id == member.id)))


def spares(topics: Sequence[ContentWarning]) -> ColumnElement[bool]:
    """Return the condition for cases that touch none of these topics, as far as is known."""
    names = {SUBJECTS[topic] for topic in topics if topic in SUBJECTS}
    codes = [category.code for category in CATEGORIES.values() if category.name in names]
    return and_(
        not_(exists().where(Flag.case_id == Case.id, Flag.category.in_(codes))),
        not_(
            exists().where(
                Thread.id == Case.thread_id,
                or_(
                    Thread.warning.in_(topics),
                    exists().where(Room.id == Thread.room_id, Room.content_warning.in_(topics)),
                ),
            )
        ),
        not_(
            exists().where(
                Post.thread_id == Case.thread_id,
                Post.author_id == Case.subject_id,
                Post.warning.in_(topics),
            )
        ),
    )


def not_skipped(member: Member) -> ColumnElement[bool]:
    """Return the condition for cases that this person has not passed within a shift's length."""
    return not_(
        exists().where(
            Skip.case_id == Case.id, Skip.member_id == member.id, Skip.created_at > _shift_ago()
        )
    )


def _shift_ago() -> datetime:
    return now() - shift_length()


PROTECTION = Protection(why_spared, dealt_to)
