"""The ladder by a moved clock: what climbs, who is told, what stops it, what is never lost."""

import threading
from datetime import timedelta

import pytest
import time_machine
from pydantic import SecretStr
from sqlalchemy import func, select

from forum.accounts.models import Member, Role
from forum.clock import now
from forum.extensions import db
from forum.outbox import Job, JobState
from forum.posts.models import Post, Visibility
from forum.rooms.models import Policy
from forum.targets import Rung, Target
from moderation.alerts import climbing, deliveries, wording
from moderation.alerts.climbing import QUIET, look
from moderation.alerts.conditions import level_of_state
from moderation.alerts.deliveries import (
    FIRST_RETRY,
    LEASE,
    MAX_ATTEMPTS,
    Outcome,
    finish,
    next_errands,
)
from moderation.alerts.invariants import check_alerts
from moderation.alerts.models import Alert, AlertDelivery, DeliveryState, Kind
from moderation.alerts.operations import NotTrained, acknowledge
from moderation.alerts.queries import find_alert
from moderation.cases import operations as cases
from moderation.cases.models import Case, CloseReason, Lane
from moderation.cases.opening import note_signs, open_case
from moderation.cases.order import AMBER_TURN
from moderation.cases.queue import Wanted, read_desk
from moderation.risk.levels import Level
from moderation.risk.signs import Sign
from moderation.volunteers.duty import is_alone, is_on_duty, on_duty
from moderation.volunteers.exposure import shift_length
from moderation.volunteers.operations import begin_shift, end_shift
from moderation.volunteers.queries import open_shift
from tests.factories import lapse, make_member, make_reply, make_room, make_thread, scan_all

SECRET = "zz-token-of-a-target"


def target(rung: Rung) -> Target:
    return Target(rung, SecretStr(f"json://127.0.0.1:9/{SECRET}/{rung.word}"))


TARGETS = tuple(target(rung) for rung in Rung)
BY_KEY = {t.key: t.rung for t in TARGETS}


@pytest.fixture
def on_ladder(app, monkeypatch):
    """The app with one target on each rung, and an open context."""
    monkeypatch.setitem(app.config, "ALERT_TARGETS", TARGETS)
    with app.app_context():
        yield app
        db.session.rollback()


pytestmark = pytest.mark.usefixtures("on_ladder")


@pytest.fixture
def clock():
    with time_machine.travel(now(), tick=False) as traveller:
        yield traveller


@pytest.fixture
def rani(on_ladder):
    """A moderator on duty, so that no alarm about duty is mixed in."""
    member = make_member("rani", Role.MODERATOR)
    begin_shift(member)
    db.session.commit()
    return member


def stay_on_duty(member) -> None:
    if open_shift(member):
        end_shift(member)
    begin_shift(member, anyway=True)
    db.session.commit()


def make_case(word: str = "zzcrisis") -> Case:
    post = make_thread(body=word)
    scan_all()
    return db.session.scalar(select(Case).where(Case.thread_id == post.thread_id))


def cases_about(post: Post, lane: Lane) -> Case:
    case = open_case(post, lane, Level.GREEN)
    assert case.lane is lane
    return case


def look_and_tell() -> list[Rung]:
    """Look once; return whom the new messages go to, and mark them sent."""
    look()
    db.session.commit()
    errands = next_errands(TARGETS, busy=())
    for errand in errands:
        finish(errand.delivery_id, errand.attempt, Outcome.SENT)
    db.session.commit()
    return sorted(errand.target.rung for errand in errands)


def alerts(kind: Kind = Kind.CASE) -> list[Alert]:
    return list(
        db.session.scalars(
            select(Alert)
            .where(Alert.kind == kind)
            .order_by(Alert.id)
            .execution_options(populate_existing=True)
        )
    )


def take(member, case: Case) -> None:
    db.session.refresh(case)
    cases.claim(member, case, case.version)
    db.session.commit()
    db.session.refresh(case)


# The ladder


def test_a_crisis_climbs_rung_by_rung_and_then_tells_everyone_again(clock, rani):
    make_case()
    told = {}
    for minute in range(46):
        stay_on_duty(rani)
        if found := look_and_tell():
            told[minute] = found
        clock.shift(60)
    assert told == {
        0: [Rung.DESK],
        2: [Rung.ON_DUTY],
        5: [Rung.ON_CALL],
        10: [Rung.LEADS],
        15: [Rung.ADMINS],
        30: list(Rung),
        45: list(Rung),
    }


