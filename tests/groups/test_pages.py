"""Who opens which page of a group, what it shows; and a weekly group from its beginning on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from forum.accounts.models import Member, Role, Zone
from forum.clock import now
from forum.extensions import db
from forum.follows.models import Follow
from forum.groups import meetings, operations
from forum.groups.meetings import ERASE, SETTLE
from forum.groups.models import Group, Joining, Keeping, Meeting, MeetingNote, Seat, SeatState, Step
from forum.groups.queries import coming_meetings
from forum.posts.models import Post, Visibility
from moderation.audit.models import AuditEntry
from moderation.cases.models import Case
from tests.factories import make_member, scan_all
from tests.groups.factories import make_group, make_meeting, run_jobs, seat_in
from tests.pages import Page, csrf_token, send, statements_of

# Who somebody is to the group, and what they may open: the group's words, and its desk.
PEOPLE = {
    "visitor": None,
    "stranger": Role.MEMBER,
    "asked": Role.MEMBER,
    "waiting": Role.MEMBER,
    "inside": Role.MEMBER,
    "facilitator": Role.VOLUNTEER,
    "other-staff": Role.MODERATOR,
    "the-lead": Role.LEAD,
    "the-admin": Role.ADMIN,
}
INSIDE = {"inside", "facilitator"}
# What each address answers to whom; who is not named is answered as "else".
YES, GONE, NO, SIGN_IN, UNSENT = 200, 404, 403, 302, 401


@dataclass(frozen=True)
class Place:
    group_id: str
    meeting_id: str
    thread_id: str
    post_id: str


@pytest.fixture
def place(app: Flask) -> Place:
    """A group with people of every kind, whose session is open and has words in it."""
    with app.app_context():
        people = {name: make_member(f"{name}-kita", role) for name, role in PEOPLE.items() if role}
        group = make_group(people["facilitator"], capacity=1, joining=Joining.ASK)
        inside = seat_in(group, people["inside"])
        waiting = seat_in(group, people["waiting"])
        seat_in(group, people["asked"])
        operations.take_in(group, inside.public_id)
        operations.take_in(group, waiting.public_id)
        assert waiting.state is SeatState.WAITING
        meeting = make_meeting(group)
        post = meetings.say(people["inside"], meeting, body="zz-the-words", submission_key="k" * 20)
        scan_all()
        found = Place(group.public_id, meeting.public_id, post.thread.public_id, post.public_id)
        db.session.rollback()
    return found


def browser(name: str, app: Flask, browser_of: Callable[[str], FlaskClient]) -> FlaskClient:
    return app.test_client() if name == "visitor" else browser_of(f"{name}-kita")


def test_only_those_who_are_in_read_the_words_of_a_group(app, place, browser_of):
    addresses = (
        f"/pertemuan/{place.meeting_id}",
        f"/pertemuan/{place.meeting_id}/sekarang",
        f"/utas/{place.thread_id}",
        f"/ruang/{place.group_id}",
        f"/lapor/{place.post_id}",
    )
    for name in PEOPLE:
        client = browser(name, app, browser_of)
        for address in addresses:
            # The thread leads to the session.
            answer = client.get(address, follow_redirects=address.startswith("/utas"))
            needs_account = not address.startswith(("/utas", "/ruang"))
            outside = SIGN_IN if name == "visitor" and needs_account else GONE
            assert answer.status_code == (YES if name in INSIDE else outside), (name, address)
            reads = "zz-the-words" in answer.get_data(as_text=True)
            shows = not address.startswith(("/ruang", "/lapor"))
            assert reads == (name in INSIDE and shows), (name, address)
        lead = client.get(f"/tulisan/{place.post_id}")
        assert lead.status_code == (302 if name in INSIDE else 404), name


@pytest.mark.parametrize("visibility", [Visibility.PENDING, Visibility.HELD, Visibility.HIDDEN])
def test_in_a_session_too_others_read_only_what_is_visible(app, place, browser_of, visibility):
    with app.app_context():
        post = db.session.scalars(select(Post).where(Post.public_id == place.post_id)).one()
        post.visibility = visibility
        other = make_member("second-kita")
        group = db.session.scalars(select(Group)).one()
        operations.change_group(group, _same(group, capacity=5))
        seat_in(group, other)
        db.session.scalars(
            select(Seat).where(Seat.member_id == other.id)
        ).one().state = SeatState.IN
        db.session.commit()
    address = f"/pertemuan/{place.meeting_id}"
    for name, reads in (("second", False), ("inside", True), ("facilitator", True)):
        shown = browser_of(f"{name}-kita").get(address).get_data(as_text=True)
        assert ("zz-the-words" in shown) == reads, name


def _same(group: Group, **changes: object) -> operations.Wishes:
    return operations.Wishes(
        **{
            "name_id": group.room.name_id,
            "name_en": group.room.name_en,
            "topic_id": group.room.description_id,
            "topic_en": group.room.description_en,
            "agreement_id": group.agreement_id,
            "agreement_en": group.agreement_en,
            "capacity": group.capacity,
            "joining": group.joining,
            "content_warning": group.room.content_warning,
        }
        | changes
    )


def test_acts_in_a_group_are_for_those_who_are_in_it(app, place, browser_of):
    acts = {
        f"/pertemuan/{place.meeting_id}/kata": {"body": "Hi.", "submission_key": "x" * 20},
        f"/pertemuan/{place.meeting_id}/tangan": {"up": "1"},
        f"/pertemuan/{place.meeting_id}/bagaimana": {"heard": "yes"},
        f"/utas/{place.thread_id}/balas": {
            "body": "Hi.",
            "warning": "none",
            "submission_key": "y" * 20,
        },
    }
    for name in PEOPLE.keys() - INSIDE:
        client = browser(name, app, browser_of)
        token = csrf_token(client)
        for address, typed in acts.items():
            status = client.post(address, data={"csrf_token": token, **typed}).status_code
            # A text is given back with the way to the door; without one, the door opens at once.
            door = UNSENT if "body" in typed else SIGN_IN
            assert status == (door if name == "visitor" else GONE), (name, address)
        made = client.get(f"/kelompok/{place.group_id}/jadwal.ics").status_code
        assert made == (SIGN_IN if name == "visitor" else GONE), name
        new = {"csrf_token": token, "title": "x", "body": "x", "warning": "none"}
        new["submission_key"] = "z" * 20
        status = client.post(f"/ruang/{place.group_id}/tulis", data=new).status_code
        assert status == (UNSENT if name == "visitor" else GONE), name
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Post)) == 2


def test_what_facilitators_and_keepers_may_do(app, place, browser_of):
    desk = f"/meja/kelompok/{place.group_id}"
    meeting = f"/meja/pertemuan/{place.meeting_id}"
    with app.app_context():
        seats = {seat.state: seat.public_id for seat in db.session.scalars(select(Seat))}
        plan = db.session.scalars(select(Meeting)).one().plan.public_id
    led = [
        f"{desk}/permintaan/{seats[SeatState.ASKED]}",
        f"{desk}/tempat/{seats[SeatState.IN]}/kembalikan",
        f"{desk}/jadwal",
        f"{desk}/jadwal/{plan}/hentikan",
        f"{meeting}/batal",
        f"{meeting}/tutup",
        f"{meeting}/langkah",
        f"{meeting}/giliran/nobody",
        f"{meeting}/catatan",
    ]
    kept = [f"{desk}/ubah", f"{desk}/selesai", f"{desk}/fasilitator", f"{desk}/fasilitator/lepas"]
    for name, role in PEOPLE.items():
        client = browser(name, app, browser_of)
        token = csrf_token(client)
        is_staff = role not in (None, Role.MEMBER)
        refused = SIGN_IN if name == "visitor" else (GONE if is_staff else NO)
        looks = name in {"facilitator", "the-lead", "the-admin"}
        assert client.get(desk).status_code == (YES if looks else refused), name
        for address in led:
            if name == "facilitator":
                continue
            status = client.post(address, data={"csrf_token": token}).status_code
            assert status == refused, (name, address)
        for address in (*kept, "/meja/kelompok/baru"):
            if name in {"the-lead", "the-admin"}:
                continue
            status = client.post(address, data={"csrf_token": token}).status_code
            assert status == (SIGN_IN if name == "visitor" else NO), (name, address)
    with app.app_context():
        found = db.session.scalars(select(Meeting)).one()
        assert found.is_open
        assert db.session.scalar(select(func.count()).select_from(AuditEntry)) == 1


def test_notes_are_for_facilitators_and_leads_alone(app, place, browser_of):
    with app.app_context():
        meeting = db.session.scalars(select(Meeting)).one()
        author = db.session.scalars(select(Member).where(Member.role == Role.VOLUNTEER)).one()
        note = MeetingNote(meeting=meeting, author=author, body="zz-note", created_at=now())
        db.session.add(note)
        db.session.commit()
    for name, reads in (("facilitator", True), ("the-lead", True), ("the-admin", False)):
        page = browser_of(f"{name}-kita").get(f"/meja/kelompok/{place.group_id}")
        assert ("zz-note" in page.get_data(as_text=True)) == reads, name


def test_who_is_in_is_told_to_facilitators_alone(app, place, browser_of):
    for name, told in (("facilitator", True), ("the-lead", False), ("the-admin", False)):
        text = Page(browser_of(f"{name}-kita").get(f"/meja/kelompok/{place.group_id}")).text
        assert ("waiting-kita" in text or "inside-kita" in text) == told, name
    for name in ("visitor", "stranger", "inside"):
        text = Page(browser(name, app, browser_of).get(f"/kelompok/{place.group_id}")).text
        assert "waiting-kita" not in text
        assert "asked-kita" not in text


def test_somebody_who_no_longer_is_of_the_team_leads_nothing(app, place, browser_of):
    with app.app_context():
        db.session.scalars(
            select(Member).where(Member.role == Role.VOLUNTEER)
        ).one().role = Role.MEMBER
        db.session.commit()
    client = browser_of("facilitator-kita")
    assert client.get(f"/pertemuan/{place.meeting_id}").status_code == GONE
    assert client.get(f"/meja/kelompok/{place.group_id}").status_code == NO


def test_leads_see_which_group_nobody_leads_and_members_are_told(app, place, browser_of):
    lead = browser_of("the-lead-kita")
    assert "nobody leads it" not in Page(lead.get("/meja/kelompok")).text
    with app.app_context():
        db.session.scalars(
            select(Member).where(Member.role == Role.VOLUNTEER)
        ).one().closed_at = now()
        db.session.commit()
    assert "nobody leads it" in Page(lead.get("/meja/kelompok")).text
    inside = browser_of("inside-kita")
    assert "Leads look for somebody" in Page(inside.get(f"/kelompok/{place.group_id}")).text
    session = Page(inside.get(f"/pertemuan/{place.meeting_id}")).text
    assert "Nobody leads this group just now" in session
    assert "leads today" not in session


def test_the_desk_reads_a_case_of_a_group_without_entering_it(app, place, browser_of):
    send(
        browser_of("inside-kita"),
        f"/pertemuan/{place.meeting_id}",
        "/kata",
        body="I am zzcrisis.",
    )
    with app.app_context():
        scan_all()
        case_id = db.session.scalars(select(Case.public_id)).one()
    page = Page(browser_of("other-staff-kita").get(f"/meja/kasus/{case_id}"))
    assert "zzcrisis" in page.text
    assert f"/utas/{place.thread_id}" not in page.links
    writer = Page(browser_of("inside-kita").get(f"/pertemuan/{place.meeting_id}"))
    assert "You do not have to get through this alone" in writer.text
    facilitator = Page(browser_of("facilitator-kita").get(f"/pertemuan/{place.meeting_id}"))
    assert "The desk has been told about someone here" in facilitator.text
    assert "You do not have to get through this alone" not in facilitator.text
    with app.app_context():
        # That a facilitator was shown held words is on the record.
        assert db.session.scalar(select(func.count()).where(AuditEntry.action == "read")) == 2


def test_the_page_brings_only_what_is_new(app, place, browser_of):
    client = browser_of("inside-kita")
    address = f"/pertemuan/{place.meeting_id}/sekarang"
    first = client.get(address)
    assert "zz-the-words" in first.get_data(as_text=True)
    assert first.headers["X-Phase"] == "open"
    known = f"{address}?mark={first.headers['X-Mark']}"
    client.get("/bantuan")  # Another second, another token in the forms.
    assert client.get(known).status_code == 204
    with app.app_context():
        meetings.set_step(db.session.scalars(select(Meeting)).one(), Step.ROUND)
        db.session.commit()
    assert "How everyone is" in client.get(known).get_data(as_text=True)


def test_looking_again_asks_the_database_little_however_much_is_said(app, place, browser_of):
    client = browser_of("inside-kita")
    address = f"/pertemuan/{place.meeting_id}/sekarang"
    few = len(statements_of(app, client, address))
    with app.app_context():
        meeting = db.session.scalars(select(Meeting)).one()
        person = db.session.scalars(select(Member).where(Member.pseudonym == "inside-kita")).one()
        for number in range(40):
            meetings.say(
                person, meeting, body=f"words-{number}.", submission_key=f"key-{number:020}"
            )
        scan_all()
    assert len(statements_of(app, client, address)) == few <= 11
    page = Page(client.get(f"/pertemuan/{place.meeting_id}"))
    assert "words-39." in page.text
    assert "words-9." not in page.text
    earlier = next(link for link in page.links if "sebelum=" in link)
    assert "words-9." in Page(client.get(earlier)).text


def test_the_thread_of_a_session_leads_to_its_page_and_a_post_to_its_place(app, place, browser_of):
    client = browser_of("inside-kita")
    session = f"/pertemuan/{place.meeting_id}"
    assert client.get(f"/utas/{place.thread_id}").location == session
    assert client.get(f"/tulisan/{place.post_id}").location == f"{session}#p-{place.post_id}"
    with app.app_context():
        meeting = db.session.scalars(select(Meeting)).one()
        person = db.session.scalars(select(Member).where(Member.pseudonym == "inside-kita")).one()
        for number in range(30):
            meetings.say(
                person, meeting, body=f"words-{number}.", submission_key=f"key-{number:020}"
            )
        scan_all()
    for number, path in enumerate(
        (f"/tulisan/{place.post_id}", f"/utas/{place.thread_id}/terbaru")
    ):
        led = client.get(path).location
        assert ("sebelum=" in led) == (number == 0)
        assert f'id="{led.split("#")[1]}"' in client.get(led).get_data(as_text=True)


def test_an_answer_sent_past_the_session_is_given_back(app, place, browser_of):
    client = browser_of("facilitator-kita")
    sent = {"csrf_token": csrf_token(client), "body": "zz-past", "warning": "none"}
    sent["submission_key"] = "p" * 20
    answer = client.post(f"/utas/{place.thread_id}/balas", data=sent)
    assert answer.status_code == 409
    assert "zz-past" in answer.get_data(as_text=True)
    assert f"/pertemuan/{place.meeting_id}" in Page(answer).links
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Post)) == 2


def test_what_was_read_in_a_session_is_no_news_any_more(app, place, browser_of):
    with app.app_context():
        meeting = db.session.scalars(select(Meeting)).one()
        lead = db.session.scalars(select(Member).where(Member.role == Role.VOLUNTEER)).one()
        post = meetings.say(lead, meeting, body="Hello.", submission_key="n" * 20)
        scan_all()
        last = post.id
    browser_of("inside-kita").get(f"/pertemuan/{place.meeting_id}")
    with app.app_context():
        assert db.session.scalars(select(Follow.seen_post_id)).one() == last


def test_after_a_session_its_page_says_so_and_shows_the_welcome(app, place, browser_of):
    with app.app_context():
        meetings.close_early(db.session.scalars(select(Meeting)).one())
        run_jobs(SETTLE)
    over = Page(browser_of("inside-kita").get(f"/utas/{place.thread_id}", follow_redirects=True))
    assert "The session is over" in over.text
    assert "volunteers alone answer" not in over.text
    assert "Welcome, slowly." in over.text


def test_words_that_came_too_late_are_given_back(app, place, browser_of):
    client = browser_of("inside-kita")
    form = Page(client.get(f"/pertemuan/{place.meeting_id}")).form("/kata")
    with app.app_context():
        meetings.close_early(db.session.scalars(select(Meeting)).one())
        db.session.commit()
    answer = client.post(form.action, data={**form.values, "body": "zz-too-late"})
    assert answer.status_code == 409
    assert "zz-too-late" in answer.get_data(as_text=True)
    assert "Your words are kept here for you to copy" in Page(answer).text


def test_times_stand_in_the_zone_that_the_reader_chose(app, place, browser_of):
    client = browser_of("inside-kita")
    with app.app_context():
        meeting = db.session.scalars(select(Meeting)).one()
        meeting.starts_at = meeting.starts_at.replace(hour=12, minute=30) + timedelta(days=1)
        meeting.ends_at = meeting.starts_at + timedelta(hours=1)
        db.session.commit()
    for zone, hour in ((None, "19:30 WIB"), (Zone.WITA, "20:30 WITA"), (Zone.WIT, "21:30 WIT")):
        if zone:
            send(client, "/akun", "/akun/zona", zone=zone.value)
        assert hour in Page(client.get(f"/pertemuan/{place.meeting_id}")).text
    token = csrf_token(client)
    client.post("/akun/zona", data={"csrf_token": token, "zone": "Mars"})
    assert "21:30 WIT" in Page(client.get(f"/pertemuan/{place.meeting_id}")).text


def test_a_new_agreement_stands_before_the_next_words(app, place, browser_of):
    with app.app_context():
        group = db.session.scalars(select(Group)).one()
        operations.change_group(group, _same(group, agreement_en="zz-new-line"))
        db.session.commit()
    client = browser_of("inside-kita")
    address = f"/kelompok/{place.group_id}"
    assert client.get(f"/pertemuan/{place.meeting_id}").location == address
    assert "zz-new-line" in Page(client.get(address)).text
    send(client, address, "/gabung", agreed="y")
    assert client.get(f"/pertemuan/{place.meeting_id}").status_code == YES


def test_nobody_joins_without_the_agreement(app, place, browser_of):
    client = browser_of("stranger-kita")
    answer = send(client, f"/kelompok/{place.group_id}", "/gabung")
    assert answer.status_code == 422
    assert "Please read the agreement" in Page(answer).text


def begin_by_forms(app: Flask, admin: FlaskClient, lead: FlaskClient) -> str:
    """Let an admin begin a group and its facilitator plan weekly sessions; return its address."""
    typed = {
        "name_id": "Kelompok pelan",
        "name_en": "Slow group",
        "topic_id": "Tentang pelan.",
        "topic_en": "About slowness.",
        "capacity": 2,
        "joining": "open",
        "keeping": "erase",
    }
    refused = send(admin, "/meja/kelompok/baru", **typed, facilitators="person-0")
    assert "Nobody of the team is called" in Page(refused).text
    desk = send(admin, "/meja/kelompok/baru", **typed, facilitators="sekar").location
    soon = (now() + timedelta(minutes=1)).astimezone(Zone.WIB.tz)
    send(
        lead,
        desk,
        "/jadwal",
        day=soon.date().isoformat(),
        hour=soon.strftime("%H:%M"),
        minutes=60,
        is_weekly="y",
        welcome="Welcome, slowly.",
    )
    return desk


def open_now(app: Flask) -> str:
    """Let the only session begin; return its address."""
    with app.app_context():
        meeting = db.session.scalars(select(Meeting)).one()
        meeting.starts_at -= timedelta(minutes=5)
        db.session.commit()
        return f"/pertemuan/{meeting.public_id}"


def test_a_weekly_group_from_its_beginning_to_its_end(app, browser_of):
    """Everything by forms: begin, join, plan, talk, close, feedback, note, erase."""
    with app.app_context():
        for name, role in (("wening", Role.ADMIN), ("sekar", Role.MODERATOR)):
            make_member(name, role)
        for number in range(3):
            make_member(f"person-{number}")
        db.session.commit()
    lead = browser_of("sekar")
    people = [browser_of(f"person-{number}") for number in range(3)]
    desk = begin_by_forms(app, browser_of("wening"), lead)
    group_page = desk.removeprefix("/meja")
    for person in people:
        send(person, group_page, "/gabung", agreed="y")
    assert "You are on the waiting list" in Page(people[2].get(group_page)).text
    calendar = people[0].get(f"{group_page}/jadwal.ics")
    assert "RRULE:FREQ=WEEKLY" in calendar.get_data(as_text=True)

    address = open_now(app)
    send(people[0], address, "/kata", body="Hello, zz-first.")
    send(people[1], address, "/tangan", up="1")
    with app.app_context():
        scan_all()
    seen = Page(lead.get(address))
    assert "zz-first" in seen.text
    send(lead, address, "/langkah", step="round")
    assert "Whoever likes says how they are" in Page(people[1].get(address)).text
    word = next(form for form in seen.forms if "/giliran/" in form.action)
    lead.post(word.action, data=word.values)
    assert "No hand is up" in Page(people[0].get(address)).text
    send(lead, address, "/tutup")
    with app.app_context():
        run_jobs(SETTLE)
    for person in people[:2]:
        send(person, address, "/bagaimana", heard="yes")
    assert "/bagaimana" not in people[0].get(address).get_data(as_text=True)
    send(lead, desk, "/catatan", body="Quiet, two people, one theme.")
    assert "Answers are shown once 5 more people gave some" in Page(lead.get(desk)).text

    with app.app_context():
        run_jobs(ERASE)
        found = db.session.scalars(select(Meeting).order_by(Meeting.id)).all()
        assert [each.attended for each in found] == [2, None]
        assert coming_meetings(found[0].group) == [found[1]]
        done = db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert [verb for verb in done if verb != "publish_rules"] == [
        *("begin_group", "plan_sessions", "set_step", "let_speak", "close_session"),
        "note_session",
    ]
    over = Page(people[0].get(address)).text
    assert "zz-first" not in over
    assert "as the group chose" in over


def test_who_leaves_makes_room_for_who_waited(app, place, browser_of):
    leaving = send(browser_of("inside-kita"), f"/kelompok/{place.group_id}/keluar")
    assert leaving.location == "/kelompok"
    waiting = browser_of("waiting-kita")
    assert "You are in" in Page(waiting.get("/kelompok")).text
    notices = Page(waiting.get("/pemberitahuan")).links
    told = next(link for link in notices if link.startswith("/pemberitahuan/"))
    assert "A place in the group is yours now" in Page(waiting.get(told)).text


def test_a_place_that_is_given_back_goes_to_who_waits_and_its_member_is_told(
    app, place, browser_of
):
    lead, inside = browser_of("facilitator-kita"), browser_of("inside-kita")
    desk = f"/meja/kelompok/{place.group_id}"
    form = Page(lead.get(desk)).form("/kembalikan")
    assert lead.post(form.action, data=form.values | {"reason": "mood"}).status_code == 422
    assert lead.post(form.action, data=form.values | {"reason": "safety"}).location == desk
    # Twice is once.
    lead.post(form.action, data=form.values | {"reason": "safety"})
    assert inside.get(f"/pertemuan/{place.meeting_id}").status_code == GONE
    links = Page(inside.get("/pemberitahuan")).links
    told = next(link for link in links if link.startswith("/pemberitahuan/"))
    assert "gave your place" in Page(inside.get(told)).text
    with app.app_context():
        seats = db.session.scalars(
            select(Member.pseudonym)
            .join(Seat, Seat.member_id == Member.id)
            .where(Seat.state == SeatState.IN)
        )
        assert seats.all() == ["waiting-kita"]
        done = select(AuditEntry).where(AuditEntry.action == "give_place_back")
        assert db.session.scalars(done).one().detail == {"reason": "safety"}


def test_every_notice_of_groups_can_be_opened(app, place, browser_of):
    with app.app_context():
        group = db.session.scalars(select(Group)).one()
        meeting = db.session.scalars(select(Meeting)).one()
        meetings.remind(meeting.id)
        later = make_meeting(group, now() + timedelta(hours=5))
        meetings.call_off(later)
        inside = db.session.scalars(select(Member).where(Member.pseudonym == "inside-kita")).one()
        meetings.visit(inside, meeting)
        db.session.commit()
        meetings.close_early(meeting)
        run_jobs(SETTLE)
    for name, words in (
        ("inside-kita", {"Your session is at", "was called off", "Thank you for having been"}),
        ("facilitator-kita", {"would like to join"}),
    ):
        client = browser_of(name)
        links = {
            link
            for link in Page(client.get("/pemberitahuan")).links
            if link.startswith("/pemberitahuan/")
        }
        texts = [Page(client.get(link)).text for link in links]
        for wanted in words:
            assert any(wanted in text for text in texts), wanted


def test_a_group_that_asks_nothing_keeps_its_promise_about_words(context):
    group = make_group(keeping=Keeping.STAY)
    operations.change_group(group, _same(group, capacity=9))
    assert group.keeping is Keeping.STAY
