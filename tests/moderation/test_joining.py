"""Joining cases hides nobody: neither in an appeal, nor with someone who may not answer."""

from datetime import timedelta

import pytest
from flask_babel import force_locale
from sqlalchemy import delete, select, update

from forum.accounts.models import Member, Role
from forum.clock import now
from forum.extensions import db
from forum.posts.models import Post, Visibility
from moderation.alerts.conditions import rows_that_wait
from moderation.alerts.models import Kind
from moderation.appeals.models import Appeal
from moderation.appeals.operations import appeal
from moderation.cases import operations as cases
from moderation.cases.invariants import check_invariants
from moderation.cases.models import Case, CaseState, CloseReason, Flag, HoldReason, Lane
from moderation.cases.refusals import CaseChanged, Undecided, explain
from moderation.measures import operations as measures
from moderation.measures.bulk import NotForBulk, clear, listed_for
from moderation.measures.merging import OwnCareNeeded, candidates_for, merge
from moderation.measures.models import Measure, MeasureReason
from moderation.measures.operations import Why
from moderation.measures.undoing import undo
from moderation.risk.levels import Level
from tests.factories import make_member, make_reply, make_thread, scan_all

pytestmark = pytest.mark.usefixtures("context")


def act(operation, moderator, case: Case, *args, **more) -> None:
    """Do something with a case on its present version, and commit."""
    operation(moderator, case, case.version, *args, **more)
    db.session.commit()
    db.session.refresh(case)


def broken() -> set[str]:
    return {finding.name for finding in check_invariants() if finding.broken}


# Appeals


@pytest.fixture
def red_and_appeal(context) -> tuple[Case, Case]:
    """A red case and an appeal of the same person in one thread; both wait."""
    rani, author = make_member("rani", Role.MODERATOR), make_member()
    opening = make_thread(author, body="zzamber")
    scan_all()
    first = db.session.scalars(select(Case)).one()
    act(cases.claim, rani, first)
    act(measures.hide, rani, first, opening, Why(MeasureReason.HARASSMENT, "words"))
    act(cases.close, rani, first, CloseReason.RULE_BREACH, "")
    appeal(author, db.session.scalars(select(Measure)).one(), "Please look again.")
    make_reply(opening, author, "zzred")
    scan_all()
    waiting = select(Case).where(Case.state == CaseState.WAITING).order_by(Case.lane.desc())
    red, asked = db.session.scalars(waiting)
    assert (red.lane, asked.lane) == (Lane.RISK, Lane.APPEAL)
    return red, asked


def test_neither_is_offered_to_join_the_other(red_and_appeal):
    red, asked = red_and_appeal
    assert candidates_for(red) == []
    assert candidates_for(asked) == []


def test_no_case_vanishes_in_an_appeal(red_and_appeal):
    red, asked = red_and_appeal
    budi = make_member("budi", Role.MODERATOR)
    act(cases.claim, budi, red)
    with pytest.raises(CaseChanged):
        merge(budi, red, red.version, asked, "")
    db.session.rollback()
    assert (red.state, asked.level) == (CaseState.CLAIMED, 1)


def test_an_appeal_ends_by_its_decision_alone(red_and_appeal):
    red, asked = red_and_appeal
    budi = make_member("budi", Role.MODERATOR)
    act(cases.claim, budi, asked)
    with pytest.raises(Undecided):
        merge(budi, asked, asked.version, red, "")
    db.session.rollback()
    assert asked.state is CaseState.CLAIMED
    assert db.session.scalars(select(Appeal.outcome)).one() is None


def test_the_doctor_finds_what_was_joined_so_before(red_and_appeal):
    red, asked = red_and_appeal
    assert broken() == set()
    for gone, into in ((red, asked), (asked, red)):
        gone.state, gone.closed_at, gone.merged_into_id = CaseState.CLOSED, now(), into.id
        assert "cases joined with an appeal" in broken()
        db.session.rollback()


# Other people


@pytest.mark.parametrize("body", ["zzred", "zzcrisis"])
def test_who_is_in_danger_is_not_left_for_another_person(body):
    """Their case would end with no second opinion, and every answer would go to the other."""
    opening = make_thread(body="zzcrisis")
    reply = make_reply(opening, body=body)
    elsewhere = make_thread(reply.author, body="zzamber")
    other, case, own = scanned_cases(opening, reply, elsewhere)
    db.session.execute(update(Post).values(visibility=Visibility.VISIBLE))
    assert candidates_for(case) == [own]
    rani = make_member("rani", Role.MODERATOR)
    act(cases.claim, rani, case)
    with pytest.raises(OwnCareNeeded):
        merge(rani, case, case.version, other, "")
    db.session.rollback()
    assert (case.state, case.merged_into_id) == (CaseState.CLAIMED, None)
    act(merge, rani, case, own, "")
    assert (case.merged_into_id, own.risk_level) == (own.id, case.risk_level)


