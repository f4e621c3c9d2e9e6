"""How a session was: two questions, both optional, and nobody's answer stored as theirs."""

from collections.abc import Mapping
from enum import StrEnum

from sqlalchemy import delete, func, select, update

from forum.accounts.models import Member
from forum.extensions import count_rows, db, take_row
from forum.groups.meetings import leave_to_the_operator
from forum.groups.models import Group, Meeting, Tally, Visit
from forum.outbox import Handler

# New answers are shown once there are as many people behind them, so that none can be told apart.
FEWEST = 5


class Question(StrEnum):
    """What is asked."""

    HEARD = "heard"
    SAFE = "safe"


class Answer(StrEnum):
    """What can be said to it."""

    YES = "yes"
    SOME = "some"
    NO = "no"


PEOPLE = "people"


class AnsweredBefore(Exception):
    """This person has given feedback on the session, or did not come, or its time is over."""


def give_feedback(member: Member, meeting: Meeting, answers: Mapping[Question, Answer]) -> None:
    """Count answers; from now on nothing tells that this person came. Raises AnsweredBefore."""
    take_row(meeting)
    visited = delete(Visit).where(Visit.meeting_id == meeting.id, Visit.member_id == member.id)
    if meeting.settled_at is None or not count_rows(visited):
        raise AnsweredBefore
    if not answers:
        return
    take_row(meeting.group)
    for name in (PEOPLE, *(f"{question}.{answer}" for question, answer in answers.items())):
        tally = db.session.get(Tally, (meeting.group_id, name))
        if tally is None:
            tally = Tally(group_id=meeting.group_id, answer=name, fresh=0, shown=0)
            db.session.add(tally)
        tally.fresh += 1
    db.session.flush()


def forget_visits(meeting_id: int) -> None:
    """Forget who came to a session a week ago; show new answers if enough people gave some."""
    meeting = db.session.get_one(Meeting, meeting_id)
    db.session.execute(delete(Visit).where(Visit.meeting_id == meeting.id))
    take_row(meeting.group)
    people = db.session.get(Tally, (meeting.group_id, PEOPLE))
    if people is not None and people.fresh >= FEWEST:
        db.session.execute(
            update(Tally)
            .where(Tally.group_id == meeting.group_id)
            .values(shown=Tally.shown + Tally.fresh, fresh=0)
            .execution_options(synchronize_session="fetch")
        )


FORGET_HANDLER = Handler(run=forget_visits, bury=leave_to_the_operator)


def answers_of(group: Group) -> dict[str, int]:
    """Return how often each answer was given, without those that too few have given yet."""
    rows = db.session.execute(
        select(Tally.answer, Tally.shown).where(Tally.group_id == group.id, Tally.shown > 0)
    )
    return {row[0]: row[1] for row in rows}


def may_answer(member: Member, meeting: Meeting) -> bool:
    """Return whether this person may still say how the session was."""
    found = db.session.scalar(
        select(func.count()).where(Visit.meeting_id == meeting.id, Visit.member_id == member.id)
    )
    return meeting.settled_at is not None and bool(found)
