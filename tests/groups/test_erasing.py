"""What is said in a session is scanned, and erased after it as the group chose; nothing is lost."""

import pytest
from sqlalchemy import func, select

from forum import outbox
from forum.accounts.models import Member, Role
from forum.clock import now
from forum.extensions import db
from forum.groups import feedback, meetings
from forum.groups.feedback import Answer, Question
from forum.groups.meetings import ERASE, FORGET, SETTLE
from forum.groups.models import Keeping, Meeting, Tally, Visit
from forum.outbox import MAX_ATTEMPTS, Job, JobState
from forum.posts.models import Post, Thread, Visibility
from forum.posts.operations import SCAN_POST
from moderation.care.models import CareCard
from moderation.cases import intake
from moderation.cases.invariants import check_invariants
from moderation.cases.models import Case, CaseState, CloseReason, Flag, Lane
from moderation.cases.operations import claim
from moderation.cases.operations import close as close_case
from moderation.cases.taken_back import ERASE_KEPT
from moderation.groups.queries import OnTheDesk, on_the_desk
from moderation.risk.levels import Level
from tests.factories import make_member, scan_all
from tests.groups.factories import HOUR, at, make_group, make_meeting, run_jobs, seat_in


def begin(keeping: Keeping = Keeping.ERASE) -> tuple[Meeting, list[Member]]:
    """Open a session with three people in it."""
    group = make_group(keeping=keeping, capacity=8)
    people = [db.session.get(Member, seat_in(group).member_id) for _ in range(3)]
    return make_meeting(group), people


def say(member: Member, meeting: Meeting, body: str) -> Post:
    return meetings.say(member, meeting, body=body, submission_key=f"{body}-{member.id}".ljust(20))


def close(meeting: Meeting) -> None:
    meetings.close_early(meeting)
    scan_all()


def broken() -> list[str]:
    return [found.name for found in check_invariants() if found.broken]


def test_words_in_a_session_are_scanned_flagged_and_held_as_everywhere(context):
    meeting, (calm, red, crisis) = begin()
    posts = [
        say(calm, meeting, "A calm hello."),
        say(red, meeting, "I am zzred."),
        say(crisis, meeting, "I am zzcrisis."),
    ]
    scan_all()
    assert [post.visibility for post in posts] == [
        Visibility.VISIBLE,
        Visibility.VISIBLE,
        Visibility.HELD,
    ]
    cases = db.session.scalars(select(Case).order_by(Case.level)).all()
    assert [case.subject_id for case in cases] == [red.id, crisis.id]
    cards = db.session.scalars(select(CareCard.post_id).order_by(CareCard.post_id)).all()
    assert cards == [posts[1].id, posts[2].id]


def test_facilitators_learn_whether_the_desk_has_it_and_not_who(context):
    meeting, (person, *_) = begin()
    say(person, meeting, "hello")
    scan_all()
    assert on_the_desk(meeting.thread) is None
    say(person, meeting, "I am zzcrisis.")
    scan_all()
    assert on_the_desk(meeting.thread) is OnTheDesk.WAITING
    case = db.session.scalars(select(Case)).one()
    claim(make_member(role=Role.MODERATOR), case, case.version)
    assert on_the_desk(meeting.thread) is OnTheDesk.TAKEN


def test_an_hour_after_the_session_its_words_are_gone(context):
    meeting, people = begin()
    for number, person in enumerate(people):
        say(person, meeting, f"zz-words-{number}")
    close(meeting)
    due = db.session.scalar(select(Job.run_at).where(Job.kind == ERASE))
    assert due - meeting.ends_at >= meetings.ERASED_AFTER
    assert db.session.scalar(select(func.count()).where(Post.body == "")) == 0
    assert run_jobs(ERASE) == 1
    for post in db.session.scalars(select(Post)):
        assert (post.visibility, post.body, post.body_html) == (Visibility.DELETED, "", "")
    assert db.session.scalars(select(Thread.title, Thread.typed_title)).all() == [""]
    assert meeting.erased_at is not None
    assert broken() == []