def test_red_climbs_more_slowly_and_green_and_amber_not_at_all(clock, rani):
    make_case("zzred")
    make_case("zzamber")
    make_case("calm")
    told = {}
    for minute in range(61):
        stay_on_duty(rani)
        if found := look_and_tell():
            told[minute] = found
        clock.shift(60)
    assert told == {minute: [rung] for minute, rung in zip((0, 15, 30, 45, 60), Rung, strict=True)}


def test_looking_twice_tells_nobody_twice(clock, rani):
    make_case()
    assert look_and_tell() == [Rung.DESK]
    for _ in range(5):
        assert look_and_tell() == []
    assert db.session.scalar(select(func.count()).select_from(AlertDelivery)) == 1


def test_after_a_standstill_everyone_who_was_missed_is_told_once(clock, rani):
    make_case()
    clock.shift(11 * 60)
    assert look_and_tell() == [Rung.DESK, Rung.ON_DUTY, Rung.ON_CALL, Rung.LEADS]
    assert look_and_tell() == []


def test_an_empty_rung_stands_for_the_next_one(clock, rani, on_ladder, monkeypatch):
    only = target(Rung.LEADS)
    monkeypatch.setitem(on_ladder.config, "ALERT_TARGETS", (only,))
    assert all(climbing.targets_of(rung) == [only] for rung in Rung)
    make_case()
    look()
    assert [row.target for row in db.session.scalars(select(AlertDelivery))] == [only.key]
    monkeypatch.setitem(on_ladder.config, "ALERT_TARGETS", ())
    assert climbing.targets_of(Rung.DESK) == []


# What stops it, and what starts it again


def test_a_claim_stops_the_ladder_and_a_release_starts_it_again(clock, rani):
    case = make_case()
    assert look_and_tell() == [Rung.DESK]
    take(rani, case)
    clock.shift(6 * 60)
    assert look_and_tell() == []
    assert alerts()[0].ended_at is not None
    cases.release(rani, case, case.version, "")
    db.session.commit()
    assert look_and_tell() == [Rung.DESK]
    clock.shift(2 * 60)
    assert look_and_tell() == [Rung.ON_DUTY]


def test_a_claim_that_ran_out_starts_it_again(clock, rani):
    case = make_case()
    take(rani, case)
    assert look_and_tell() == []
    clock.shift(10 * 60 + 1)
    assert look_and_tell() == [Rung.DESK]


def test_a_closed_case_is_quiet(clock, rani):
    case = make_case()
    take(rani, case)
    cases.close(rani, case, case.version, CloseReason.ANSWERED, "")
    db.session.commit()
    clock.shift(3600)
    assert look_and_tell() == []


def test_what_becomes_worse_climbs_anew_even_if_it_was_seen(clock, rani):
    case = make_case("zzred")
    assert look_and_tell() == [Rung.DESK]
    acknowledge(rani, alerts()[0], case)
    db.session.commit()
    clock.shift(60)
    opening = db.session.scalar(select(cases.Post).where(cases.Post.thread_id == case.thread_id))
    make_reply(opening, author=case.subject, body="zzcrisis")
    scan_all()
    assert look_and_tell() == [Rung.DESK]
    clock.shift(2 * 60)
    assert look_and_tell() == [Rung.ON_DUTY]
    assert [alert.level for alert in alerts()] == [2, 3]


def test_seen_stops_it_for_the_length_of_a_claim(clock, rani):
    case = make_case()
    assert look_and_tell() == [Rung.DESK]
    assert acknowledge(rani, alerts()[0], case)
    assert not acknowledge(rani, alerts()[0], case)
    db.session.commit()
    for _ in range(10):
        clock.shift(60)
        assert look_and_tell() == []
    clock.shift(1)
    assert look_and_tell() == [Rung.DESK]


def test_a_message_that_nobody_needs_any_more_is_dropped(clock, rani):
    case = make_case()
    look()
    db.session.commit()
    acknowledge(rani, alerts()[0], case)
    db.session.commit()
    assert next_errands(TARGETS, busy=()) == []
    (delivery,) = db.session.scalars(select(AlertDelivery)).all()
    assert delivery.state is DeliveryState.DROPPED


def test_a_volunteer_cannot_stop_what_they_may_not_answer(clock, rani):
    case = make_case()
    look_and_tell()
    with pytest.raises(NotTrained):
        acknowledge(make_member("kiki", Role.VOLUNTEER), alerts()[0], case)
    # Nor a moderator whom the case is about.
    case.subject.role = Role.MODERATOR
    with pytest.raises(NotTrained):
        acknowledge(case.subject, alerts()[0], case)


