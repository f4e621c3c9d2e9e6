"""What the team does with groups, each act on the record; the acts themselves are the forum's."""

from datetime import datetime
from enum import StrEnum

from forum.accounts.models import Member
from forum.clock import now
from forum.extensions import db
from forum.groups import meetings, operations
from forum.groups.models import Group, Keeping, Meeting, MeetingNote, Plan, Step
from forum.groups.operations import Wishes
from moderation.audit.models import Action, SubjectKind
from moderation.audit.operations import record


class Reason(StrEnum):
    """Why a place in a group is given back."""

    AGREEMENT = "agreement"
    SAFETY = "safety"
    ELSEWHERE = "elsewhere"


def begin_group(
    actor: Member, wishes: Wishes, keeping: Keeping, facilitators: list[Member]
) -> Group:
    """Begin a group and name who leads it. Raises NotOnTheTeam."""
    group = operations.begin_group(wishes, keeping, facilitators)
    _record(actor, Action.BEGIN_GROUP, group, keeping=keeping.value)
    return group


def change_group(actor: Member, group: Group, wishes: Wishes) -> None:
    """Change what a group is."""
    operations.change_group(group, wishes)
    _record(actor, Action.CHANGE_GROUP, group, capacity=wishes.capacity)


def end_group(actor: Member, group: Group) -> None:
    """End a group, with all that it has planned."""
    meetings.stop_plans(group)
    operations.end_group(group)
    _record(actor, Action.END_GROUP, group)


def add_facilitator(actor: Member, group: Group, member: Member) -> None:
    """Let somebody lead a group. Raises NotOnTheTeam."""
    if operations.add_facilitator(group, member):
        _record(actor, Action.ADD_FACILITATOR, group, member=member.id)


def drop_facilitator(actor: Member, group: Group, member: Member) -> None:
    """Let somebody lead a group no longer. Raises LastFacilitator."""
    if operations.drop_facilitator(group, member):
        _record(actor, Action.DROP_FACILITATOR, group, member=member.id)


def answer_wish(actor: Member, group: Group, seat_id: str, *, yes: bool) -> bool:
    """Take somebody in or decline kindly. Returns False where the wish is gone already.

    The record does not say whom: beside a name in a group it would tell who that is elsewhere.
    """
    if (operations.take_in if yes else operations.decline)(group, seat_id) is None:
        return False
    _record(actor, Action.TAKE_IN if yes else Action.DECLINE_WISH, group)
    return True


def give_back(actor: Member, group: Group, seat_id: str, reason: Reason) -> bool:
    """Give a member's place in a group back. Returns whether they had one.

    The record says why, and not whose it was, as with wishes.
    """
    if not operations.give_back(group, seat_id):
        return False
    _record(actor, Action.GIVE_PLACE_BACK, group, reason=reason.value)
    return True


def plan_meetings(
    actor: Member,
    group: Group,
    starts_at: datetime,
    *,
    minutes: int,
    is_weekly: bool,
    welcome: str,
) -> Plan:
    """Plan one session or one each week. Raises forum.groups.meetings.NotThen."""
    plan = meetings.plan_meetings(
        actor, group, starts_at, minutes=minutes, is_weekly=is_weekly, welcome=welcome
    )
    _record(actor, Action.PLAN_SESSIONS, group, minutes=minutes, weekly=int(is_weekly))
    return plan


def stop_plan(actor: Member, plan: Plan) -> None:
    """Plan no more sessions of this kind."""
    meetings.stop_plan(plan)
    _record(actor, Action.STOP_SESSIONS, plan.group)


def call_off(actor: Member, meeting: Meeting) -> bool:
    """Call a session off before it begins. Returns whether this did it."""
    done = meetings.call_off(meeting)
    if done:
        record(actor, Action.CALL_OFF, SubjectKind.MEETING, meeting.id)
    return done


def close_early(actor: Member, meeting: Meeting) -> bool:
    """Close an open session before its time. Returns whether this did it."""
    done = meetings.close_early(meeting)
    if done:
        record(actor, Action.CLOSE_SESSION, SubjectKind.MEETING, meeting.id)
    return done


def set_step(actor: Member, meeting: Meeting, step: Step | None) -> None:
    """Say what the group does now. Raises forum.groups.meetings.MeetingClosed."""
    meetings.set_step(meeting, step)
    record(
        actor,
        Action.SET_STEP,
        SubjectKind.MEETING,
        meeting.id,
        step=step.value if step else None,
    )


def give_word(actor: Member, meeting: Meeting, hand_id: str) -> None:
    """Take a hand down, because its person has the word."""
    meetings.give_word(meeting, hand_id)
    record(actor, Action.LET_SPEAK, SubjectKind.MEETING, meeting.id)


def write_note(actor: Member, meeting: Meeting, body: str) -> MeetingNote:
    """Write themes and numbers down, for facilitators and leads."""
    note = MeetingNote(meeting=meeting, author=actor, body=body, created_at=now())
    db.session.add(note)
    record(actor, Action.NOTE_SESSION, SubjectKind.MEETING, meeting.id)
    return note


def _record(actor: Member, action: Action, group: Group, **detail: str | int | None) -> None:
    record(actor, action, SubjectKind.GROUP, group.id, **detail)