def test_in_a_group_that_keeps_its_words_nothing_is_erased(context):
    meeting, (person, *_) = begin(Keeping.STAY)
    post = say(person, meeting, "This stays.")
    close(meeting)
    assert db.session.scalar(select(Job.id).where(Job.kind == ERASE)) is None
    meetings.settle(meeting.id)
    assert (post.visibility, post.body) == (Visibility.VISIBLE, "This stays.")


def test_what_the_desk_still_needs_stays_for_the_desk_until_the_case_is_closed(context):
    meeting, (person, other, _) = begin()
    flagged, answer = say(person, meeting, "I am zzamber."), say(other, meeting, "I hear you.")
    close(meeting)
    run_jobs(ERASE)
    assert (answer.visibility, answer.body) == (Visibility.DELETED, "")
    assert (flagged.visibility, flagged.body) == (Visibility.DELETED, "I am zzamber.")
    assert flagged.body_html == ""
    case = db.session.scalars(select(Case)).one()
    assert case.state is CaseState.WAITING
    assert db.session.scalar(select(func.count()).select_from(Flag)) == 1
    moderator = make_member(role=Role.MODERATOR)
    claim(moderator, case, case.version)
    close_case(moderator, case, case.version, CloseReason.ANSWERED, "")
    assert run_jobs(ERASE_KEPT) == 1
    assert flagged.body == ""
    assert db.session.scalar(select(func.count()).select_from(Flag)) == 1
    assert broken() == []


def test_words_that_no_scan_has_read_wait_for_it(context):
    meeting, (person, other, _) = begin()
    say(other, meeting, "calm")
    scan_all()
    # Sent in the last second, while no worker ran.
    late = say(person, meeting, "I am zzcrisis.")
    meetings.close_early(meeting)
    run_jobs(SETTLE)
    run_jobs(ERASE)
    assert late.body == "I am zzcrisis."
    assert meeting.erased_at is None
    assert db.session.scalar(
        select(func.count()).where(Job.kind == ERASE, Job.state == JobState.PENDING)
    )
    scan_all()
    assert db.session.scalars(select(Case.lane)).all() == [Lane.RISK]
    run_jobs(ERASE)
    # The desk reads it, nobody else.
    assert (late.visibility, late.body) == (Visibility.DELETED, "I am zzcrisis.")
    assert meeting.erased_at is not None
    assert broken() == []


def test_words_that_an_open_case_needs_are_not_erased_by_a_late_scan(context):
    meeting, (person, *_) = begin()
    say(person, meeting, "I am zzamber.")
    scan_all()
    late = say(person, meeting, "I am zzcrisis.")
    meetings.close_early(meeting)
    run_jobs(SETTLE)
    run_jobs(ERASE)
    assert meeting.erased_at is None
    scan_all()
    run_jobs(ERASE)
    case = db.session.scalars(select(Case)).one()
    assert case.risk_level is Level.CRISIS
    assert (late.visibility, late.body) == (Visibility.DELETED, "I am zzcrisis.")
    moderator = make_member(role=Role.MODERATOR)
    claim(moderator, case, case.version)
    close_case(moderator, case, case.version, CloseReason.ANSWERED, "")
    run_jobs(ERASE_KEPT)
    assert late.body == ""


@pytest.mark.parametrize("is_closed", [True, False])
def test_words_whose_scan_was_given_up_do_not_wait_for_it(context, monkeypatch, is_closed):
    meeting, (person, *_) = begin()
    say(person, meeting, "calm")
    scan_all()
    post = say(person, meeting, "Nobody can read this.")
    db.session.commit()
    job = db.session.scalars(
        select(Job.id).where(Job.kind == SCAN_POST, Job.subject_id == post.id)
    ).one()
    monkeypatch.setattr(intake, "assess", lambda *_: 1 / 0)
    for _ in range(MAX_ATTEMPTS + 1):
        outbox.run_job(job)
    case = db.session.scalars(select(Case)).one()
    if is_closed:
        moderator = make_member(role=Role.MODERATOR)
        claim(moderator, case, case.version)
        close_case(moderator, case, case.version, CloseReason.ANSWERED, "")
    meetings.close_early(meeting)
    run_jobs(SETTLE)
    run_jobs(ERASE)
    assert meeting.erased_at is not None
    assert post.visibility is Visibility.DELETED
    assert post.body == ("" if is_closed else "Nobody can read this.")


