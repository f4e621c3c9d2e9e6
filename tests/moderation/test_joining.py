"""Joining cases hides nobody: neither in an appeal, nor with someone who may not answer."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from forum.accounts.models import Role
from forum.clock import now
from forum.extensions import db
from moderation.appeals.models import Appeal
from moderation.appeals.operations import appeal
from moderation.cases import operations as cases
from moderation.cases.invariants import check_invariants
from moderation.cases.models import Case, CaseState, CloseReason, HoldReason, Lane
from moderation.cases.operations import CaseChanged, Undecided
from moderation.measures import operations as measures
from moderation.measures.merging import candidates_for, merge
from moderation.measures.models import Measure, MeasureReason
from moderation.measures.operations import Why
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