def together(app, *acts) -> None:
    """Do each act in a thread and a transaction of its own, all at the same moment."""
    db.session.remove()
    barrier = threading.Barrier(len(acts))
    failures: list[BaseException] = []

    def do(act) -> None:
        with app.app_context():
            try:
                barrier.wait()
                act()
                db.session.commit()
            except BaseException as error:
                failures.append(error)

    threads = [threading.Thread(target=do, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_seen_and_climbing_at_once_never_tells_after_seen(on_ladder, clock, rani):
    """Twenty times a look and an answer start together; after the answer nothing climbs."""
    member_id = rani.id
    steps = []
    for _ in range(20):
        case_id = make_case().id
        look()
        db.session.commit()
        alert_id = alerts()[-1].public_id
        clock.shift(121)

        def answer(alert_id=alert_id) -> None:
            acknowledge(db.session.get_one(Member, member_id), *find_alert(alert_id))

        together(on_ladder, answer, look)
        steps.append(alerts()[-1].step)
        assert alerts()[-1].acknowledged_at is not None
        clock.shift(300)
        look()
        db.session.commit()
        assert alerts()[-1].step == steps[-1]
        case, member = db.session.get_one(Case, case_id), db.session.get_one(Member, member_id)
        take(member, case)
        cases.close(member, case, case.version, CloseReason.ANSWERED, "")
        db.session.commit()
        clock.shift(300)
    assert set(steps) <= {1, 2}


def test_two_watchers_at_once_write_one_message(on_ladder, rani):
    make_case()
    together(on_ladder, look, look, look, look)
    assert db.session.scalar(select(func.count()).select_from(Alert)) == 1
    assert db.session.scalar(select(func.count()).select_from(AlertDelivery)) == 1


# Floods


def test_a_flood_makes_few_messages_and_delays_nothing_worse(clock, rani):
    sent = []
    for second in range(60):
        make_case("zzred")
        sent += look_and_tell()
        if second == 30:
            make_case("zzcrisis")
            assert Rung.DESK in look_and_tell()
        clock.shift(1)
    assert len(sent) <= 60 / QUIET.total_seconds() + 1
    assert wording.write_message(Rung.DESK, 1).title == "Teduh: 1 krisis, 60 merah"


def test_everything_at_once_is_one_message(clock, rani):
    for _ in range(12):
        make_case("zzred")
    make_case()
    assert look_and_tell() == [Rung.DESK]
    message = wording.write_message(Rung.DESK, 7)
    assert message.urgent
    assert message.title == "Teduh: 1 krisis, 12 merah"


def test_a_rung_hears_only_of_what_has_reached_it(clock, rani):
    make_case()
    look_and_tell()
    clock.shift(120)
    make_case("zzred")
    assert look_and_tell() == [Rung.DESK, Rung.ON_DUTY]
    assert wording.write_message(Rung.ON_DUTY, 1).title == "Teduh: 1 krisis"
    assert wording.write_message(Rung.DESK, 1).title == "Teduh: 1 krisis, 1 merah"


def test_a_thousand_cases_are_begun_in_batches_the_worst_first(clock, rani, monkeypatch):
    monkeypatch.setattr(climbing, "BATCH", 3)
    for word in ("zzred",) * 4 + ("zzcrisis",) * 3:
        make_case(word)
    look_and_tell()
    assert [alert.level for alert in alerts()] == [3, 3, 3]
    look_and_tell()
    look_and_tell()
    assert len(alerts()) == 7


# Deliveries


def one_errand():
    errands = next_errands(TARGETS, busy=())
    assert len(errands) == 1
    return errands[0]


def test_a_target_that_is_down_is_tried_again_and_then_failed(clock, rani):
    make_case()
    look()
    db.session.commit()
    pause = FIRST_RETRY
    for attempt in range(1, MAX_ATTEMPTS + 1):
        errand = one_errand()
        assert errand.attempt == attempt
        finish(errand.delivery_id, errand.attempt, Outcome.REFUSED)
        db.session.commit()
        assert next_errands(TARGETS, busy=()) == []
        clock.shift(min(pause, deliveries.LONGEST_RETRY).total_seconds() + 1)
        pause *= 3
    (row,) = db.session.scalars(select(AlertDelivery).execution_options(populate_existing=True))
    assert (row.state, row.last_error, row.attempts) == (DeliveryState.FAILED, "refused", 8)
    assert next_errands(TARGETS, busy=()) == []


def test_whoever_is_killed_while_sending_is_made_up_for(clock, rani):
    make_case()
    look()
    db.session.commit()
    first = one_errand()
    assert next_errands(TARGETS, busy=()) == []
    clock.shift(LEASE.total_seconds() + 1)
    second = one_errand()
    assert (second.delivery_id, second.attempt) == (first.delivery_id, 2)
    # The first one was only slow: its word comes too late and changes nothing.
    finish(first.delivery_id, first.attempt, Outcome.REFUSED)
    finish(second.delivery_id, second.attempt, Outcome.SENT)
    db.session.commit()
    (row,) = db.session.scalars(select(AlertDelivery).execution_options(populate_existing=True))
    assert row.state is DeliveryState.SENT


def test_a_worse_message_goes_before_what_the_target_has_missed(clock, rani):
    make_case("zzred")
    look()
    db.session.commit()
    errand = one_errand()
    finish(errand.delivery_id, errand.attempt, Outcome.TIMED_OUT)
    clock.shift(FIRST_RETRY.total_seconds() + 1)
    make_case("zzcrisis")
    look()
    db.session.commit()
    later = one_errand()
    assert later.delivery_id > errand.delivery_id
    assert later.attempt == 1


def test_a_target_that_comes_back_hears_it_once(clock, rani, on_ladder, monkeypatch):
    only = target(Rung.DESK)
    monkeypatch.setitem(on_ladder.config, "ALERT_TARGETS", (only,))
    make_case()
    for _ in range(3):
        look()
        db.session.commit()
        for errand in next_errands((only,), busy=()):
            finish(errand.delivery_id, errand.attempt, Outcome.REFUSED)
            db.session.commit()
        clock.shift(30 * 60)
        stay_on_duty(rani)
    sent = 0
    while errands := next_errands((only,), busy=()):
        finish(errands[0].delivery_id, errands[0].attempt, Outcome.SENT)
        db.session.commit()
        sent += 1
    states = db.session.scalars(select(AlertDelivery.state).order_by(AlertDelivery.id)).all()
    assert sent == 1
    assert states == [DeliveryState.DROPPED, DeliveryState.DROPPED, DeliveryState.SENT]


def test_a_busy_target_waits_and_no_other(clock, rani):
    make_case()
    clock.shift(2 * 60)
    look()
    db.session.commit()
    desk = target(Rung.DESK)
    (errand,) = next_errands(TARGETS, busy={desk.key})
    assert errand.target.rung is Rung.ON_DUTY


def test_an_address_that_is_gone_from_the_settings_fails_in_the_open(clock, rani):
    make_case()
    look()
    db.session.commit()
    assert next_errands(TARGETS[1:], busy=()) == []
    (row,) = db.session.scalars(select(AlertDelivery).execution_options(populate_existing=True))
    assert (row.state, row.last_error) == (DeliveryState.FAILED, "no_target")


# Alarms


def test_old_amber_raises_an_alarm_and_taking_it_ends_that(clock, rani):
    case = make_case("zzamber")
    clock.shift(8 * 3600 - 1)
    stay_on_duty(rani)
    assert look_and_tell() == []
    clock.shift(2)
    assert look_and_tell() == [Rung.ON_DUTY]
    take(rani, case)
    assert look_and_tell() == []
    assert [alert.ended_at is not None for alert in alerts(Kind.AMBER_OLD)] == [True]


def test_a_green_case_whose_post_nobody_shows_is_amber_in_time(clock, rani):
    repeating, unproven = make_member(), make_member()
    unproven.is_unproven = True
    reading = make_room()
    reading.policy = Policy.READ_FIRST
    long = "The same long text, again and again, as advertisements have it."
    held = [make_thread(repeating, body=long) for _ in range(3)]
    held += [make_thread(unproven), make_thread(room=reading), make_thread(room=reading)]
    calm = make_thread()
    scan_all()
    shown = cases_about(calm, Lane.SAMPLE)
    room_case = cases_about(held[-1], Lane.ROOM)
    lanes = (*[Lane.SPAM] * 3, Lane.NEWCOMER, Lane.ROOM)
    green = [cases_about(post, lane) for post, lane in zip(held[:-1], lanes, strict=True)]
    db.session.commit()
    assert {post.visibility for post in held} == {Visibility.HELD}
    clock.shift(8 * 3600 - 10)
    stay_on_duty(rani)
    take(rani, room_case)
    assert look_and_tell() == []
    clock.shift(15)
    assert look_and_tell() == [Rung.ON_DUTY]
    assert {alert.subject_id for alert in alerts(Kind.AMBER_OLD)} == {case.id for case in green}
    db.session.expire_all()
    assert [case.risk_level for case in green] == [Level.AMBER] * 5
    assert (room_case.risk_level, shown.risk_level) == (Level.GREEN, Level.GREEN)
    for _ in range(AMBER_TURN):
        make_case("zzred")
    levels = [case.risk_level for case in read_desk(rani, Wanted()).waiting]
    assert levels[AMBER_TURN - 1] is Level.AMBER


def test_an_amber_claim_that_ran_out_raises_an_alarm(clock, rani):
    case = make_case("zzamber")
    take(rani, case)
    clock.shift(10 * 60 + 1)
    assert look_and_tell() == [Rung.ON_DUTY]
    assert len(alerts(Kind.CLAIM_LOST)) == 1


# A lead is called


def call_for_a_lead(word: str = "zzamber") -> Case:
    case = make_case(word)
    note_signs(case, [Sign.CHILD_AT_RISK])
    db.session.commit()
    return case


def test_a_lead_is_called_at_once_whatever_the_level_and_once(clock, rani):
    call_for_a_lead()
    assert look_and_tell() == [Rung.LEADS]
    body = wording.write_message(Rung.LEADS, 1).body
    assert "kasus" in body
    told = {}
    for minute in range(1, 62):
        clock.shift(60)
        stay_on_duty(rani)
        if found := look_and_tell():
            told[minute] = found
    assert told == {60: [Rung.LEADS]}, "nobody has seen it for an hour"
    assert len(alerts(Kind.LEAD_CALL)) == 1


def test_what_happens_now_calls_a_lead_beside_its_ladder(clock, rani):
    make_case("zzhappening")
    assert look_and_tell() == [Rung.DESK, Rung.LEADS]
    assert wording.write_message(Rung.LEADS, 1).urgent


def test_a_call_that_a_lead_has_answered_never_comes_again(clock, rani):
    case, tari = call_for_a_lead(), make_member("tari", Role.LEAD)
    take(rani, case)
    assert look_and_tell() == [Rung.LEADS], "a moderator has it, and it is a lead's"
    cases.release(rani, case, case.version, "")
    db.session.commit()
    take(tari, case)
    look_and_tell()
    (call,) = alerts(Kind.LEAD_CALL)
    assert call.ended_at is not None
    cases.release(tari, case, case.version, "")
    note_signs(case, [Sign.NOW])
    db.session.commit()
    for _ in range(70):
        clock.shift(60)
        stay_on_duty(rani)
        assert Rung.LEADS not in look_and_tell()
    assert len(alerts(Kind.LEAD_CALL)) == 1


def test_only_a_lead_stops_a_call_for_one(clock, rani):
    case = call_for_a_lead()
    look_and_tell()
    (call,) = alerts(Kind.LEAD_CALL)
    assert find_alert(call.public_id) == (call, case)
    with pytest.raises(NotTrained):
        acknowledge(rani, call, case)
    assert acknowledge(make_member("tari", Role.LEAD), call, case)
    db.session.commit()
    for _ in range(70):
        clock.shift(60)
        stay_on_duty(rani)
        assert look_and_tell() == []


def test_a_closed_case_calls_no_lead(clock, rani):
    case = call_for_a_lead()
    take(rani, case)
    cases.close(rani, case, case.version, CloseReason.ANSWERED, "")
    db.session.commit()
    assert look_and_tell() == []


def test_a_case_while_nobody_is_on_duty_goes_to_those_on_call_at_once(clock):
    make_case("zzred")
    assert look_and_tell() == [Rung.DESK, Rung.ON_CALL]
    assert "tidak ada yang bertugas" in wording.write_message(Rung.DESK, 1).body
    stay_on_duty(make_member("tari", Role.LEAD))
    look_and_tell()
    assert alerts(Kind.NOBODY_ON_DUTY)[0].ended_at is not None


def test_a_post_that_nobody_scans_a_dead_job_and_silence_reach_the_admins(clock, rani, monkeypatch):
    make_thread(body="calm")
    db.session.commit()
    clock.shift(61)
    assert look_and_tell() == [Rung.ADMINS]
    assert [alert.level for alert in alerts(Kind.UNSCANNED)] == [3]
    clock.shift(3600)
    stay_on_duty(rani)
    assert look_and_tell() == [Rung.ADMINS]
    scan_all()
    assert look_and_tell() == []
    assert alerts(Kind.UNSCANNED)[0].ended_at is not None

    job = db.session.scalar(select(Job))
    job.state, job.finished_at = JobState.DEAD, now()
    db.session.commit()
    clock.shift(60)
    assert look_and_tell() == [Rung.ADMINS]

    clock.shift(60)
    look(silent=True)
    db.session.commit()
    assert len(alerts(Kind.SILENT)) == 1
    look()
    assert alerts(Kind.SILENT)[0].ended_at is None
    look(silent=False)
    assert alerts(Kind.SILENT)[0].ended_at is not None


def test_a_state_that_was_seen_and_lasts_climbs_anew_after_an_hour(clock, rani):
    make_thread(body="calm")
    db.session.commit()
    clock.shift(61)
    assert look_and_tell() == [Rung.ADMINS]
    acknowledge(rani, alerts(Kind.UNSCANNED)[0], None)
    db.session.commit()
    for _ in range(6):
        clock.shift(600)
        stay_on_duty(rani)
        assert look_and_tell() == []
    clock.shift(1)
    assert look_and_tell() == [Rung.ADMINS]
    assert [alert.ended_at is None for alert in alerts(Kind.UNSCANNED)] == [False, True]


def test_on_duty_is_who_said_so_or_has_acted(clock):
    assert on_duty() == 0
    tari = make_member("tari", Role.MODERATOR)
    begin_shift(tari)
    begin_shift(make_member("kiki", Role.VOLUNTEER))
    assert on_duty() == 1
    clock.shift(shift_length().total_seconds() + 1)
    assert on_duty() == 0
    case = make_case()
    take(tari, case)
    assert on_duty() == 1
    clock.shift(1)
    cases.release(tari, case, case.version, "")
    end_shift(tari)
    assert on_duty() == 0
    clock.shift(1)
    take(tari, case)
    assert on_duty() == 1
    clock.shift(15 * 60 + 1)
    assert on_duty() == 0


def test_who_the_desk_is_shut_to_is_not_on_duty_and_no_company(clock):
    tari, kiki = make_member("tari", Role.MODERATOR), make_member("kiki", Role.MODERATOR)
    begin_shift(tari)
    begin_shift(kiki)
    case = make_case()
    take(tari, case)
    assert on_duty() == 2
    assert not is_alone(kiki)
    assert is_on_duty(tari)
    lapse(tari)
    # Neither by the shift nor by the act of a moment ago.
    assert on_duty() == 1
    assert is_alone(kiki)
    assert not is_on_duty(tari)
    lapse(kiki)
    assert on_duty() == 0
    make_case()
    assert level_of_state(Kind.NOBODY_ON_DUTY, silent=False) == Level.CRISIS


# What must be true, and what must never be said


def test_the_doctor_finds_a_case_without_alert_and_a_stuck_delivery(clock, rani):
    def broken() -> set[str]:
        return {finding.name for finding in check_alerts() if finding.broken}

    make_case()
    assert broken() == set()
    clock.shift(61)
    assert broken() == {"red or crisis cases without alert"}
    look()
    db.session.commit()
    assert broken() == set()
    clock.shift(timedelta(minutes=5, seconds=1).total_seconds())
    assert broken() == {"deliveries that are stuck"}


def test_a_message_holds_no_word_of_anybody(clock, rani):
    author = make_member("zz-pseudonym")
    make_thread(author, body="zzcrisis zz-body", title="zz-title zzcrisis")
    scan_all()
    look()
    for rung in Rung:
        message = wording.write_message(rung, 1)
        for word in ("zz-title", "zz-pseudonym", "zz-body", "zzcrisis", "ruang-", "rani", SECRET):
            assert word not in message.title + message.body


@pytest.mark.parametrize(
    ("language", "wanted"), [("id", "Krisis, belum diambil: 1"), ("en", "Crisis, not taken: 1")]
)
def test_messages_speak_the_language_of_the_setting(
    clock, on_ladder, monkeypatch, language, wanted
):
    monkeypatch.setitem(on_ladder.config, "ALERT_LANGUAGE", language)
    make_case()
    look_and_tell()
    body = wording.write_message(Rung.DESK, 31).body
    assert wanted in body
    assert "31" in body
    with on_ladder.test_request_context():
        assert on_ladder.url_for("alerts.index") == wording.PAGE
    assert f"http://localhost:8000{wording.PAGE}" in body
