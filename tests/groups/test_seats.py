"""Who has a place in a group, who waits, and what is left of those who leave."""

import io
import threading
import zipfile

import pytest
from flask import Flask
from sqlalchemy import func, select

from forum.accounts.aliases import choose_name
from forum.accounts.models import Alias, Member, Role
from forum.clock import now
from forum.extensions import db
from forum.groups import operations
from forum.groups.meetings import raise_hand, say, visit
from forum.groups.models import Facilitator, Group, Hand, Joining, Seat, SeatState, Visit
from forum.groups.queries import facilitators_of, host_of, names_in
from forum.notices.models import Notice, NoticeKind
from moderation.rights.erasure import ERASE_MEMBER, request_erasure
from moderation.rights.export import make_copy
from moderation.rights.models import PostsFate
from tests.factories import make_member
from tests.groups.factories import make_group, make_meeting, run_jobs, seat_in, wishes

RACES = 25


def told(kind: NoticeKind) -> list[int]:
    """Return to whom notices of this kind went."""
    return list(
        db.session.scalars(select(Notice.member_id).where(Notice.kind == kind).order_by(Notice.id))
    )


def test_an_open_group_fills_and_then_keeps_a_line(context):
    group = make_group(capacity=2)
    seats = [seat_in(group) for _ in range(4)]
    assert [seat.state for seat in seats] == [SeatState.IN] * 2 + [SeatState.WAITING] * 2
    again = operations.join(seats[0].member, group, group.agreement_version)
    assert again is seats[0]


def test_who_leaves_is_gone_and_the_longest_waiting_comes_in(context):
    group = make_group(capacity=1)
    first, second, third = (seat_in(group) for _ in range(3))
    leaver = db.session.get(Member, first.member_id)
    meeting = make_meeting(group)
    visit(leaver, meeting)
    raise_hand(leaver, meeting)
    before = db.session.scalar(select(func.count()).select_from(Notice))
    operations.leave(leaver, group)
    assert second.state is SeatState.IN
    assert third.state is SeatState.WAITING
    for table in (Seat, Visit, Hand):
        where = table.member_id == leaver.id
        assert db.session.scalar(select(func.count()).select_from(table).where(where)) == 0
    # One person is told: the one who came in. Nobody hears that somebody left.
    assert told(NoticeKind.GROUP_PLACE) == [second.member_id]
    assert db.session.scalar(select(func.count()).select_from(Notice)) == before + 1
    operations.leave(leaver, group)
    assert third.state is SeatState.WAITING


def test_where_facilitators_say_yes_first_they_are_told_and_answer_once(context):
    lead = make_member(role=Role.VOLUNTEER)
    group = make_group(lead, joining=Joining.ASK, capacity=1)
    seats = [seat_in(group) for _ in range(3)]
    assert {seat.state for seat in seats} == {SeatState.ASKED}
    assert told(NoticeKind.GROUP_ASKED) == [lead.id] * 3
    assert operations.take_in(group, seats[0].public_id).state is SeatState.IN
    assert operations.take_in(group, seats[1].public_id).state is SeatState.WAITING
    declined = seats[2].member_id
    operations.decline(group, seats[2].public_id)
    assert db.session.scalar(select(Seat.id).where(Seat.member_id == declined)) is None
    assert told(NoticeKind.GROUP_PLACE) == [seat.member_id for seat in seats]
    for seat in seats:
        assert operations.take_in(group, seat.public_id) is None
        assert operations.decline(group, seat.public_id) is None


def test_more_places_go_to_those_who_wait_and_fewer_throw_nobody_out(context):
    group = make_group(capacity=2)
    seats = [seat_in(group) for _ in range(4)]
    operations.change_group(group, wishes(capacity=3))
    assert [seat.state for seat in seats] == [SeatState.IN] * 3 + [SeatState.WAITING]
    operations.change_group(group, wishes(capacity=2))
    assert [seat.state for seat in seats] == [SeatState.IN] * 3 + [SeatState.WAITING]
    operations.leave(db.session.get(Member, seats[0].member_id), group)
    assert seats[3].state is SeatState.WAITING


def test_a_new_agreement_is_accepted_anew_and_an_old_one_is_refused(context):
    group = make_group()
    seat = seat_in(group)
    person = db.session.get(Member, seat.member_id)
    operations.change_group(group, wishes(topic_en="Another topic."))
    assert group.agreement_version == 1
    operations.change_group(group, wishes(agreement_en="Be kind."))
    assert (group.agreement_version, seat.agreed_version) == (2, 1)
    with pytest.raises(operations.OldAgreement):
        operations.join(person, group, 1)
    assert operations.join(person, group, 2).agreed_version == 2


def test_who_leads_a_group_is_of_the_team_and_has_no_seat(context):
    group = make_group(capacity=1)
    staff = make_member(role=Role.MODERATOR)
    seat_in(group, staff)
    waiting = seat_in(group)
    with pytest.raises(operations.NotOnTheTeam):
        operations.add_facilitator(group, make_member())
    assert operations.add_facilitator(group, staff)
    assert not operations.add_facilitator(group, staff)
    assert waiting.state is SeatState.IN
    with pytest.raises(operations.LeadsIt):
        operations.join(staff, group, group.agreement_version)


def test_a_group_that_goes_on_keeps_somebody_who_leads_it(context):
    one, other = make_member(role=Role.LEAD), make_member(role=Role.VOLUNTEER)
    group = make_group(one, other)
    assert operations.drop_facilitator(group, one)
    assert not operations.drop_facilitator(group, one)
    with pytest.raises(operations.LastFacilitator):
        operations.drop_facilitator(group, other)


