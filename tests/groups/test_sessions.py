"""Sessions open and close by themselves, come back each week, remind once; words are scanned."""

import threading
from datetime import UTC, date, datetime, time, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from forum.accounts.aliases import choose_name
from forum.accounts.models import Member, Role, Zone
from forum.clock import now
from forum.extensions import db
from forum.groups import meetings, operations
from forum.groups.calendar import calendar_of
from forum.groups.meetings import REMIND, SETTLE, MeetingClosed, in_zone, next_time
from forum.groups.models import Group, Hand, Meeting, Phase, Plan, Step
from forum.groups.queries import coming_meetings, hands_of, host_of, names_in, plans_of
from forum.notices.models import Notice, NoticeKind
from forum.outbox import Job
from forum.posts.models import Post, Thread
from tests.factories import make_member, scan_all
from tests.groups.factories import HOUR, at, make_group, make_meeting, run_jobs, seat_in

MONDAY = datetime(2027, 1, 4, 12, 30, tzinfo=UTC)
WEEK = timedelta(days=7)
EVENING = time(19, 30)


def told(kind: NoticeKind) -> list[int]:
    return sorted(db.session.scalars(select(Notice.member_id).where(Notice.kind == kind)))


def say(member: Member, meeting: Meeting, body: str = "Hello.", key: str = "") -> Post:
    return meetings.say(
        member, meeting, body=body, submission_key=key or f"{body}-{member.id}-{now()}"[:64]
    )


def test_the_clock_opens_and_closes_a_session(context):
    group = make_group()
    person = db.session.get(Member, seat_in(group).member_id)
    with at(MONDAY - HOUR):
        meeting = make_meeting(group, MONDAY)
        assert meeting.phase is Phase.PLANNED
        for act in (
            lambda: say(person, meeting),
            lambda: meetings.raise_hand(person, meeting),
            lambda: meetings.set_step(meeting, Step.ROUND),
        ):
            with pytest.raises(MeetingClosed):
                act()
    with at(MONDAY):
        assert meeting.is_open
        assert say(person, meeting).body == "Hello."
    with at(MONDAY + HOUR):
        assert meeting.phase is Phase.OVER
        with pytest.raises(MeetingClosed):
            say(person, meeting, "Too late.")
    assert db.session.scalar(select(func.count()).where(Post.body == "Too late.")) == 0


def test_the_first_words_begin_one_thread_below_the_welcome(app: Flask):
    with app.app_context():
        group = make_group()
        people = [seat_in(group).member_id for _ in range(3)]
        meeting_id = make_meeting(group).id
        db.session.commit()
        db.session.remove()
    barrier = threading.Barrier(3)

    def speak(member_id: int) -> None:
        with app.app_context():
            barrier.wait(timeout=60)
            meeting = db.session.get_one(Meeting, meeting_id)
            say(db.session.get_one(Member, member_id), meeting)
            db.session.commit()

    threads = [threading.Thread(target=speak, args=(member_id,)) for member_id in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Thread)) == 1
        posts = db.session.scalars(select(Post).order_by(Post.id)).all()
        assert [post.body for post in posts] == ["Welcome, slowly."] + ["Hello."] * 3
        assert posts[0].as_volunteer
        assert not any(post.as_volunteer for post in posts[1:])


def test_sending_the_same_words_twice_says_them_once(context):
    group = make_group()
    person = db.session.get(Member, seat_in(group).member_id)
    meeting = make_meeting(group)
    first = say(person, meeting, key="k" * 20)
    assert say(person, meeting, key="k" * 20) is first


def test_what_facilitators_say_is_marked_as_a_volunteers(context):
    lead = make_member(role=Role.VOLUNTEER)
    group = make_group(lead)
    assert say(lead, make_meeting(group)).as_volunteer


