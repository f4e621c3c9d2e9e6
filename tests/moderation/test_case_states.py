"""Whatever happens, each open case is in exactly one place: workers, crashes, clocks that jump."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from forum.accounts.models import Member, Role
from forum.extensions import db
from moderation.cases import operations, queue
from moderation.cases.invariants import CHECKS
from moderation.cases.leases import keep
from moderation.cases.models import (
    Case,
    CaseState,
    CloseReason,
    Decision,
    HoldReason,
    Lane,
)
from moderation.cases.opening import open_case_of
from moderation.cases.order import AMBER_TURN
from moderation.cases.queue import Wanted, read_desk
from moderation.cases.refusals import Refusal
from moderation.risk.levels import Level
from tests.factories import make_member, make_thread
from tests.tables import empty_tables

WORKERS = 3
THREADS = 5
START = datetime(2026, 1, 1, 12, tzinfo=UTC)
WHO = st.integers(0, WORKERS - 1)
WHICH = st.integers(0, THREADS - 1)
CRASHES = st.booleans()


class Desk(RuleBasedStateMachine):
    """Workers who act on five threads while processes crash and the clock jumps."""

    @initialize()
    def open_the_desk(self):
        db.session.rollback()
        empty_tables(but=("rules_version",))
        roles = (Role.VOLUNTEER, Role.MODERATOR, Role.LEAD)
        self.staff = [make_member(f"staf-{i}", role).id for i, role in enumerate(roles)]
        openings = [make_thread() for _ in range(THREADS)]
        self.people = [(post.thread_id, post.author_id) for post in openings]
        db.session.commit()
        # A page that each worker has open: the case and the version on it.
        self.pages = {}
        self.clock = time_machine.travel(START, tick=False)
        self.traveller = self.clock.start()

    def teardown(self):
        db.session.rollback()
        if hasattr(self, "clock"):
            self.clock.stop()

    @rule(minutes=st.sampled_from([-300, -12, -1, 1, 4, 9, 11, 31, 61, 500]))
    def clock_jumps(self, minutes):
        self.traveller.shift(timedelta(minutes=minutes))

    @rule(which=WHICH, level=st.sampled_from(Level), crash=CRASHES)
    def signal(self, which, level, crash):
        thread_id, author_id = self.people[which]
        open_case_of(thread_id, author_id, Lane.RISK, level)
        self.end(crash=crash)

    @rule(who=WHO, which=WHICH)
    def look(self, who, which):
        thread_id, author_id = self.people[which]
        case = db.session.scalar(
            select(Case)
            .where(Case.thread_id == thread_id, Case.subject_id == author_id)
            .order_by(Case.id.desc())
        )
        if case is not None:
            self.pages[who] = (case.id, case.version)
        db.session.rollback()

    @rule(who=WHO, crash=CRASHES)
    def take_the_next(self, who, crash):
        staff = db.session.get_one(Member, self.staff[who])
        case = read_desk(staff, Wanted()).next_case
        if case is not None:
            operations.claim(staff, case, case.version)
            self.pages[who] = (case.id, case.version)
        self.end(crash=crash)

    @rule(
        who=WHO, act=st.sampled_from(["claim", "release", "hold", "close", "keep"]), crash=CRASHES
    )
    def act(self, who, act, crash):
        if who not in self.pages:
            return
        case_id, version = self.pages[who]
        staff, case = db.session.get_one(Member, self.staff[who]), db.session.get_one(Case, case_id)
        try:
            if act == "claim":
                operations.claim(staff, case, version)
            elif act == "release":
                operations.release(staff, case, version, "")
            elif act == "hold":
                reason = HoldReason.COLLEAGUE
                operations.hold(staff, case, version, reason=reason, minutes=30, note="")
            elif act == "close":
                operations.close(staff, case, version, CloseReason.ANSWERED, "")
            else:
                keep(staff, case, is_act=False)
        except Refusal:
            crash = True
        self.end(crash=crash)
        if not crash:
            self.pages[who] = (case_id, db.session.get_one(Case, case_id).version)
            db.session.rollback()

    def end(self, *, crash):
        if crash:
            db.session.rollback()
        else:
            db.session.commit()
        db.session.expire_all()

    @invariant()
    def every_open_case_is_in_exactly_one_place(self):
        if not hasattr(self, "staff"):
            return
        everything = db.session.scalars(select(Case).where(Case.state != CaseState.CLOSED)).all()
        for member_id in self.staff:
            desk = read_desk(db.session.get_one(Member, member_id), Wanted())
            seen = [case.id for part in (desk.waiting, desk.mine, desk.others) for case in part]
            assert sorted(seen) == sorted(case.id for case in everything)
            self.check_order(desk)
        for name, check in CHECKS.items():
            assert not db.session.execute(check()).all(), name
        db.session.rollback()

    def check_order(self, desk):
        reds = queue.reds_in_a_row()
        for place, case in enumerate(desk.waiting):
            later = desk.waiting[place + 1 :]
            if case.level < Level.RED and any(other.level == Level.RED for other in later):
                assert case.level == Level.AMBER
                assert reds >= AMBER_TURN - 1
            assert case.level == Level.CRISIS or not any(
                other.level == Level.CRISIS for other in later
            )
            reds = {Level.RED: reds + 1, Level.AMBER: 0}.get(case.risk_level, reds)

    @invariant()
    def nobody_decides_twice(self):
        decided = [
            (row.case_id, row.case_version)
            for row in db.session.execute(select(Decision.case_id, Decision.case_version))
        ]
        assert len(decided) == len(set(decided))
        db.session.rollback()


@pytest.mark.usefixtures("context")
def test_no_case_is_ever_lost_or_in_two_places():
    run = settings(
        deadline=None,
        max_examples=12,
        stateful_step_count=25,
        suppress_health_check=list(HealthCheck),
    )

    run_state_machine_as_test(Desk, settings=run)