def test_who_left_the_team_or_the_site_leads_nothing_and_is_nobodys_successor(context):
    one, other, gone = (make_member(role=Role.VOLUNTEER) for _ in range(3))
    group = make_group(one, other, gone)
    meeting = make_meeting(group, facilitator=other)
    other.role = Role.MEMBER
    gone.closed_at = now()
    db.session.flush()
    assert facilitators_of(group) == [one]
    assert host_of(meeting) is one
    with pytest.raises(operations.LastFacilitator):
        operations.drop_facilitator(group, one)
    # Who is a member now may come as one.
    assert operations.join(other, group, group.agreement_version)


def test_an_ended_group_takes_nobody_in_and_forgets_who_waited(context):
    group = make_group(capacity=1)
    inside, waiting = seat_in(group), seat_in(group)
    operations.end_group(group)
    left = select(Seat.id).where(Seat.group_id == group.id)
    assert list(db.session.scalars(left)) == [inside.id]
    assert waiting.id != inside.id
    with pytest.raises(operations.GroupEnded):
        operations.join(make_member(), group, group.agreement_version)


def test_an_erased_account_has_left_every_group_and_made_room(context):
    group = make_group(capacity=1)
    member_id = seat_in(group).member_id
    waiting = seat_in(group)
    meeting = make_meeting(group)
    person = db.session.get(Member, member_id)
    visit(person, meeting)
    raise_hand(person, meeting)
    choose_name(person, group.room_id, "embun-pagi-31")
    lead_id = facilitators_of(group)[0].id
    for one in (person, facilitators_of(group)[0]):
        request_erasure(one, PostsFate.REMOVE)
    db.session.commit()
    run_jobs(ERASE_MEMBER)
    db.session.expire_all()
    assert waiting.state is SeatState.IN
    for table in (Seat, Visit, Hand, Facilitator):
        where = table.member_id.in_((member_id, lead_id))
        assert db.session.scalar(select(func.count()).select_from(table).where(where)) == 0
    assert db.session.scalar(select(func.count()).select_from(Alias)) == 0


def test_a_copy_of_ones_data_tells_of_groups_too(context):
    group = make_group(capacity=1, name_en="zz-the-group")
    inside, waiting = (db.session.get(Member, seat_in(group).member_id) for _ in range(2))
    meeting = make_meeting(group)
    visit(inside, meeting)
    raise_hand(inside, meeting)
    for person, words in (
        (inside, ("zz-the-group", "You are in", "A session that you came to", "Your hand is up")),
        (waiting, ("zz-the-group", "You are on the waiting list")),
    ):
        with zipfile.ZipFile(io.BytesIO(make_copy(person))) as archive:
            page = archive.read("data.html").decode()
        for text in words:
            assert text in page


def test_a_name_chosen_for_a_group_stays_only_with_words_under_it(context):
    group = make_group()
    silent, speaks = (db.session.get(Member, seat_in(group).member_id) for _ in range(2))
    choose_name(silent, group.room_id, "embun-pagi-31")
    choose_name(speaks, group.room_id, "batu-kali-77")
    post = say(speaks, make_meeting(group), body="Hello.", submission_key="k" * 20)
    assert post.author_name == "batu-kali-77"
    assert names_in(group, [silent, speaks]) == {
        silent.id: "embun-pagi-31",
        speaks.id: "batu-kali-77",
    }
    for person in (silent, speaks):
        operations.leave(person, group)
    kept = select(Alias.member_id).where(Alias.name.is_not(None))
    assert db.session.scalars(kept).all() == [speaks.id]


def test_the_last_place_is_given_once_however_many_want_it(app: Flask):
    with app.app_context():
        groups = [make_group(capacity=1).public_id for _ in range(RACES)]
        people = [make_member().id for _ in range(3)]
        db.session.commit()
        db.session.remove()
    barrier = threading.Barrier(len(people))
    wrong: list[BaseException] = []

    def want(member_id: int) -> None:
        try:
            with app.app_context():
                for public_id in groups:
                    barrier.wait(timeout=60)
                    member = db.session.get_one(Member, member_id)
                    group = db.session.scalars(
                        select(Group).where(Group.public_id == public_id)
                    ).one()
                    operations.join(member, group, 1)
                    db.session.commit()
        except BaseException as error:
            wrong.append(error)
            barrier.abort()

    threads = [threading.Thread(target=want, args=(member_id,)) for member_id in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    with app.app_context():
        rows = db.session.execute(
            select(Seat.group_id, Seat.state, func.count()).group_by(Seat.group_id, Seat.state)
        ).all()
    found = {(row[0], row[1]): row[2] for row in rows}
    ids = {row[0] for row in rows}
    assert len(ids) == RACES
    for group_id in ids:
        assert found[group_id, SeatState.IN] == 1
        assert found[group_id, SeatState.WAITING] == 2


def test_a_place_that_becomes_free_twice_at_once_lets_two_in(app: Flask):
    with app.app_context():
        group = make_group(capacity=2)
        group_id, public_id = group.id, group.public_id
        leaving = [seat_in(group).member_id for _ in range(2)]
        for _ in range(3):
            seat_in(group)
        db.session.commit()
        db.session.remove()
    barrier = threading.Barrier(2)

    def go(member_id: int) -> None:
        with app.app_context():
            barrier.wait(timeout=60)
            member = db.session.get_one(Member, member_id)
            found = db.session.scalars(select(Group).where(Group.public_id == public_id)).one()
            operations.leave(member, found)
            db.session.commit()

    threads = [threading.Thread(target=go, args=(member_id,)) for member_id in leaving]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context():
        states = db.session.scalars(
            select(Seat.state).where(Seat.group_id == group_id).order_by(Seat.id)
        ).all()
    assert states == [SeatState.IN, SeatState.IN, SeatState.WAITING]