def test_a_pause_of_one_facilitator_does_not_keep_the_group_from_talking(context):
    one, other = make_member(role=Role.MODERATOR), make_member(role=Role.VOLUNTEER)
    group = make_group(one, other)
    person = db.session.get(Member, seat_in(group).member_id)
    meeting = make_meeting(group, facilitator=one)
    one.paused_until = now() + HOUR
    assert say(person, meeting).thread.author is other
    other.paused_until = now() + HOUR
    alone = make_meeting(group, now() + timedelta(seconds=1), facilitator=one)
    with at(now() + timedelta(minutes=1)), pytest.raises(MeetingClosed):
        say(person, alone)


def test_what_a_facilitator_opens_and_asks_for_shows_no_alias_of_theirs(context):
    group = make_group()
    person = make_member("hangat-kenari-64", Role.MODERATOR)
    seat_in(group, person)
    choose_name(person, group.room_id, "sore-melati-27")
    assert say(person, make_meeting(group)).author_name == "sore-melati-27"
    operations.add_facilitator(group, person)
    speaker = db.session.get(Member, seat_in(group).member_id)
    meeting = make_meeting(group, now() + timedelta(seconds=1), facilitator=person)
    with at(now() + timedelta(minutes=1)):
        meetings.raise_hand(person, meeting)
        thread_id = say(speaker, meeting).thread_id
    opening = db.session.scalars(
        select(Post).where(Post.thread_id == thread_id, Post.is_opening)
    ).one()
    assert opening.author is person
    assert opening.as_volunteer
    assert opening.author_name == "hangat-kenari-64"
    assert names_in(group, [person]) == {person.id: "hangat-kenari-64"}


def test_without_anybody_who_leads_nobody_is_called_to_a_session(context):
    lead = make_member(role=Role.VOLUNTEER)
    with at(MONDAY - 3 * HOUR):
        group = make_group(lead)
        seat_in(group)
        meeting = make_meeting(group, MONDAY)
    lead.role = Role.MEMBER
    with at(MONDAY - HOUR):
        meetings.remind(meeting.id)
        assert told(NoticeKind.MEETING_SOON) == []
        assert host_of(meeting) is None
        lead.role = Role.VOLUNTEER
        meetings.remind(meeting.id)
        assert lead.id in told(NoticeKind.MEETING_SOON)


def test_who_stops_leading_hands_over_what_they_planned(context):
    one, other = make_member(role=Role.MODERATOR), make_member(role=Role.VOLUNTEER)
    group = make_group(one, other)
    plan = make_meeting(group, facilitator=one).plan
    operations.drop_facilitator(group, one)
    db.session.refresh(plan)
    assert plan.facilitator_id == other.id


def test_weekly_sessions_keep_their_hour_on_every_clock_of_indonesia(context):
    for zone in Zone:
        first = in_zone(zone, date(2026, 10, 5), EVENING)
        moment = first
        for week in range(1, 70):
            moment = next_time(first, moment)
            local = moment.astimezone(zone.tz)
            assert moment - first == week * WEEK
            assert (local.weekday(), local.hour, local.minute) == (0, 19, 30)
    assert in_zone(Zone.WIT, MONDAY.date(), EVENING) == MONDAY - timedelta(hours=2)
    assert in_zone(Zone.WIB, MONDAY.date(), EVENING) == MONDAY


def test_after_a_weekly_session_the_next_one_stands_and_only_one(context):
    with at(MONDAY - HOUR):
        group = make_group()
        meeting = make_meeting(group, MONDAY, is_weekly=True)
        meeting_id = meeting.id
        db.session.commit()
    with at(MONDAY + HOUR):
        assert run_jobs(SETTLE) == 1
        meetings.settle(meeting_id)
        starts = db.session.scalars(select(Meeting.starts_at).order_by(Meeting.id)).all()
        assert starts == [MONDAY, MONDAY + WEEK]


def test_a_site_that_slept_for_weeks_goes_on_with_the_coming_session(context):
    with at(MONDAY - HOUR):
        make_meeting(make_group(), MONDAY, is_weekly=True)
        db.session.commit()
    with at(MONDAY + 5 * WEEK + timedelta(days=2)):
        run_jobs(SETTLE)
        starts = db.session.scalars(select(Meeting.starts_at).order_by(Meeting.id)).all()
        assert starts == [MONDAY, MONDAY + 6 * WEEK]


