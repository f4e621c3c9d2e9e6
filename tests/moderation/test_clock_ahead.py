"""A clock that ran seven hours ahead and was set back: whoever waits does not wait those hours."""

from datetime import datetime, timedelta

import pytest
import time_machine
from pydantic import SecretStr
from sqlalchemy import select

from forum.accounts.models import Role
from forum.clock import now
from forum.extensions import db
from forum.targets import Rung, Target
from moderation.alerts.climbing import look
from moderation.alerts.deliveries import Outcome, finish, next_errands
from moderation.alerts.models import Alert, Kind
from moderation.alerts.operations import acknowledge
from moderation.appeals.operations import appeal
from moderation.cases import operations as cases
from moderation.cases.ahead import are_cases_ahead
from moderation.cases.models import Case, CloseReason, Lane
from moderation.cases.opening import target_of
from moderation.cases.queue import Wanted, read_desk
from moderation.measures import operations as measures
from moderation.measures.models import Measure, MeasureReason
from moderation.measures.operations import Why
from moderation.risk.levels import Level
from moderation.volunteers.duty import on_duty
from tests.factories import make_case, make_member, make_thread, scan_all

AHEAD = timedelta(hours=7)
TARGETS = tuple(
    Target(rung, SecretStr(f"json://127.0.0.1:9/zz-token/{rung.word}")) for rung in Rung
)
MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.usefixtures("context")


@pytest.fixture
def right() -> datetime:
    return now()


@pytest.fixture
def clock(app, right, monkeypatch):
    monkeypatch.setitem(app.config, "ALERT_TARGETS", TARGETS)
    with time_machine.travel(right, tick=False) as traveller:
        yield traveller


@pytest.fixture
def rani(clock):
    """A moderator who has just acted, by the right clock."""
    member = make_member("rani", Role.MODERATOR)
    case = make_case(Level.AMBER)
    cases.claim(member, case, case.version)
    cases.close(member, case, case.version, CloseReason.NO_RISK, "")
    db.session.commit()
    return member


def tell(outcome: Outcome = Outcome.SENT) -> list[Rung]:
    """Look, and send what is due. Returns whom it went to."""
    look()
    db.session.commit()
    errands = next_errands(TARGETS, busy=())
    for errand in errands:
        finish(errand.delivery_id, errand.attempt, outcome)
    db.session.commit()
    return sorted(errand.target.rung for errand in errands)


def make_crisis() -> Case:
    post = make_thread(body="zzcrisis")
    scan_all()
    return db.session.scalars(select(Case).where(Case.thread_id == post.thread_id)).one()


def told_by_minute(clock, right: datetime, *minutes: int) -> dict[int, list[Rung]]:
    told = {}
    for minute in minutes:
        clock.move_to(right + minute * MINUTE, tick=False)
        if rungs := tell():
            told[minute] = rungs
    return told


def test_a_crisis_that_came_while_the_clock_ran_ahead_climbs_as_any_other(clock, right, rani):
    clock.move_to(right + AHEAD, tick=False)
    make_crisis()
    assert Rung.DESK in tell()
    wanted = {2: [Rung.ON_DUTY], 5: [Rung.ON_CALL], 10: [Rung.LEADS], 15: [Rung.ADMINS]}
    assert told_by_minute(clock, right, 0, 1, 2, 5, 10, 14, 15) == wanted


def test_one_that_climbed_while_the_clock_ran_ahead_goes_on_at_once(clock, right, rani):
    case = make_crisis()
    assert tell() == [Rung.DESK]
    clock.move_to(right + AHEAD, tick=False)
    tell()
    assert told_by_minute(clock, right, 1, 2, 15, 16) == {1: list(Rung), 16: list(Rung)}
    alert = db.session.scalars(
        select(Alert).where(Alert.kind == Kind.CASE, Alert.ended_at.is_(None))
    ).one()
    # Nor does what somebody has seen meanwhile count for hours.
    clock.move_to(right + AHEAD, tick=False)
    acknowledge(rani, alert, case)
    db.session.commit()
    assert told_by_minute(clock, right, 17) == {17: [Rung.DESK]}


@pytest.mark.parametrize("killed", [False, True])
def test_a_message_of_that_time_is_sent(clock, right, rani, killed):
    clock.move_to(right + AHEAD, tick=False)
    make_crisis()
    if killed:
        look()
        db.session.commit()
        assert next_errands(TARGETS, busy=())
    else:
        tell(Outcome.REFUSED)
    clock.move_to(right + MINUTE, tick=False)
    assert [errand.attempt for errand in next_errands(TARGETS[:1], busy=())] == [2]


def test_who_acted_by_the_wrong_clock_is_not_on_duty_for_hours(clock, right):
    tari = make_member("tari", Role.MODERATOR)
    clock.move_to(right + AHEAD, tick=False)
    case = make_case(Level.RED)
    cases.claim(tari, case, case.version)
    assert on_duty() == 1
    clock.move_to(right, tick=False)
    assert on_duty() == 0


def test_cases_of_that_time_are_due_as_if_they_came_now(clock, right, rani):
    author = make_member()
    hidden = make_thread(author, body="zzamber")
    scan_all()
    case = db.session.scalars(select(Case).where(Case.subject_id == author.id)).one()
    cases.claim(rani, case, case.version)
    measures.hide(rani, case, case.version, hidden, Why(MeasureReason.HARASSMENT, "Words"))
    db.session.commit()
    asked = appeal(author, db.session.scalars(select(Measure)).one(), "Please look again.")
    appeal_case = db.session.get_one(Case, asked.case_id)
    appeal_due = appeal_case.due_at
    clock.move_to(right + AHEAD, tick=False)
    early = {level: make_case(level) for level in Level}
    held = make_case(Level.RED, Lane.WORRY)
    cases.claim(rani, held, held.version)
    db.session.commit()
    clock.move_to(right + MINUTE, tick=False)
    assert are_cases_ahead()
    look()
    db.session.commit()
    clock.shift(60)
    late = make_case(Level.RED)
    db.session.commit()
    for level, found in (*early.items(), (Level.RED, held)):
        assert found.opened_at == right + MINUTE
        assert found.due_at == right + MINUTE + target_of(level)
    line = [found.id for found in read_desk(rani, Wanted(level=Level.RED)).waiting]
    assert line.index(early[Level.RED].id) < line.index(late.id)
    assert appeal_case.due_at == appeal_due
    assert not are_cases_ahead()
