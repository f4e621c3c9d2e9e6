"""Planning follow-ups, and letting each come back as a case when it is due.

Each one is a row with a job of its own for that moment (`forum.outbox`): the sweep does it, with
or without broker and beat, and the job's end commits together with the case.
"""

from datetime import timedelta

from sqlalchemy import ColumnElement, select, update

from forum.accounts.models import Member
from forum.clock import now
from forum.extensions import count_rows, db, setting
from forum.outbox import Handler, enqueue
from moderation.cases.acts import advance
from moderation.cases.models import Act, Case, Lane
from moderation.cases.opening import open_case_of
from moderation.follow_ups.models import FollowUp, FollowUpState
from moderation.risk.levels import Level

FOLLOW_UP = "follow_up"
# A follow-up whose job was given up is tried again after this long: a promise is never dropped.
TRY_AGAIN = timedelta(minutes=10)


def plan(case: Case, owner_id: int) -> list[FollowUp]:
    """Plan the contacts after a case that has just been closed. Returns them, the first one first.

    Earlier plans for the same person in the same thread give way: nobody is asked twice a day.
    The plan of this case from a closing that was undone is made anew.
    """
    of_person = select(Case.id).where(
        Case.thread_id == case.thread_id, Case.subject_id == case.subject_id
    )
    _settle(FollowUp.case_id.in_(of_person), FollowUpState.REPLACED)
    known = {
        found.hours: found
        for found in db.session.scalars(
            select(FollowUp)
            .where(FollowUp.case_id == case.id)
            .execution_options(populate_existing=True)
        )
    }
    planned = []
    for hours in setting("FOLLOW_UP_HOURS"):
        follow_up = known.get(hours) or FollowUp(case_id=case.id, hours=hours)
        follow_up.due_at = now() + timedelta(hours=hours)
        follow_up.owner_id = owner_id
        follow_up.state = FollowUpState.PLANNED
        follow_up.settled_at = None
        db.session.add(follow_up)
        db.session.flush()
        enqueue(FOLLOW_UP, follow_up.id, after=timedelta(hours=hours))
        planned.append(follow_up)
    return planned


def open_follow_up(follow_up_id: int) -> None:
    """Let a follow-up come back as an amber case, or join the open one. Twice is once.

    A new case waits for its owner first. It is due when their time is over, as an open one is then.
    """
    follow_up = db.session.scalar(
        select(FollowUp).where(FollowUp.id == follow_up_id).with_for_update()
    )
    if follow_up is None or follow_up.state is not FollowUpState.PLANNED:
        return
    if follow_up.due_at > now():
        # It was planned anew for later; that plan has a job of its own.
        return
    before = db.session.get_one(Case, follow_up.case_id)
    case = open_case_of(before.thread_id, before.subject_id, Lane.FOLLOW_UP, Level.AMBER)
    # The promised moment is now: somebody should write before its owner's time is over.
    promised = now() + timedelta(minutes=setting("FOLLOW_UP_OWNER_MINUTES"))
    case.due_at = min(case.due_at, promised)
    if case.version == 1:
        case.owner_id = follow_up.owner_id
        case.owner_until = promised
    db.session.flush()
    follow_up.state = FollowUpState.OPENED
    follow_up.opened_case_id = case.id
    follow_up.settled_at = now()


def try_again(follow_up_id: int, job_id: int) -> None:
    """Give a follow-up whose job is dead a new one."""
    enqueue(FOLLOW_UP, follow_up_id, after=TRY_AGAIN)


FOLLOW_UP_HANDLER = Handler(run=open_follow_up, bury=try_again)


def end_rest(moderator: Member, case: Case, seen_version: int, reason: str) -> int:
    """End the follow-ups that are still planned for a case's person, with a reason in words.

    Returns how many there were. Raises as `advance` does.
    """
    advance(moderator, case, seen_version, Act.END_FOLLOW_UPS, note=reason)
    of_person = select(Case.id).where(
        Case.thread_id == case.thread_id, Case.subject_id == case.subject_id
    )
    return _settle(FollowUp.case_id.in_(of_person), FollowUpState.ENDED)


def end_for_member(member_id: int) -> int:
    """End every planned contact with someone who leaves Teduh. Returns how many there were.

    Whatever deletes an account calls this in its own transaction.
    """
    of_member = select(Case.id).where(Case.subject_id == member_id)
    return _settle(FollowUp.case_id.in_(of_member), FollowUpState.MEMBER_LEFT)


def _settle(which: ColumnElement[bool], state: FollowUpState) -> int:
    return count_rows(
        update(FollowUp)
        .where(which, FollowUp.state == FollowUpState.PLANNED)
        .values(state=state, settled_at=now())
        .execution_options(synchronize_session=False)
    )