def test_a_single_session_does_not_come_back(context):
    with at(MONDAY - HOUR):
        make_meeting(make_group(), MONDAY)
        db.session.commit()
    with at(MONDAY + HOUR):
        run_jobs(SETTLE)
        assert db.session.scalar(select(func.count()).select_from(Meeting)) == 1


def test_a_stopped_plan_calls_the_next_session_off_and_plans_no_other(context):
    with at(MONDAY - 2 * HOUR):
        group = make_group()
        person = seat_in(group).member_id
        meeting = make_meeting(group, MONDAY, is_weekly=True)
        plan = meeting.plan
        meetings.stop_plan(plan)
        assert meeting.phase is Phase.CALLED_OFF
        assert person in told(NoticeKind.MEETING_OFF)
        db.session.commit()
    with at(MONDAY + HOUR):
        run_jobs(SETTLE)
        assert db.session.scalar(select(func.count()).select_from(Meeting)) == 1


def test_one_session_called_off_leaves_the_week_after(context):
    with at(MONDAY - 2 * HOUR):
        group = make_group()
        meeting = make_meeting(group, MONDAY, is_weekly=True)
        assert meetings.call_off(meeting)
        assert not meetings.call_off(meeting)
        db.session.commit()
        run_jobs(REMIND)
        assert told(NoticeKind.MEETING_SOON) == []
    with at(MONDAY + HOUR):
        run_jobs(SETTLE)
        assert [found.starts_at for found in coming_meetings(group)] == [MONDAY + WEEK]
        assert meeting.attended is None


def test_everyone_in_the_group_is_reminded_once(context):
    lead = make_member(role=Role.MODERATOR)
    with at(MONDAY - 3 * HOUR):
        group = make_group(lead, capacity=2)
        inside = [seat_in(group).member_id for _ in range(2)]
        left = db.session.get(Member, inside[1])
        waiting = seat_in(group).member_id
        meeting = make_meeting(group, MONDAY)
        due = db.session.scalar(select(Job.run_at).where(Job.kind == REMIND))
        assert timedelta(0) <= due - (MONDAY - HOUR) < timedelta(seconds=5)
        db.session.commit()
    with at(MONDAY - HOUR):
        operations.leave(left, group)
        run_jobs(REMIND)
        # A job may be done twice, such as after a kill.
        meetings.remind(meeting.id)
        db.session.commit()
        assert told(NoticeKind.MEETING_SOON) == sorted([lead.id, inside[0], waiting])
    with at(MONDAY + 2 * HOUR):
        meetings.remind(meeting.id)
        assert len(told(NoticeKind.MEETING_SOON)) == 3


def test_a_facilitator_closes_a_session_before_its_time(context):
    group = make_group()
    person = db.session.get(Member, seat_in(group).member_id)
    meeting = make_meeting(group, is_weekly=True)
    meetings.visit(person, meeting)
    meetings.raise_hand(person, meeting)
    say(person, meeting)
    assert meetings.close_early(meeting)
    assert not meetings.close_early(meeting)
    db.session.commit()
    with pytest.raises(MeetingClosed):
        say(person, meeting, "One more thing.")
    scan_all()
    assert meeting.attended == 1
    assert meeting.thread.is_locked
    assert hands_of(meeting) == []
    assert told(NoticeKind.MEETING_OVER) == [person.id]
    # The job of the planned end finds nothing left to do.
    run_jobs(SETTLE)
    assert told(NoticeKind.MEETING_OVER) == [person.id]
    assert db.session.scalar(select(func.count()).select_from(Meeting)) == 2


def test_ending_a_group_closes_and_calls_off_what_it_has(context):
    group = make_group()
    running = make_meeting(group)
    coming = make_meeting(group, now() + HOUR * 3)
    meetings.stop_plans(group)
    assert (running.phase, coming.phase) == (Phase.OVER, Phase.CALLED_OFF)
    assert plans_of(group) == []


