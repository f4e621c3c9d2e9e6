"""Beginning a buddy period, and looking at a decision of somebody new.

What they did has taken effect: nobody in danger waits for a look. It is a talk afterwards.
"""

from sqlalchemy.exc import IntegrityError

from forum.accounts.models import Member
from forum.clock import now
from forum.extensions import db, setting
from forum.notices.models import NoticeKind
from forum.notices.operations import notify
from moderation.audit.models import Action, SubjectKind
from moderation.audit.operations import record
from moderation.buddies.models import BuddyPeriod, Review, Verdict
from moderation.buddies.queries import find_waiting, may_review


class NotWaiting(Exception):
    """Somebody else has looked at it, or it is not this person's to look at."""


def begin_period(member: Member) -> None:
    """Let colleagues look at somebody's next decisions, as many as the setting says."""
    decisions = int(setting("BUDDY_DECISIONS"))
    if decisions:
        db.session.merge(BuddyPeriod(member_id=member.id, since=now(), decisions=decisions))
        db.session.flush()


def review(actor: Member, decision_id: int, verdict: Verdict, feedback: str) -> Review:
    """Say what one thinks of a decision of somebody new, and tell them. Returns the review.

    Raises NotWaiting.
    """
    if not may_review(actor):
        raise NotWaiting
    decision = find_waiting(actor, decision_id)
    if decision is None:
        raise NotWaiting
    made = Review(
        decision_id=decision.id,
        member_id=decision.moderator_id,
        reviewer_id=actor.id,
        verdict=verdict,
        feedback=feedback,
        created_at=now(),
    )
    try:
        with db.session.begin_nested():
            db.session.add(made)
    except IntegrityError:
        raise NotWaiting from None
    notify(decision.moderator_id, NoticeKind.DECISION_REVIEWED, subject_id=made.id)
    record(actor, Action.REVIEW, SubjectKind.DECISION, decision.id, verdict=verdict.value)
    return made