def test_a_session_that_nothing_would_erase_is_found(context):
    meeting, (person, *_) = begin()
    say(person, meeting, "calm")
    close(meeting)
    with at(now() + 3 * HOUR):
        assert broken() == []
        db.session.delete(db.session.scalars(select(Job).where(Job.kind == ERASE)).one())
        assert broken() == ["sessions whose words nothing erases"]


def test_a_session_in_which_nobody_spoke_is_erased_too(context):
    meeting, _ = begin()
    close(meeting)
    run_jobs(ERASE)
    assert meeting.erased_at is not None


def visited(number: int) -> tuple[Meeting, list[Member]]:
    """Return a session that is over, and who came."""
    group = make_group(capacity=30)
    people = [db.session.get(Member, seat_in(group).member_id) for _ in range(number)]
    meeting = make_meeting(group)
    for person in people:
        meetings.visit(person, meeting)
    db.session.commit()
    close(meeting)
    return meeting, people


YES = {Question.HEARD: Answer.YES, Question.SAFE: Answer.YES}


def test_feedback_is_counted_once_and_tells_nobody_who_came(context):
    meeting, (person, *_) = visited(2)
    assert feedback.may_answer(person, meeting)
    feedback.give_feedback(person, meeting, {Question.HEARD: Answer.SOME})
    assert not feedback.may_answer(person, meeting)
    for who in (person, make_member()):
        with pytest.raises(feedback.AnsweredBefore):
            feedback.give_feedback(who, meeting, YES)
    counted = {row.answer: row.fresh for row in db.session.scalars(select(Tally))}
    assert counted == {"people": 1, "heard.some": 1}
    assert db.session.scalar(select(func.count()).select_from(Visit)) == 1


def test_answers_are_shown_only_when_enough_people_stand_behind_the_new_ones(context):
    meeting, people = visited(7)
    for person in people[:4]:
        feedback.give_feedback(person, meeting, YES)
    run_jobs(FORGET)
    assert feedback.answers_of(meeting.group) == {}
    # A week later it is forgotten who came, with feedback or without.
    assert db.session.scalar(select(func.count()).select_from(Visit)) == 0
    later = make_meeting(meeting.group)
    for person in people[:2]:
        meetings.visit(person, later)
    db.session.commit()
    close(later)
    feedback.give_feedback(people[0], later, {Question.HEARD: Answer.NO})
    # Not before its week is over, or the last answer could be told by its moment.
    assert feedback.answers_of(meeting.group) == {}
    run_jobs(FORGET)
    shown = {"people": 5, "heard.yes": 4, "safe.yes": 4, "heard.no": 1}
    assert feedback.answers_of(meeting.group) == shown
    third = make_meeting(meeting.group)
    meetings.visit(people[1], third)
    db.session.commit()
    close(third)
    feedback.give_feedback(people[1], third, {Question.SAFE: Answer.NO})
    run_jobs(FORGET)
    assert feedback.answers_of(meeting.group) == shown


def test_before_the_session_is_over_there_is_no_feedback(context):
    group = make_group()
    person = db.session.get(Member, seat_in(group).member_id)
    meeting = make_meeting(group)
    meetings.visit(person, meeting)
    with pytest.raises(feedback.AnsweredBefore):
        feedback.give_feedback(person, meeting, YES)
    assert db.session.scalar(select(func.count()).select_from(Visit)) == 1
