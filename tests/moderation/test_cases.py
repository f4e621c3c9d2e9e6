"""Claims and decisions: one person at a time, each on what they have seen."""

import threading
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from forum.accounts.models import Role
from forum.clock import now
from forum.extensions import db
from forum.posts.models import Visibility
from moderation.cases import operations, queries
from moderation.cases.around import posts_around
from moderation.cases.models import Act, Case, CaseState, CloseReason, Decision
from moderation.cases.refusals import CaseChanged, HeldByOther, NotTrained, NotYours
from moderation.measures import operations as measures
from moderation.measures.models import MeasureReason
from tests.factories import make_member, make_reply, make_thread, scan_all

pytestmark = pytest.mark.usefixtures("context")


@pytest.fixture
def case(context) -> Case:
    make_thread(body="zzred")
    scan_all()
    return db.session.scalar(select(Case))


@pytest.fixture
def rani(context):
    return make_member("rani", Role.MODERATOR)


@pytest.fixture
def budi(context):
    return make_member("budi", Role.MODERATOR)


def take(moderator, case: Case) -> None:
    operations.claim(moderator, case, case.version)
    db.session.commit()
    db.session.refresh(case)


def test_a_claimed_case_is_one_persons(case, rani, budi):
    take(rani, case)
    assert case.state is CaseState.CLAIMED
    with pytest.raises(HeldByOther) as refusal:
        operations.claim(budi, case, case.version)
    assert refusal.value.holder == "rani"
    with pytest.raises(HeldByOther):
        operations.close(budi, case, case.version, CloseReason.ANSWERED, "")


def test_a_claim_runs_out_and_the_case_is_back_in_its_place(case, rani, budi):
    take(rani, case)
    later = now() + timedelta(minutes=11)
    with time_machine.travel(later):
        assert queries.is_waiting(case)
        with pytest.raises(NotYours):
            operations.close(rani, case, case.version, CloseReason.ANSWERED, "")
        take(budi, case)
        assert queries.is_held_by(case, budi.id)


def test_acting_renews_the_claim(case, rani):
    take(rani, case)
    with time_machine.travel(now() + timedelta(minutes=9)):
        operations.reply(rani, case, case.version, body="I am here.", submission_key="k" * 16)
        db.session.commit()
    with time_machine.travel(now() + timedelta(minutes=15)):
        assert queries.is_held_by(db.session.get_one(Case, case.id), rani.id)


def test_nobody_acts_without_a_claim(case, rani):
    with pytest.raises(NotYours):
        operations.close(rani, case, case.version, CloseReason.ANSWERED, "")


def test_what_came_in_meanwhile_must_be_seen_first(case, rani):
    take(rani, case)
    seen = case.version
    author_post = db.session.scalar(select(queries.Post).limit(1))
    make_reply(author_post, author=author_post.author, body="zzcrisis")
    scan_all()
    with pytest.raises(CaseChanged):
        operations.close(rani, case, seen, CloseReason.NO_RISK, "")
    db.session.rollback()
    assert db.session.get_one(Case, case.id).state is CaseState.CLAIMED


def test_each_act_is_written_down_with_the_version_it_was_made_on(case, rani):
    take(rani, case)
    post = posts_around(case).posts[0]
    for act, reason in ((measures.hide, "heavy"), (measures.restore, "safe_again")):
        why = measures.Why(MeasureReason(reason), "words", "why")
        act(rani, case, case.version, post, why)
        db.session.commit()
        db.session.refresh(case)
    operations.close(rani, case, case.version, CloseReason.ANSWERED, "done")
    db.session.commit()
    acts = [decision.act for decision in queries.decisions_of(case)]
    assert acts == [Act.CLAIM, Act.HIDE, Act.RESTORE, Act.CLOSE]
    versions = [decision.case_version for decision in queries.decisions_of(case)]
    assert len(set(versions)) == len(versions)
    assert post.visibility is Visibility.VISIBLE


def test_a_closed_case_stays_closed_and_a_new_sign_opens_another(case, rani):
    take(rani, case)
    operations.close(rani, case, case.version, CloseReason.ANSWERED, "")
    db.session.commit()
    post = db.session.scalar(select(queries.Post).limit(1))
    make_reply(post, author=post.author, body="zzamber")
    scan_all()
    states = list(db.session.scalars(select(Case.state).order_by(Case.id)))
    assert states == [CaseState.CLOSED, CaseState.WAITING]


def test_a_volunteer_answers_amber_and_no_more(case):
    volunteer = make_member("kiki", Role.VOLUNTEER)
    with pytest.raises(NotTrained):
        operations.claim(volunteer, case, case.version)
    make_thread(body="zzamber")
    scan_all()
    amber = db.session.scalar(select(Case).where(Case.id != case.id))
    take(volunteer, amber)
    assert queries.is_held_by(amber, volunteer.id)


def test_of_two_at_once_one_gets_the_case(app, case, rani, budi):
    """The pages of both show the same version; both press the button at the same moment."""
    db.session.commit()
    seen, case_id = case.version, case.id
    db.session.remove()
    barrier = threading.Barrier(2)
    outcomes = []

    def press(moderator_id: int) -> None:
        with app.app_context():
            member = db.session.get_one(type(rani), moderator_id)
            mine = db.session.get_one(Case, case_id)
            db.session.rollback()
            barrier.wait()
            try:
                operations.claim(member, mine, seen)
                db.session.commit()
                outcomes.append("won")
            except (HeldByOther, CaseChanged):
                db.session.rollback()
                outcomes.append("told")

    threads = [threading.Thread(target=press, args=(who,)) for who in (rani.id, budi.id)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["told", "won"]
    assert db.session.scalar(select(func.count()).select_from(Decision)) == 1
