"""Promised contacts: planned, opened by the sweep when due, each once, whatever happens."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select, update

from forum import outbox
from forum.accounts.models import Member, Role
from forum.clock import now
from forum.extensions import db
from forum.outbox import Job, JobState
from forum.posts.models import Post
from moderation.cases import operations as cases
from moderation.cases import queries as case_queries
from moderation.cases.eligibility import why_not
from moderation.cases.invariants import check_invariants
from moderation.cases.models import Case, CaseState, CloseReason, Lane
from moderation.cases.opening import open_case
from moderation.cases.refusals import ForItsOwner
from moderation.closing import operations as closing
from moderation.closing.models import Consent, Ending, Outcome
from moderation.closing.operations import Closing
from moderation.follow_ups import operations
from moderation.follow_ups.models import FollowUp, FollowUpState
from moderation.measures.undoing import undo
from moderation.risk.levels import Level
from tests.factories import make_member, make_reply, make_thread, scan_all
from tests.moderation.test_crisis import race

pytestmark = pytest.mark.usefixtures("context")


@pytest.fixture
def rani(context) -> Member:
    return make_member("rani", Role.MODERATOR)


@pytest.fixture
def budi(context) -> Member:
    return make_member("budi", Role.MODERATOR)


@pytest.fixture
def closed(rani, budi) -> Case:
    """A red case that rani closed with three contacts of her own."""
    make_thread(make_member("pulang"), body="zzred")
    scan_all()
    return close_with_plan(rani, db.session.scalars(select(Case)).one())


def close_with_plan(rani: Member, case: Case) -> Case:
    cases.claim(rani, case, case.version)
    db.session.refresh(case)
    key = f"key-of-case-{case.id}-for-tests"
    cases.check_in(rani, case, case.version, body="I am here.", submission_key=key)
    db.session.refresh(case)
    ending = Closing(CloseReason.ANSWERED, "", Outcome.SAFE, Consent.YES)
    closing.close(rani, case, case.version, ending)
    db.session.commit()
    return case


def sweep(**later: float) -> int:
    """Let that much time go by and sweep, without broker or beat."""
    with time_machine.travel(now() + timedelta(**later), tick=False):
        db.session.rollback()
        ids = outbox.due_jobs()
        db.session.rollback()
        return sum(outbox.run_job(job_id) for job_id in ids)


def broken(**later: float) -> dict[str, int]:
    with time_machine.travel(now() + timedelta(**later)):
        return {finding.name: finding.broken for finding in check_invariants() if finding.broken}


def opened() -> list[Case]:
    db.session.expire_all()
    return list(db.session.scalars(select(Case).where(Case.lane == Lane.FOLLOW_UP)))


def test_nothing_comes_back_before_its_time(closed):
    assert sweep(hours=23) == 0
    assert opened() == []
    assert broken(hours=23) == {}


def test_each_contact_comes_back_once_as_an_amber_case(closed, rani):
    assert sweep(hours=24, minutes=1) == 1
    case = opened()[0]
    assert (case.level, case.state, case.thread_id) == (
        Level.AMBER,
        CaseState.WAITING,
        closed.thread_id,
    )
    assert sweep(hours=24, minutes=1) == 0
    assert len(opened()) == 1
    follow_up = db.session.scalars(select(FollowUp).order_by(FollowUp.hours)).first()
    assert (follow_up.state, follow_up.opened_case_id) == (FollowUpState.OPENED, case.id)
    assert broken(hours=24, minutes=2) == {}


def test_what_was_promised_is_due_when_its_owners_time_is_over(closed):
    sweep(hours=24, minutes=1)
    case = opened()[0]
    assert case.due_at == case.owner_until
    assert case.due_at - case.opened_at == timedelta(minutes=120)


def test_the_open_case_that_it_joins_is_due_then_too_and_never_later(closed):
    moment = now()
    with time_machine.travel(moment + timedelta(hours=23, minutes=50)):
        case = open_case(db.session.scalars(select(Post)).one(), Lane.BREACH, Level.AMBER)
        db.session.commit()
    assert case.due_at > moment + timedelta(hours=35)
    sweep(hours=24, minutes=1)
    db.session.refresh(case)
    assert moment + timedelta(hours=26) < case.due_at < moment + timedelta(hours=26, minutes=2)
    case.due_at = early = moment + timedelta(hours=30)
    db.session.commit()
    sweep(hours=72, minutes=1)
    db.session.refresh(case)
    assert case.due_at == early


def test_it_waits_for_its_owner_first_and_then_for_anyone(closed, rani, budi):
    sweep(hours=24, minutes=1)
    case = opened()[0]
    with time_machine.travel(case.opened_at + timedelta(minutes=5)):
        with pytest.raises(ForItsOwner):
            cases.claim(budi, case, case.version)
        assert why_not(rani, case) is None
    with time_machine.travel(case.opened_at + timedelta(minutes=121)):
        cases.claim(budi, case, case.version)
        db.session.refresh(case)
        assert case_queries.is_held_by(case, budi.id)


def test_whatever_comes_in_meanwhile_makes_it_anyones(closed, budi):
    sweep(hours=24, minutes=1)
    case = opened()[0]
    post = db.session.scalars(select(Post)).first()
    make_reply(post, author=post.author, body="zzcrisis")
    scan_all()
    db.session.refresh(case)
    assert (case.level, case.owner_id) == (Level.CRISIS, None)
    assert why_not(budi, case) is None


def test_it_joins_the_case_that_is_open_again(closed, rani):
    post = db.session.scalars(select(Post)).first()
    make_reply(post, author=post.author, body="zzred")
    scan_all()
    again = db.session.scalars(select(Case).where(Case.state != CaseState.CLOSED)).one()
    version = again.version
    assert sweep(hours=24, minutes=1) == 1
    db.session.refresh(again)
    assert opened() == []
    assert (again.level, again.lane, again.owner_id) == (Level.RED, Lane.RISK, None)
    assert again.version == version + 1
    follow_up = db.session.scalars(select(FollowUp).order_by(FollowUp.hours)).first()
    assert follow_up.opened_case_id == again.id
    assert broken(hours=24, minutes=2) == {}


def test_two_workers_open_one_case(app, closed):
    number = db.session.scalars(select(FollowUp.id).order_by(FollowUp.hours)).first()
    db.session.remove()
    with time_machine.travel(now() + timedelta(hours=24, minutes=1)):
        results = race(app, *[lambda: operations.open_follow_up(number)] * 4)
    assert results == ["done"] * 4
    assert len(opened()) == 1
    assert opened()[0].version == 1


def test_a_worker_that_is_killed_half_way_leaves_it_to_the_next(closed, monkeypatch):
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(outbox, "_finish", die)
    with pytest.raises(KeyboardInterrupt):
        sweep(hours=24, minutes=1)
    db.session.rollback()
    monkeypatch.undo()
    assert opened() == []
    assert sweep(hours=24, minutes=3) == 1
    assert len(opened()) == 1


def test_a_contact_whose_job_dies_gets_another(closed):
    job = db.session.scalars(
        select(Job).where(Job.kind == operations.FOLLOW_UP).order_by(Job.run_at)
    ).first()
    # As if five workers had been killed in the middle.
    job.attempts = outbox.MAX_ATTEMPTS
    db.session.commit()
    assert sweep(hours=24, minutes=1) == 0
    db.session.refresh(job)
    assert job.state is JobState.DEAD
    assert opened() == []
    assert sweep(hours=24, minutes=12) == 1
    assert len(opened()) == 1


def test_the_doctor_sees_a_contact_that_nobody_opened(closed):
    assert broken(hours=24, minutes=16) == {"follow-ups due without case": 1}
    lost = update(Job).where(Job.kind == operations.FOLLOW_UP).values(state=JobState.DONE)
    db.session.execute(lost)
    db.session.commit()
    assert broken() == {"follow-ups planned without job": 3}


def test_a_later_plan_replaces_the_earlier_one(closed, rani):
    post = db.session.scalars(select(Post)).first()
    make_reply(post, author=post.author, body="zzred")
    scan_all()
    again = db.session.scalars(select(Case).where(Case.state != CaseState.CLOSED)).one()
    close_with_plan(rani, again)
    states = dict(
        db.session.execute(select(FollowUp.state, func.count()).group_by(FollowUp.state)).all()
    )
    assert states == {FollowUpState.REPLACED: 3, FollowUpState.PLANNED: 3}
    sweep(hours=24, minutes=1)
    assert len(opened()) == 1
    assert broken(hours=24, minutes=2) == {}


def test_who_leaves_is_not_written_to(closed):
    assert operations.end_for_member(closed.subject_id) == 3
    db.session.commit()
    assert sweep(days=8) == 3, "the jobs find nothing to do"
    assert opened() == []
    assert broken(days=8) == {}


def test_the_holder_ends_the_rest_with_a_reason(closed, rani):
    sweep(hours=24, minutes=1)
    case = opened()[0]
    with time_machine.travel(case.opened_at + timedelta(minutes=1)):
        cases.claim(rani, case, case.version)
        db.session.refresh(case)
        assert operations.end_rest(rani, case, case.version, "they asked for it") == 2
        db.session.commit()
    assert sweep(days=8) == 2
    assert len(opened()) == 1
    assert broken(days=8) == {}


def test_a_closing_that_is_undone_and_done_again_keeps_one_plan(closed, rani):
    undo(rani, closed, closed.version)
    db.session.commit()
    db.session.refresh(closed)
    assert closed.state is CaseState.CLAIMED
    ending = Closing(CloseReason.ANSWERED, "", Outcome.UNKNOWN, Consent.YES)
    with time_machine.travel(now() + timedelta(minutes=5)):
        closing.close(rani, closed, closed.version, ending)
        db.session.commit()
    assert db.session.scalars(select(Ending)).one().outcome is Outcome.UNKNOWN
    assert db.session.scalar(select(func.count()).select_from(FollowUp)) == 3
    assert sweep(hours=24, minutes=1) == 1, "the job of the first plan finds it too early"
    assert opened() == []
    assert sweep(hours=24, minutes=6) == 1
    assert len(opened()) == 1
    assert broken(hours=24, minutes=7) == {}
