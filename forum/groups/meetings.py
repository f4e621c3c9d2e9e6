"""Sessions: when they are, how they open and close by themselves, and what is said in them."""

from datetime import date, datetime, time, timedelta

from sqlalchemy import delete, func, select

from forum.accounts.models import Member, Zone
from forum.clock import now
from forum.extensions import db, take_row
from forum.groups.entry import is_of_the_team
from forum.groups.models import (
    Facilitator,
    Group,
    Hand,
    Keeping,
    Meeting,
    Phase,
    Plan,
    Seat,
    SeatState,
    Step,
    Visit,
)
from forum.groups.queries import facilitators_of, host_of
from forum.notices.models import NoticeKind
from forum.notices.operations import notify
from forum.outbox import Handler, enqueue
from forum.posts.models import Post, Thread
from forum.posts.operations import reply, start_thread
from forum.posts.personal import NOTHING, Covered
from forum.public_id import new_public_id
from forum.rooms.models import ContentWarning

REMIND = "remind_meeting"
SETTLE = "settle_meeting"
FORGET = "forget_visits"
# Done by moderation: it knows whose words the desk still needs.
ERASE = "erase_meeting"

WEEK = timedelta(days=7)
REMINDED_BEFORE = timedelta(hours=1)
# Whoever was hurt by something can still report it, and everyone can read the closing.
ERASED_AFTER = timedelta(hours=1)
FEEDBACK_FOR = timedelta(days=7)
# "Now" is a minute that has begun already, and filling in a form takes a few.
LATE_START = timedelta(minutes=10)
FURTHEST = timedelta(days=366)


class NotThen(Exception):
    """A session can't begin at this moment: it has passed, or is too far away."""


class MeetingClosed(Exception):
    """Nobody speaks in a session before it opens or after it has closed."""


def plan_meetings(
    facilitator: Member,
    group: Group,
    starts_at: datetime,
    *,
    minutes: int,
    is_weekly: bool,
    welcome: str,
) -> Plan:
    """Plan one session, or one each week at the same hour, from this moment on.

    `welcome` is what the facilitator says first. Raises NotThen.
    """
    if not now() - LATE_START <= starts_at <= now() + FURTHEST:
        raise NotThen
    plan = Plan(
        group=group,
        facilitator=facilitator,
        welcome=welcome,
        starts_at=starts_at,
        minutes=minutes,
        is_weekly=is_weekly,
    )
    db.session.add(plan)
    db.session.flush()
    _add_meeting(plan, starts_at)
    return plan


def stop_plan(plan: Plan) -> None:
    """Plan no more sessions of this kind; those who expected the next one are told."""
    take_row(plan)
    if plan.ended_at is None:
        plan.ended_at = now()
    for meeting in db.session.scalars(select(Meeting).where(Meeting.plan_id == plan.id)):
        if meeting.phase is Phase.PLANNED:
            call_off(meeting)


def stop_plans(group: Group) -> None:
    """Stop everything that a group has planned, and close what is open."""
    for plan in db.session.scalars(
        select(Plan).where(Plan.group_id == group.id, Plan.ended_at.is_(None))
    ).all():
        stop_plan(plan)
    for meeting in db.session.scalars(
        select(Meeting).where(Meeting.group_id == group.id, Meeting.settled_at.is_(None))
    ).all():
        if meeting.is_open:
            close_early(meeting)


def call_off(meeting: Meeting) -> bool:
    """Call a session off before it begins, and tell the group. Returns whether this did it."""
    take_row(meeting)
    if meeting.phase is not Phase.PLANNED:
        return False
    meeting.called_off_at = now()
    _tell(meeting, NoticeKind.MEETING_OFF)
    return True


def close_early(meeting: Meeting) -> bool:
    """Close an open session before its time. Returns whether this did it."""
    take_row(meeting)
    if not meeting.is_open:
        return False
    meeting.ends_at = now()
    enqueue(SETTLE, meeting.id)
    return True


def set_step(meeting: Meeting, step: Step | None) -> None:
    """Say what the group is doing now. Raises MeetingClosed."""
    _check_open(meeting)
    meeting.step = step


def visit(member: Member, meeting: Meeting) -> None:
    """Note that somebody came, once. Who leads the session is not counted."""
    take_row(meeting)
    seated = db.session.scalar(
        select(Seat.id).where(
            Seat.group_id == meeting.group_id,
            Seat.member_id == member.id,
            Seat.state == SeatState.IN,
        )
    )
    if seated and meeting.is_open and not db.session.get(Visit, (meeting.id, member.id)):
        db.session.add(Visit(meeting_id=meeting.id, member_id=member.id))
        db.session.flush()


def say(
    member: Member,
    meeting: Meeting,
    *,
    body: str,
    submission_key: str,
    covered: Covered = NOTHING,
) -> Post:
    """Say something in an open session: a post, scanned like every other.

    The first words begin the thread, below the facilitator's welcome. What facilitators say is
    marked as a volunteer's. Raises MeetingClosed, and as forum.posts.operations.reply does.
    """
    take_row(meeting)
    _check_open(meeting)
    if meeting.thread is None:
        meeting.thread = _open_thread(meeting)
    leads = member.is_staff and bool(db.session.get(Facilitator, (meeting.group_id, member.id)))
    return reply(
        member,
        meeting.thread,
        body=body,
        submission_key=submission_key,
        covered=covered,
        as_volunteer=leads,
    )


