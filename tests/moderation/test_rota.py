"""The rota: signing up, gaps, giving away, swapping, and what members hear of it."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from forum.accounts.models import Role, Zone
from forum.extensions import db
from forum.help.hours import staffed_hours
from forum.notices.models import Notice, NoticeKind
from moderation.rota import operations, queries
from moderation.rota.models import Slot, Swap, Turn
from moderation.rota.operations import NotPossible
from moderation.volunteers.operations import begin_shift
from tests.factories import lapse, make_member, sign_in
from tests.pages import Page, csrf_token, send

# A Monday, 12:00 in Jakarta.
NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
MONDAY, TUESDAY = NOON.date(), NOON.date() + timedelta(days=1)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def lead(context):
    return make_member("laras", Role.LEAD)


@pytest.fixture
def rani(context):
    return make_member("rani", Role.MODERATOR)


@pytest.fixture
def budi(context):
    return make_member("budi", Role.VOLUNTEER)


@pytest.fixture
def monday(lead) -> Slot:
    return operations.add_slot(lead, 0, 20, 2)


@pytest.fixture
def tuesday(lead) -> Slot:
    return operations.add_slot(lead, 1, 20, 2)


def why(act, *args, **options) -> str:
    """Return the code with which a change is refused."""
    with pytest.raises(NotPossible) as refusal:
        act(*args, **options)
    return refusal.value.why


def told(member) -> int:
    """Return how often somebody was told of a change."""
    found = select(func.count()).where(
        Notice.member_id == member.id, Notice.kind == NoticeKind.TURN_CHANGED
    )
    return db.session.scalar(found)


def test_slots_do_not_overlap_not_even_over_the_end_of_the_week(lead, monday):
    assert why(operations.add_slot, lead, 0, 21, 1) == "overlap"
    assert why(operations.add_slot, lead, 0, 19, 2) == "overlap"
    operations.add_slot(lead, 0, 22, 2)
    operations.add_slot(lead, 6, 23, 2)
    assert why(operations.add_slot, lead, 0, 0, 1) == "overlap"


def test_a_slot_shows_its_gaps_until_enough_people_are_there(rani, budi, monday):
    def first():
        return next(place for place in queries.places() if place.day == MONDAY)

    assert (first().missing, first().answers_heavy) == (2, False)
    turn = operations.sign_up(budi, monday, MONDAY)
    assert operations.sign_up(budi, monday, MONDAY) is turn
    assert (first().missing, first().answers_heavy) == (1, False)
    operations.sign_up(rani, monday, MONDAY)
    assert (first().missing, first().answers_heavy) == (0, True)
    operations.cancel(budi, turn)
    assert first().missing == 1


def test_nobody_plans_for_the_past_without_rest_or_without_lessons(
    rani, lead, monday, tuesday, clock
):
    early = operations.add_slot(lead, 1, 6, 2)
    assert why(operations.sign_up, rani, monday, TUESDAY) == "past"
    assert why(operations.sign_up, rani, monday, MONDAY + timedelta(days=21)) == "past"
    operations.sign_up(rani, monday, MONDAY)
    assert why(operations.sign_up, rani, early, TUESDAY) == "rest"
    operations.sign_up(rani, tuesday, TUESDAY)
    new = make_member("sari", Role.VOLUNTEER, certified=False)
    assert why(operations.sign_up, new, monday, MONDAY) == "training"
    clock.shift(timedelta(hours=10, seconds=1))
    other = make_member("wati", Role.VOLUNTEER)
    assert why(operations.sign_up, other, monday, MONDAY) == "past"


def test_a_turn_is_given_to_who_takes_it_first(rani, budi, lead, monday):
    turn = operations.sign_up(rani, monday, MONDAY)
    assert why(operations.take_over, budi, turn) == "gone"
    operations.offer(rani, turn)
    assert why(operations.offer, budi, turn, is_offered=False) == "gone"
    operations.take_over(budi, turn)
    assert (turn.member_id, turn.is_offered, told(rani)) == (budi.id, False, 1)
    assert why(operations.take_over, lead, turn) == "gone"
    assert why(operations.cancel, rani, turn) == "gone"


def test_a_swap_needs_the_yes_of_its_owner_and_exchanges_both(rani, budi, monday, tuesday):
    mine = operations.sign_up(rani, monday, MONDAY)
    yours = operations.sign_up(budi, tuesday, TUESDAY)
    assert why(operations.propose_swap, budi, mine, yours) == "gone"
    operations.offer(rani, mine)
    swap = operations.propose_swap(budi, mine, yours)
    assert operations.propose_swap(budi, mine, yours) is swap
    assert told(rani) == 1
    assert why(operations.accept_swap, budi, swap) == "gone"
    assert mine.member_id == rani.id
    operations.accept_swap(rani, swap)
    assert (mine.member_id, yours.member_id) == (budi.id, rani.id)
    assert told(budi) == 1
    assert db.session.scalar(select(func.count()).select_from(Swap)) == 0


def test_a_proposed_swap_ends_with_what_it_was_about(rani, budi, lead, monday, tuesday):
    mine = operations.sign_up(rani, monday, MONDAY)
    yours = operations.sign_up(budi, tuesday, TUESDAY)
    operations.offer(rani, mine)
    operations.propose_swap(budi, mine, yours)
    operations.take_over(lead, mine)
    assert db.session.scalar(select(func.count()).select_from(Swap)) == 0
    operations.offer(lead, mine)
    swap = operations.propose_swap(budi, mine, yours)
    operations.decline_swap(lead, swap)
    assert (mine.member_id, yours.member_id) == (lead.id, budi.id)


def test_a_removed_slot_takes_its_turns_along_and_tells_people(rani, lead, monday):
    operations.sign_up(rani, monday, MONDAY)
    operations.remove_slot(lead, monday)
    assert told(rani) == 1
    assert queries.places() == []
    assert db.session.scalar(select(func.count()).select_from(Turn)) == 0


def test_what_is_over_is_forgotten(rani, monday, clock):
    operations.sign_up(rani, monday, MONDAY)
    assert operations.forget_old_turns(MONDAY) == 0
    assert operations.forget_old_turns(TUESDAY) == 1


def test_members_hear_the_hours_for_which_somebody_has_signed_up(
    rani, budi, monday, tuesday, clock
):
    # No turn yet: nobody is promised.
    assert staffed_hours().zones == ()
    # A volunteer alone answers no crisis.
    operations.sign_up(budi, monday, MONDAY)
    assert staffed_hours().zones == ()
    operations.sign_up(rani, tuesday, TUESDAY)
    hours = staffed_hours()
    assert hours.zones[0] == ("WIB", "20:00", "22:00")
    assert hours.zones[2] == ("WIT", "22:00", "00:00")
    assert (hours.on_duty, hours.opens_in) == (False, 32 * 60)
    clock.shift(timedelta(hours=32, minutes=5))
    # Planned is not there.
    assert (staffed_hours().on_duty, staffed_hours().opens_in) == (False, 0)
    begin_shift(rani)
    assert staffed_hours().on_duty
    clock.shift(timedelta(hours=3))
    assert not staffed_hours().on_duty


def test_hours_of_somebody_whose_lessons_ran_out_are_promised_to_nobody(
    rani, monday, tuesday, clock
):
    operations.sign_up(rani, monday, MONDAY)
    operations.sign_up(rani, tuesday, TUESDAY)
    clock.shift(timedelta(hours=8))
    begin_shift(rani)
    assert staffed_hours().on_duty
    assert staffed_hours().planned
    lapse(rani)
    assert not staffed_hours().on_duty
    assert staffed_hours().zones == ()
    assert not any(place.answers_heavy for place in queries.places())


def test_without_a_rota_the_setting_speaks(context):
    assert staffed_hours().planned is None
    assert staffed_hours().zones[0] == ("WIB", "20:00", "00:00")


def test_the_pages_of_a_member_say_so(app, client, monday):
    db.session.commit()
    page = Page(client.get("/batas"))
    assert "Belum ada relawan yang mendaftar" in page.text


def race(app, people, act):
    """Let each person do something at the same moment; return the codes of refusals, or ''."""
    barrier, codes = threading.Barrier(len(people)), []

    def run(person_id: int) -> None:
        with app.app_context():
            barrier.wait(timeout=60)
            try:
                act(person_id)
                db.session.commit()
                codes.append("")
            except NotPossible as refusal:
                db.session.rollback()
                codes.append(refusal.why)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(codes)


def member_of(person_id):
    return db.session.get_one(operations.Member, person_id)


@pytest.mark.parametrize("_round", range(5))
def test_the_last_place_and_an_offered_turn_go_to_one_person(app, rani, monday, tuesday, _round):
    people = [make_member(role=Role.MODERATOR).id for _ in range(6)]
    turn = operations.sign_up(rani, tuesday, TUESDAY)
    operations.offer(rani, turn)
    slot_id, turn_id = monday.id, turn.id
    db.session.commit()
    db.session.remove()
    codes = race(
        app,
        people,
        lambda who: operations.sign_up(member_of(who), db.session.get_one(Slot, slot_id), MONDAY),
    )
    assert codes == ["", "", "", "", "full", "full"]
    codes = race(
        app,
        people,
        lambda who: operations.take_over(member_of(who), queries.find_turn(turn_id)),
    )
    assert codes == ["", *["gone"] * 5]


def test_the_page_signs_up_and_offers(app, monkeypatch):
    monkeypatch.setitem(app.config, "ROTA_LEAST", 3)
    with app.app_context():
        slot = operations.add_slot(make_member("laras", Role.LEAD), 0, 20, 2)
        make_member("rani", Role.MODERATOR)
        make_member("budi", Role.VOLUNTEER)
        db.session.commit()
        slot_id = slot.id
    first, second = sign_in(app, "rani"), sign_in(app, "budi")
    data = {"slot": slot_id, "day": MONDAY.isoformat(), "csrf_token": csrf_token(first)}
    assert first.post("/meja/jadwal/ikut", data=data).status_code == 302
    page = Page(first.get("/meja/jadwal"))
    assert "3 or more people in each slot" in page.text
    offer = next(form for form in page.forms if form.action.endswith("/tawarkan"))
    assert first.post(offer.action, data=offer.values).status_code == 302
    page = Page(second.get("/meja/jadwal"))
    take = next(form for form in page.forms if form.action.endswith("/ambil"))
    assert second.post(take.action, data=take.values).status_code == 302
    again = second.post(take.action, data=take.values)
    assert again.status_code == 409
    assert second.post("/meja/jadwal/slot", data=take.values).status_code == 403


def test_hours_stand_in_jakarta_and_in_the_readers_own_zone(app):
    with app.app_context():
        slot = operations.add_slot(make_member("laras", Role.LEAD), 0, 22, 2)
        rani = make_member("rani", Role.MODERATOR)
        operations.sign_up(rani, slot, MONDAY)
        db.session.commit()
    client = sign_in(app, "rani")
    for zone, grid, turn in (
        (Zone.WIB, "22:00-00:00 WIB", "Monday, 23 November, 22:00-00:00 WIB"),
        (Zone.WIT, "22:00-00:00 WIB (00:00-02:00 WIT)", "Tuesday, 24 November, 00:00-02:00 WIT"),
    ):
        send(client, "/akun", "/akun/zona", zone=zone.value)
        text = Page(client.get("/meja/jadwal")).text.replace("\N{EN DASH}", "-")
        assert grid in text
        assert turn in text