def test_a_gentler_case_may_go_on_with_another_person():
    opening = make_thread(body="zzred")
    other, case = scanned_cases(opening, make_reply(opening, body="zzamber"))
    assert candidates_for(case) == [other]
    join(case, other)
    assert case.merged_into_id == other.id


def test_the_refusal_is_kind_in_both_languages(app):
    for language, words in (("en", "cared for"), ("id", "kasusnya sendiri")):
        with app.test_request_context(), force_locale(language):
            assert words in explain(OwnCareNeeded())


# What was with someone, or was harmless


def two_cases(body: str, other: str) -> tuple[Case, Case]:
    """Open two cases of one person in two threads; the second is joined to the first below."""
    first = make_thread(body=body)
    second = make_thread(first.author, body=other)
    return tuple(scanned_cases(first, second))


def scanned_cases(*posts: Post) -> list[Case]:
    """Let posts be scanned; return the case that each opened."""
    scan_all()
    found = db.session.scalars(select(Case)).all()
    about = {(case.thread_id, case.subject_id): case for case in found}
    return [about[post.thread_id, post.author_id] for post in posts]


def join(case: Case, into: Case) -> Member:
    rani = make_member("rani", Role.MODERATOR)
    act(cases.claim, rani, case)
    act(merge, rani, case, into, "")
    db.session.refresh(into)
    return rani


@pytest.mark.parametrize("role", [Role.VOLUNTEER, Role.MODERATOR])
def test_what_is_held_comes_back_at_once_with_red(role):
    into, case = two_cases("zzamber", "zzred")
    sari = make_member("sari", role)
    act(cases.claim, sari, into)
    act(cases.hold, sari, into, reason=HoldReason.COLLEAGUE, minutes=240, note="")
    join(case, into)
    assert (into.state, into.risk_level, into.holder_id) == (CaseState.WAITING, Level.RED, None)
    assert into.id in {row[0] for row in db.session.execute(rows_that_wait(Kind.CASE))}
    assert broken() == set()


def test_it_leaves_who_may_not_answer_it_and_stays_with_who_may():
    into, case = two_cases("zzamber", "zzcrisis")
    crisis = db.session.scalars(select(Post).where(Post.thread_id == case.thread_id)).one()
    crisis.visibility = Visibility.VISIBLE
    sari = make_member("sari", Role.VOLUNTEER)
    act(cases.claim, sari, into)
    rani = join(case, into)
    assert into.state is CaseState.WAITING
    act(undo, rani, case)
    budi = make_member("budi", Role.MODERATOR)
    act(cases.claim, budi, into)
    act(merge, rani, case, into, "")
    db.session.refresh(into)
    assert (into.state, into.holder_id) == (CaseState.CLAIMED, budi.id)


def test_a_follow_up_waits_for_its_owner_no_longer():
    into, case = two_cases("zzamber", "zzred")
    into.owner_id, into.owner_until = make_member("sari").id, now() + timedelta(days=1)
    join(case, into)
    assert (into.owner_id, into.owner_until) == (None, None)


@pytest.mark.parametrize("lane", [Lane.BREACH, Lane.SPAM])
def test_what_a_rule_has_seen_is_not_cleared_with_others(lane):
    into, case = two_cases("zzamber", "zzamber")
    into.lane = lane
    db.session.execute(delete(Flag).where(Flag.case_id == into.id))
    before = into.lane, into.level, into.due_at
    rani = join(case, into)
    assert into.lane is Lane.RISK
    # As it was joined before the lane came along.
    into.lane = lane
    db.session.commit()
    assert listed_for(rani) == []
    with pytest.raises(NotForBulk):
        clear(rani, into, into.version, Why(MeasureReason.SPAM, "words"))
    into.lane = Lane.RISK
    db.session.commit()
    act(undo, rani, case)
    db.session.refresh(into)
    assert (into.lane, into.level, into.due_at) == before
    assert [listed.case.id for listed in listed_for(rani)] == [into.id]