def raise_hand(member: Member, meeting: Meeting) -> None:
    """Put one's hand up. Doing it twice changes nothing. Raises MeetingClosed."""
    take_row(meeting)
    _check_open(meeting)
    known = select(Hand.id).where(Hand.meeting_id == meeting.id, Hand.member_id == member.id)
    if db.session.scalar(known) is None:
        db.session.add(Hand(meeting_id=meeting.id, member_id=member.id))
        db.session.flush()


def lower_hand(member: Member, meeting: Meeting) -> None:
    """Take one's hand down."""
    db.session.execute(
        delete(Hand).where(Hand.meeting_id == meeting.id, Hand.member_id == member.id)
    )


def give_word(meeting: Meeting, hand_id: str) -> None:
    """Take a hand down, for its person has the word now."""
    db.session.execute(delete(Hand).where(Hand.meeting_id == meeting.id, Hand.public_id == hand_id))


def remind(meeting_id: int) -> None:
    """Tell the group that a session begins soon, once; nobody is called to one that none leads."""
    meeting = _take(meeting_id)
    if meeting.reminded_at is not None or meeting.phase in (Phase.OVER, Phase.CALLED_OFF):
        return
    if not facilitators_of(meeting.group):
        return
    meeting.reminded_at = now()
    _tell(meeting, NoticeKind.MEETING_SOON)


def settle(meeting_id: int) -> None:
    """Do what follows when a session is over: count, ask how it was, erase, plan the next.

    Doing it twice changes nothing.
    """
    meeting = _take(meeting_id)
    if meeting.settled_at is not None or meeting.phase in (Phase.PLANNED, Phase.OPEN):
        return
    meeting.settled_at = now()
    _plan_next(meeting)
    if meeting.phase is Phase.CALLED_OFF:
        return
    visitors = db.session.scalars(
        select(Visit.member_id).where(Visit.meeting_id == meeting.id)
    ).all()
    meeting.attended = len(visitors)
    meeting.step = None
    db.session.execute(delete(Hand).where(Hand.meeting_id == meeting.id))
    for member_id in visitors:
        notify(member_id, NoticeKind.MEETING_OVER, subject_id=meeting.id)
    enqueue(FORGET, meeting.id, after=FEEDBACK_FOR)
    if meeting.thread is not None:
        meeting.thread.is_locked = True
    if meeting.group.keeping is Keeping.ERASE:
        enqueue(ERASE, meeting.id, after=ERASED_AFTER)


def next_time(first: datetime, after: datetime) -> datetime:
    """Return the first moment after `after` that lies whole weeks after `first`."""
    weeks = max(0, (after - first) // WEEK + 1)
    return first + weeks * WEEK


def in_zone(zone: Zone, day: date, hour: time) -> datetime:
    """Return the moment at which a calendar and a clock of this zone show that."""
    return datetime.combine(day, hour.replace(tzinfo=zone.tz))


def leave_to_the_operator(meeting_id: int, job_id: int) -> None:
    """Do nothing: the dead job stays, and health shows it."""


REMIND_HANDLER = Handler(run=remind, bury=leave_to_the_operator)
SETTLE_HANDLER = Handler(run=settle, bury=leave_to_the_operator)


def _take(meeting_id: int) -> Meeting:
    meeting = db.session.get_one(Meeting, meeting_id)
    take_row(meeting)
    return meeting


def _check_open(meeting: Meeting) -> None:
    if not meeting.is_open:
        raise MeetingClosed


def _add_meeting(plan: Plan, starts_at: datetime) -> None:
    ends_at = starts_at + timedelta(minutes=plan.minutes)
    meeting = Meeting(group=plan.group, plan=plan, starts_at=starts_at, ends_at=ends_at)
    db.session.add(meeting)
    db.session.flush()
    moment = now()
    enqueue(REMIND, meeting.id, after=max(timedelta(0), starts_at - REMINDED_BEFORE - moment))
    enqueue(SETTLE, meeting.id, after=max(timedelta(0), ends_at - moment))


def _plan_next(meeting: Meeting) -> None:
    plan = meeting.plan
    take_row(plan)
    if not plan.is_weekly or plan.ended_at is not None or meeting.group.ended_at is not None:
        return
    # A site that slept for weeks goes on with the next session, and not with those it missed.
    missed = now() - timedelta(minutes=plan.minutes)
    starts_at = next_time(plan.starts_at, max(missed, meeting.starts_at))
    latest = db.session.scalar(
        select(func.max(Meeting.starts_at)).where(Meeting.plan_id == plan.id)
    )
    if latest is None or starts_at > latest:
        _add_meeting(plan, starts_at)


def _tell(meeting: Meeting, kind: NoticeKind) -> None:
    """Tell everyone in the group, facilitators too."""
    seated = select(Seat.member_id).where(
        Seat.group_id == meeting.group_id, Seat.state == SeatState.IN
    )
    leading = select(Facilitator.member_id).where(
        Facilitator.group_id == meeting.group_id, is_of_the_team()
    )
    for member_id in db.session.scalars(seated.union(leading)):
        notify(member_id, kind, subject_id=meeting.id)


def _open_thread(meeting: Meeting) -> Thread:
    """Begin the thread with the welcome, under the name of a facilitator.

    Raises MeetingClosed where nobody who leads the group may post now.
    """
    host = host_of(meeting)
    if host is None:
        raise MeetingClosed
    day = meeting.starts_at.astimezone(Zone.WIB.tz).date()
    return start_thread(
        host,
        meeting.group.room,
        title=day.isoformat(),
        body=meeting.plan.welcome,
        warning=ContentWarning.NONE,
        submission_key=f"meeting-{new_public_id()}",
        as_volunteer=True,
    ).thread
