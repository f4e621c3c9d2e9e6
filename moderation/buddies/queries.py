"""Which decisions of somebody new wait for a look, and what was said about one's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ScalarSelect, Select, exists, func, not_, select
from sqlalchemy.orm import joinedload

from forum.accounts.models import Member, Role
from forum.clock import now
from forum.extensions import db, setting
from forum.posts.models import Thread
from moderation.buddies.models import BuddyPeriod, Review
from moderation.cases.models import Act, Case, Decision, Reading

REVIEWERS = frozenset({Role.MODERATOR, Role.LEAD, Role.ADMIN})
SHOWN = 50
# What reaches a person, or ends something. Taking and putting back changes nothing for anybody.
REVIEWED = frozenset(
    {
        *(Act.REPLY, Act.CHECK_IN, Act.REFER, Act.CLOSE, Act.BULK),
        *(Act.HIDE, Act.HOLD, Act.RESTORE, Act.MASK, Act.UNMASK, Act.WARNING),
        *(Act.LOCK, Act.UNLOCK, Act.SLOW, Act.MOVE, Act.MERGE),
        *(Act.WARN, Act.PAUSE, Act.LIFT_PAUSE, Act.ASK_TO_CLOSE, Act.CLOSE_ACCOUNT),
        *(Act.KEEP_ACCOUNT, Act.DECIDE_APPEAL, Act.ASK_SECOND, Act.OPINION, Act.END_FOLLOW_UPS),
    }
)


@dataclass(frozen=True)
class Progress:
    """How far somebody's buddy period is."""

    reviewed: int
    decisions: int


def progress_of(member: Member) -> Progress | None:
    """Return how far somebody's buddy period is; None where there is none, or it is over."""
    row = db.session.execute(
        select(BuddyPeriod.decisions, _reviewed().label("reviewed")).where(
            BuddyPeriod.member_id == member.id
        )
    ).one_or_none()
    if row is None or row.reviewed >= row.decisions:
        return None
    return Progress(row.reviewed, row.decisions)


def is_new(member: Member) -> bool:
    """Return whether somebody's buddy period is not over."""
    return progress_of(member) is not None


def may_review(member: Member) -> bool:
    """Return whether somebody looks at decisions of others: a moderator who is not new."""
    return member.role in REVIEWERS and not is_new(member)


def waiting_for(reviewer: Member) -> Sequence[Decision]:
    """Return the decisions that wait for a look of this person, the oldest first."""
    return db.session.scalars(
        select(Decision)
        .where(Decision.id.in_(_waiting(reviewer)))
        .options(
            joinedload(Decision.moderator),
            joinedload(Decision.case).joinedload(Case.thread).joinedload(Thread.room),
        )
        .order_by(Decision.id)
        .limit(SHOWN)
    ).all()


def count_waiting(reviewer: Member) -> int:
    """Return how many decisions wait for a look of this person; one statement, or none."""
    if reviewer.role not in REVIEWERS:
        return 0
    waiting = _waiting(reviewer).limit(SHOWN).subquery()
    return db.session.scalar(select(func.count()).select_from(waiting)) or 0


def find_waiting(reviewer: Member, decision_id: int) -> Decision | None:
    """Return one of the decisions that wait for a look of this person."""
    found = _waiting(reviewer).where(Decision.id == decision_id)
    return db.session.scalar(select(Decision).where(Decision.id.in_(found)))


def late_since() -> datetime:
    """Return the moment before which a decision that nobody has looked at is late."""
    return now() - timedelta(hours=setting("BUDDY_HOURS"))


def reviews_of(member: Member) -> Sequence[Review]:
    """Return what was said about somebody's own decisions, the newest first."""
    return db.session.scalars(
        select(Review)
        .where(Review.member_id == member.id)
        .options(
            joinedload(Review.reviewer),
            joinedload(Review.decision).joinedload(Decision.case).joinedload(Case.thread),
        )
        .order_by(Review.id.desc())
        .limit(SHOWN)
    ).all()


def _reviewed() -> ScalarSelect[int]:
    """Return how many decisions of a period were looked at, in a statement about periods."""
    return (
        select(func.count())
        .where(Review.member_id == BuddyPeriod.member_id, Review.created_at >= BuddyPeriod.since)
        .scalar_subquery()
    )


def _waiting(reviewer: Member) -> Select[Any]:
    """Return ids of the first decisions of people who are new, without those looked at."""
    # Named apart, so that a database begins with these few people, and not with all decisions.
    new = select(BuddyPeriod.member_id).where(_reviewed() < BuddyPeriod.decisions)
    number = func.row_number().over(partition_by=Decision.moderator_id, order_by=Decision.id)
    numbered = (
        select(Decision.id, number.label("number"), BuddyPeriod.decisions)
        .join(BuddyPeriod, BuddyPeriod.member_id == Decision.moderator_id)
        .where(
            Decision.moderator_id.in_(new),
            Decision.created_at >= BuddyPeriod.since,
            Decision.act.in_(REVIEWED),
        )
        .subquery()
    )
    return (
        select(Decision.id)
        .join(numbered, numbered.c.id == Decision.id)
        .join(Case, Case.id == Decision.case_id)
        .where(
            numbered.c.number <= numbered.c.decisions,
            Decision.moderator_id != reviewer.id,
            # Nobody learns here what somebody thought of a case that is still read blind.
            Case.reading != Reading.BLIND,
            Case.subject_id != reviewer.id,
            not_(exists().where(Review.decision_id == Decision.id)),
        )
    )