def test_nothing_is_planned_for_the_past_or_for_years_ahead(context):
    group = make_group()
    for moment in (now() - HOUR, now() + timedelta(days=400)):
        with pytest.raises(meetings.NotThen):
            make_meeting(group, moment)


def test_hands_go_up_once_in_their_order_and_come_down(context):
    group = make_group()
    people = [db.session.get(Member, seat_in(group).member_id) for _ in range(2)]
    meeting = make_meeting(group)
    for person in (*people, *people):
        meetings.raise_hand(person, meeting)
    assert [hand.member_id for hand in hands_of(meeting)] == [person.id for person in people]
    meetings.lower_hand(people[0], meeting)
    meetings.give_word(meeting, hands_of(meeting)[0].public_id)
    assert db.session.scalar(select(func.count()).select_from(Hand)) == 0


def test_only_members_of_the_group_are_counted_as_having_come(context):
    lead = make_member(role=Role.MODERATOR)
    group = make_group(lead)
    person = db.session.get(Member, seat_in(group).member_id)
    meeting = make_meeting(group)
    for visitor in (lead, make_member(), person, person):
        meetings.visit(visitor, meeting)
    db.session.commit()
    meetings.close_early(meeting)
    scan_all()
    assert meeting.attended == 1


def events(text: str) -> list[dict[str, str]]:
    """Return the events of a calendar file, read as a calendar would."""
    whole = text.replace("\r\n ", "")
    found: list[dict[str, str]] = []
    for line in whole.split("\r\n"):
        if line == "BEGIN:VEVENT":
            found.append({})
        elif found and ":" in line:
            name, value = line.split(":", 1)
            found[-1].setdefault(name, value)
    return found


def test_the_calendar_file_tells_the_hour_and_nothing_else(context):
    with at(MONDAY - 30 * HOUR):
        group = make_group(name_en="Grief group", name_id="Kelompok duka")
        weekly = make_meeting(group, MONDAY, is_weekly=True)
        once = make_meeting(group, MONDAY + 50 * HOUR)
        made = calendar_of(plans_of(group), coming_meetings(group), "Waktu untukku; sendiri, ya")
        assert all(len(line.encode()) <= 75 for line in made.split("\r\n"))
        assert made.count("\n") == made.count("\r\n")
        first, second = events(made)
        assert first["DTSTART"] == "20270104T123000Z"
        assert first["DTEND"] == "20270104T133000Z"
        assert first["RRULE"] == "FREQ=WEEKLY"
        assert first["SUMMARY"] == "Waktu untukku\\; sendiri\\, ya"
        assert "RRULE" not in second
        for word in ("Teduh", "teduh", "duka", "Grief", "Welcome", "http", group.public_id):
            assert word not in made
        for name in ("DESCRIPTION", "LOCATION", "URL", "ORGANIZER", "ATTENDEE"):
            assert name not in made
        meetings.call_off(weekly)
        meetings.call_off(once)
        first, second = events(calendar_of(plans_of(group), coming_meetings(group), "Waktu"))
        assert first["EXDATE"] == "20270104T123000Z"
        assert second["STATUS"] == "CANCELLED"


def test_a_long_title_is_folded_between_characters(context):
    with at(MONDAY - HOUR):
        group = make_group()
        make_meeting(group, MONDAY)
        title = "ruang untuk bernapas 🌧️ " * 9
        made = calendar_of(plans_of(group), coming_meetings(group), title)
        assert all(len(line.encode()) <= 75 for line in made.split("\r\n"))
        assert events(made)[0]["SUMMARY"] == title


def test_plans_belong_to_their_group(context):
    one, other = make_group(), make_group()
    make_meeting(one)
    assert plans_of(other) == []
    assert db.session.scalar(select(func.count()).select_from(Plan)) == 1
    assert db.session.scalar(select(func.count()).select_from(Group)) == 2
