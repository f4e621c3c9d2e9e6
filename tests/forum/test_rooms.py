"""Rooms: who changes them, when others see what is written, when one may write and on what."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from forum.accounts.models import Member, Role
from forum.clock import now
from forum.drafts.models import Draft
from forum.extensions import db
from forum.help.models import Display
from forum.help.operations import add_starter_entries
from forum.help.queries import directory_file, find_entry, pinnable_entries
from forum.posts.lists import unanswered
from forum.posts.models import Post, Thread, Visibility
from forum.posts.operations import RoomRests, RoomTooSoon, edit, reply
from forum.posts.queries import get_post_for
from forum.rooms.hours import rest_of
from forum.rooms.models import ContentWarning, Policy, Room, Unscanned
from forum.rooms.operations import AgreementAsked
from moderation.audit.models import Action, AuditEntry
from moderation.cases.intake import scan_post
from moderation.cases.invariants import check_invariants
from moderation.cases.models import Case, CaseState, Flag, Lane
from moderation.cases.queue import Wanted, read_desk
from moderation.risk.levels import Level
from moderation.rooms.lines import BadLine, read_tags, write_tags
from moderation.rooms.models import RoomModerator
from tests.factories import make_case, make_member, make_reply, make_room, make_thread, scan_all
from tests.pages import Page, send

NEW = {
    "name_id": "Ruang tugas",
    "name_en": "The study room",
    "description_id": "Tugas kuliah.",
    "description_en": "Homework.",
}


def room_of(slug: str) -> Room:
    return db.session.scalars(select(Room).where(Room.slug == slug)).one()


def keep(app, slug: str, **values: object) -> None:
    """Set what a room is."""
    with app.app_context():
        for name, value in values.items():
            setattr(room_of(slug), name, value)
        db.session.commit()


# Who looks after rooms


def test_an_admin_adds_a_room_and_visitors_see_it(app, site, browser_of):
    client = browser_of("admin-kita")
    added = send(client, "/meja/ruang/baru", **NEW, tags="rantau | merantau | far away")
    assert added.status_code == 302
    again = Page(send(client, "/meja/ruang/baru", **NEW))
    assert "There is a room of this name" in again.text
    assert again.form().values["name_en"] == "The study room", "what was typed is kept"
    with app.app_context():
        room = room_of("ruang-tugas")
        assert room.tags == [{"code": "rantau", "id": "merantau", "en": "far away"}]
        assert (room.policy, room.unscanned) == (Policy.AFTER_SCAN, Unscanned.HOLD)
        act = db.session.scalars(
            select(AuditEntry).where(AuditEntry.action == Action.ADD_ROOM)
        ).one()
        assert act.subject_id == room.id
    visitor = app.test_client()
    visitor.post("/bahasa", data={"language": "en"})
    assert "/ruang/ruang-tugas" in Page(visitor.get("/")).links


def test_a_changed_room_is_written_down_and_an_unlisted_one_can_be_read(app, site, browser_of):
    client = browser_of("admin-kita")
    address = f"/meja/ruang/{site.slug}"
    assert "Nothing was different" in Page(_after(client, send(client, address))).text
    form = Page(client.get(address)).form().values
    del form["is_listed"]
    form |= {"policy": "read_first", "name_en": "Another name"}
    assert "The room is changed" in Page(_after(client, client.post(address, data=form))).text
    with app.app_context():
        act = db.session.scalars(
            select(AuditEntry).where(AuditEntry.action == Action.EDIT_ROOM)
        ).one()
        assert act.detail == {"fields": ["is_listed", "name_en", "policy"]}
    assert f"/ruang/{site.slug}" not in Page(client.get("/")).links
    assert client.get(f"/ruang/{site.slug}").status_code == 200
    assert "Another name" in Page(browser_of("lead-kita").get("/meja/ruang")).text


def _after(client, response):
    return client.get(response.location)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name_id": ""},
        {"description_en": " "},
        {"position": "first"},
        {"position": "-1"},
        {"policy": "whenever"},
        {"slow_minutes": "1441"},
        {"hours": "20-23"},
        {"hours": "20:00-24:30"},
        {"days": "1"},
        {"tags": "no lines"},
        {"moderators": "author-sore"},
        {"moderators": "lead-kita, nobody-here"},
        {"agreement_id": "Satu.", "agreement_en": ""},
        {"tags": "a | b | c\na | d | e"},
        {"tags": "Big Code | b | c"},
    ],
)
def test_what_makes_no_sense_is_refused_and_kept(app, site, browser_of, wrong):
    client = browser_of("admin-kita")
    address = f"/meja/ruang/{site.slug}"
    page = Page(send(client, address, **{"name_en": "Typed anew", **wrong}))
    assert "Something needs another look" in page.text
    assert page.form().values["name_en"] == "Typed anew"
    with app.app_context():
        assert room_of(site.slug).name_en == "Test room"


def test_the_room_of_a_group_is_not_changed_here(app, site, browser_of):
    client = browser_of("admin-kita")
    assert client.get(f"/meja/ruang/{site.group_id}").status_code == 404
    assert site.group_id not in client.get("/meja/ruang").get_data(as_text=True)


def test_experiences_are_written_as_they_are_read():
    text = "rantau | merantau | far from home\nlama | sudah lama | for long"
    assert write_tags(read_tags(text)) == text
    assert read_tags("\n") == []
    with pytest.raises(BadLine):
        read_tags("\n".join(f"kode-{n} | satu | one" for n in range(13)))


# When others see it

SHOWN, HELD = Visibility.VISIBLE, Visibility.HELD


@pytest.mark.parametrize(
    ("policy", "body", "visibility", "lane"),
    [
        (Policy.AFTER_SCAN, "Calm.", SHOWN, None),
        (Policy.AFTER_SCAN, "I am zzamber.", SHOWN, Lane.RISK),
        (Policy.HELD_ON_AMBER, "Calm.", SHOWN, None),
        (Policy.HELD_ON_AMBER, "I am zzamber.", HELD, Lane.RISK),
        (Policy.HELD_ON_AMBER, "I am zzred.", HELD, Lane.RISK),
        (Policy.READ_FIRST, "Calm.", HELD, Lane.ROOM),
        (Policy.READ_FIRST, "I am zzamber.", HELD, Lane.RISK),
        (Policy.READ_FIRST, "I am zzcrisis.", HELD, Lane.RISK),
    ],
)
def test_a_room_says_what_waits_for_a_human(context, policy, body, visibility, lane):
    room = make_room()
    room.policy = policy
    post = make_thread(room=room, body=body)
    scan_all()
    assert post.visibility is visibility
    assert [case.lane for case in db.session.scalars(select(Case))] == ([lane] if lane else [])
    flags = db.session.scalars(select(Flag)).all()
    assert len(flags) == (1 if "zz" in body else 0)
    scan_post(post.id)
    assert db.session.scalars(select(Flag)).all() == flags, "a scan that is done twice"
    assert not any(finding.broken for finding in check_invariants())


def test_an_edit_of_what_was_shown_is_read_first_again(context):
    room = make_room()
    room.policy = Policy.READ_FIRST
    post = make_thread(room=room)
    scan_all()
    post.visibility = Visibility.VISIBLE
    db.session.execute(Case.__table__.update().values(state=CaseState.CLOSED, closed_at=now()))
    edit(post.author, post, body="Other words.", warning=ContentWarning.NONE)
    scan_all()
    assert post.visibility is Visibility.HELD
    waiting = db.session.scalars(select(Case).where(Case.state == CaseState.WAITING)).one()
    assert waiting.lane is Lane.ROOM


def test_a_risk_takes_over_the_case_of_a_room_and_no_room_that_of_a_risk(context):
    room = make_room()
    room.policy = Policy.READ_FIRST
    author = make_member()
    opening = make_thread(author, room)
    scan_all()
    make_reply(opening, author, body="I am zzred.")
    scan_all()
    make_reply(opening, author)
    scan_all()
    case = db.session.scalars(select(Case)).one()
    assert (case.lane, case.level) == (Lane.RISK, 2)


def test_what_the_team_writes_is_read_by_the_team(context):
    room = make_room()
    room.policy = Policy.READ_FIRST
    helper = make_member(role=Role.VOLUNTEER)
    opening = make_thread(helper, room)
    on_duty = reply(
        helper, opening.thread, body="zzamber", submission_key="0" * 32, as_volunteer=True
    )
    own = make_reply(opening, helper, body="zzamber")
    scan_all()
    assert [post.visibility for post in (opening, on_duty, own)] == [SHOWN, SHOWN, HELD]


@pytest.mark.parametrize("policy", Policy)
def test_no_worker_opens_a_room_that_waits_for_humans(context, policy):
    room = make_room(unscanned=Unscanned.SHOW)
    post = make_thread(room=room)
    room.policy = policy
    db.session.commit()
    with time_machine.travel(now() + timedelta(minutes=5)):
        seen = get_post_for(None, post.public_id) is not None
    assert seen == (policy in (Policy.AFTER_SCAN, Policy.CLOSED))


def test_pages_say_that_a_volunteer_reads_first(app, site, browser_of):
    keep(app, site.slug, policy=Policy.READ_FIRST)
    client = browser_of(site.author)
    for address in (f"/ruang/{site.slug}", f"/ruang/{site.slug}/tulis", f"/utas/{site.thread_id}"):
        text = Page(client.get(address)).text
        assert "A volunteer reads first what is written here. That can take hours." in text
        assert "after a short check" not in text
    desk = browser_of("moderator-kita")
    assert "This room is read first" in Page(desk.get(f"/meja/kasus/{site.case_id}")).text


# When one may write


def test_a_closed_room_is_read_and_keeps_what_was_typed(app, site, browser_of):
    client = browser_of(site.author)
    values = Page(client.get(f"/ruang/{site.slug}/tulis")).form().values
    answer = Page(client.get(f"/utas/{site.thread_id}")).form("/balas").values
    keep(app, site.slug, policy=Policy.CLOSED)
    room = Page(client.get(f"/ruang/{site.slug}"))
    assert "This room is for reading now" in room.text
    assert f"/ruang/{site.slug}/tulis" not in room.links
    assert "A calm title" in room.text
    typed = {**values, "title": "Mine", "body": "Long words that took an hour."}
    page = Page(client.post(f"/ruang/{site.slug}/tulis", data=typed))
    assert "Nothing can be sent" in page.text
    assert page.form().values["body"] == typed["body"]
    refused = client.post(f"/utas/{site.thread_id}/balas", data={**answer, "body": typed["body"]})
    assert refused.status_code == 409
    assert Page(refused).form("/balas").values["body"] == typed["body"]
    thread = Page(client.get(f"/utas/{site.thread_id}"))
    assert [form for form in thread.forms if "/balas" in form.action] == []
    with app.app_context():
        assert (
            len(
                db.session.scalars(
                    select(Post.id).join(Post.thread).where(Thread.public_id == site.thread_id)
                ).all()
            )
            == 2
        )
        assert unanswered(None).items == []
        staff = db.session.scalars(select(Member).where(Member.pseudonym == "lead-kita")).one()
        make_thread(staff, room_of(site.slug))


EVENING = {"hours": "20:00-23:00", "days": []}
NIGHT = {"hours": "22:00-02:00", "days": [5]}


@pytest.mark.parametrize(
    ("kept", "moment", "until"),
    [
        # Jakarta is seven hours ahead. The 23rd of November 2026 is a Monday.
        (EVENING, (23, 13, 0), None),
        (EVENING, (23, 15, 59), None),
        (EVENING, (23, 16, 0), (24, 13, 0)),
        (EVENING, (23, 12, 59), (23, 13, 0)),
        (NIGHT, (27, 15, 0), None),
        (NIGHT, (27, 18, 59), None),
        (NIGHT, (27, 19, 0), (34, 15, 0)),
        (NIGHT, (26, 16, 0), (27, 15, 0)),
        ({"hours": "00:00-00:00", "days": [1]}, (23, 16, 59), None),
        ({"hours": "00:00-00:00", "days": [1]}, (23, 17, 0), (29, 17, 0)),
        ({"hours": "", "days": []}, (23, 3, 0), None),
    ],
)
def test_hours_are_those_of_jakarta_and_may_pass_midnight(kept, moment, until):
    def at(day: int, hour: int, minute: int) -> datetime:
        return datetime(2026, 11, 1, hour, minute, tzinfo=UTC) + timedelta(days=day - 1)

    room = Room(policy=Policy.AFTER_SCAN, **kept)
    with time_machine.travel(at(*moment), tick=False):
        rest = rest_of(room)
    assert (rest.until if rest else None) == (at(*until) if until else None)


def test_outside_its_hours_a_room_takes_drafts(app, site, browser_of):
    client = browser_of(site.author)
    values = Page(client.get(f"/ruang/{site.slug}/tulis")).form().values
    here = now() + timedelta(hours=7)
    keep(
        app, site.slug, hours=f"{here + timedelta(hours=2):%H:%M}-{here + timedelta(hours=3):%H:%M}"
    )
    for address in (f"/ruang/{site.slug}", f"/utas/{site.thread_id}"):
        page = Page(client.get(address))
        assert "Writing in this room opens again on" in page.text
        assert "119" in page.text
    typed = {**values, "title": "Mine", "body": "For tonight."}
    page = Page(client.post(f"/ruang/{site.slug}/tulis", data=typed))
    assert "Nothing can be sent in this room right now" in page.text
    assert page.form().values["body"] == "For tonight."
    assert page.form().kinds["keep"] == "submit"
    client.post(f"/ruang/{site.slug}/tulis", data={**page.form().values, "keep": "draft"})
    with app.app_context():
        assert db.session.scalars(select(Draft)).one().body == "For tonight."
    keep(app, site.slug, hours="")
    assert Page(client.get(f"/ruang/{site.slug}/tulis")).form().values["body"] == "For tonight."


def test_a_room_goes_slowly_for_each_member_over_all_its_threads(context):
    room = make_room()
    room.slow_minutes = 30
    author, other = make_member(), make_member()
    opening = make_thread(author, room)
    with pytest.raises(RoomTooSoon) as refusal:
        make_thread(author, room)
    assert refusal.value.minutes == 30
    make_reply(opening, other)
    with pytest.raises(RoomTooSoon):
        make_reply(opening, author)
    make_thread(author)
    helper = make_member(role=Role.VOLUNTEER)
    make_reply(opening, helper)
    make_reply(opening, helper)
    with time_machine.travel(now() + timedelta(minutes=30.1)):
        make_reply(opening, author)


def test_who_writes_too_soon_keeps_the_words(app, site, browser_of):
    keep(app, site.slug, slow_minutes=30)
    client = browser_of(site.author)
    page = Page(send(client, f"/ruang/{site.slug}/tulis", title="Again", body="And again."))
    assert re.search(r"This room goes slowly\. You can send this in (29|30) minutes\.", page.text)
    assert page.form().values["body"] == "And again."


def test_a_resting_room_takes_nothing_but_what_came_before(context):
    room = make_room()
    opening = make_thread(room=room)
    room.policy = Policy.CLOSED
    with pytest.raises(RoomRests):
        make_thread(room=room)
    with pytest.raises(RoomRests):
        make_reply(opening)
    edit(opening.author, opening, body="Without my number.", warning=ContentWarning.NONE)
    scan_all()
    assert opening.visibility is Visibility.VISIBLE


# What a room agrees on

POINTS = {"agreement_id": "Pelan saja.", "agreement_en": "Slowly.\nNo numbers."}


def test_a_room_asks_once_for_its_agreement(app, site, browser_of):
    keep(app, site.slug, **POINTS)
    client = browser_of(site.other)
    assert "Pelan saja." in Page(app.test_client().get(f"/ruang/{site.slug}")).text
    address = f"/ruang/{site.slug}/tulis"
    page = Page(send(client, address, title="Mine", body="Calm."))
    assert "Please read the room's agreement first. Your text is kept." in page.text
    form = page.form()
    assert (form.values["body"], form.kinds["agreed"]) == ("Calm.", "checkbox")
    assert client.post(address, data={**form.values, "agreed": "y"}).status_code == 302
    thread = Page(client.get(f"/utas/{site.thread_id}"))
    assert "No numbers." in thread.text
    assert "agreed" not in thread.form("/balas").kinds
    assert send(client, f"/utas/{site.thread_id}", "/balas", body="I hear you.").status_code == 302
    # Other words are another agreement.
    admin = browser_of("admin-kita")
    send(admin, f"/meja/ruang/{site.slug}", agreement_en="Slowly.")
    assert send(client, f"/utas/{site.thread_id}", "/balas", body="Again.").status_code == 409


def test_the_team_on_duty_is_not_asked_and_an_old_key_is_the_old_post(context):
    room = make_room()
    opening = make_thread(room=room)
    room.agreement_id = room.agreement_en = "Kind words."
    helper = make_member(role=Role.VOLUNTEER)
    reply(helper, opening.thread, body="Hi.", submission_key="0" * 32, as_volunteer=True)
    with pytest.raises(AgreementAsked):
        make_reply(opening)
    author, key = make_member(), "1" * 32
    first = reply(author, opening.thread, body="Hi.", submission_key=key, agreed=True)
    assert reply(author, opening.thread, body="Hi.", submission_key=key) is first
    make_reply(opening, author)


# Help and people of a room


def test_help_is_pinned_on_a_room_and_leaves_with_its_entry(app, site, browser_of):
    with app.app_context():
        add_starter_entries(directory_file()["entries"])
        entry = next(iter(pinnable_entries()))
        slug, name = entry.slug, entry.name
        db.session.commit()
    admin = browser_of("admin-kita")
    send(admin, f"/meja/ruang/{site.slug}", pinned=slug)
    visitor = app.test_client()
    assert name in Page(visitor.get(f"/ruang/{site.slug}")).text
    with app.app_context():
        find_entry(slug).display = Display.HOLD
        db.session.commit()
    assert name not in Page(visitor.get(f"/ruang/{site.slug}")).text


def test_those_who_moderate_a_room_are_named_at_the_desk_alone(app, site, browser_of):
    admin = browser_of("admin-kita")
    address = f"/meja/ruang/{site.slug}"
    send(admin, address, moderators="moderator-kita, LEAD-kita, moderator-kita")
    assert Page(admin.get(address)).form().values["moderators"] == "lead-kita, moderator-kita"
    assert "Nothing was different" in Page(_after(admin, send(admin, address))).text
    assert "lead-kita, moderator-kita" in Page(browser_of("lead-kita").get("/meja/ruang")).text
    assert "moderator-kita" not in Page(browser_of(site.other).get(f"/ruang/{site.slug}")).text
    send(admin, address, moderators="")
    with app.app_context():
        assert db.session.scalars(select(RoomModerator)).all() == []
        acts = db.session.scalars(
            select(AuditEntry.detail).where(AuditEntry.action == Action.EDIT_ROOM)
        ).all()
    assert acts == [{"fields": ["moderators"]}] * 2


def test_a_room_s_moderators_are_dealt_its_cases_first_and_nobody_loses_one(context):
    rani, budi = make_member(role=Role.MODERATOR), make_member(role=Role.MODERATOR)
    first, own = make_case(Level.RED, waited=timedelta(minutes=9)), make_case(Level.RED)
    make_case(Level.AMBER)
    db.session.add(RoomModerator(room_id=own.thread.room_id, member_id=rani.id))
    db.session.flush()
    assert read_desk(rani, Wanted()).next_case is own
    assert read_desk(budi, Wanted()).next_case is first
    assert [case.id for case in read_desk(rani, Wanted()).waiting[:2]] == [first.id, own.id]
    # What is worse, or past its target, comes before a room of one's own.
    first.due_at = now() - timedelta(minutes=1)
    db.session.flush()
    assert read_desk(rani, Wanted()).next_case is first
    crisis = make_case(Level.CRISIS)
    assert read_desk(rani, Wanted()).next_case is crisis


def test_a_rooms_hours_stand_in_jakarta_and_in_the_readers_own_zone(app, site, browser_of):
    def read(client: FlaskClient) -> str:
        answer = client.get(f"/ruang/{site.slug}", headers={"Accept-Language": "en"})
        return Page(answer).text.replace("\N{EN DASH}", "-")

    with app.app_context():
        room_of(site.slug).hours = "20:00-23:00"
        db.session.commit()
    member = browser_of("member-kita")
    assert "at 20:00-23:00 WIB." in read(app.test_client())
    assert "at 20:00-23:00 WIB." in read(member)
    send(member, "/akun", "/akun/zona", zone="WIT")
    assert "at 20:00-23:00 WIB (22:00-01:00 WIT)." in read(member)
