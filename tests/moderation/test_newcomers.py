"""Who is new, who repeats, who worries too much: read by humans, kindly, and without a flood."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from forum.accounts.models import Member, Role
from forum.accounts.operations import is_new
from forum.clock import now
from forum.extensions import db
from forum.notices.models import Notice
from forum.posts.models import Post, Visibility
from forum.posts.operations import edit, reply
from forum.posts.queries import get_post_for
from forum.rooms.models import ContentWarning, Room
from moderation.cases.intake import scan_post
from moderation.cases.models import Case, CaseState, CloseReason, Door, Lane
from moderation.cases.opening import open_case
from moderation.measures.bulk import clear, listed_for
from moderation.measures.models import MeasureReason
from moderation.measures.operations import Why
from moderation.reports.operations import report_post
from moderation.risk.levels import Level
from tests.factories import make_case, make_member, make_reply, make_room, make_thread, scan_all
from tests.pages import Page, send

LONG = "Ini tulisan yang cukup panjang untuk dikenali sebagai salinan yang sama."
LINK = "Lihat https://contoh.example/murah sekarang"


@pytest.fixture
def young(app: Flask):
    """Accounts are new for a week, as on a site of its own."""
    before = app.config["NEWCOMER_DAYS"], app.config["NEWCOMER_CASES"]
    app.config["NEWCOMER_DAYS"] = 7
    yield app
    app.config["NEWCOMER_DAYS"], app.config["NEWCOMER_CASES"] = before


@pytest.fixture
def desk(young, context) -> Flask:
    return young


def lanes() -> list[tuple[Lane, int]]:
    rows = db.session.execute(select(Case.lane, Case.level).order_by(Case.id))
    return [(lane, level) for lane, level in rows]


# First posts


def test_the_first_three_posts_of_a_new_account_are_read_and_shown_meanwhile(desk):
    person = make_member()
    posts = [make_thread(person) for _ in range(5)]
    scan_all()
    assert lanes() == [(Lane.NEWCOMER, Level.GREEN)] * 3
    assert {post.visibility for post in posts} == {Visibility.VISIBLE}
    read = db.session.scalars(select(Case.thread_id).order_by(Case.id)).all()
    assert read == [post.thread_id for post in posts[:3]]


def test_one_case_is_enough_for_one_thread_and_an_edit_is_no_first_post(desk):
    person = make_member()
    opening = make_thread(person)
    scan_all()
    make_reply(opening, person)
    scan_all()
    assert lanes() == [(Lane.NEWCOMER, Level.GREEN)]
    version = db.session.scalar(select(Case.version))
    db.session.execute(Case.__table__.update().values(state=CaseState.CLOSED))
    edit(person, opening, body="Changed a word.", warning=ContentWarning.NONE)
    scan_all()
    assert (len(lanes()), version) == (1, 1)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_how_many_are_read_is_a_setting(desk, monkeypatch, number):
    monkeypatch.setitem(desk.config, "NEWCOMER_POSTS", number)
    person = make_member()
    for _ in range(4):
        make_thread(person)
    scan_all()
    assert len(lanes()) == number


def test_those_who_have_been_here_and_staff_are_not_new(desk):
    person, helper = make_member(), make_member(role=Role.VOLUNTEER)
    person.joined_on = now().date() - timedelta(days=7)
    assert not is_new(person)
    assert not is_new(helper)
    person.joined_on += timedelta(days=1)
    assert is_new(person)
    person.joined_on -= timedelta(days=1)
    make_thread(person, body=LINK)
    make_thread(helper, body=LINK)
    opening = make_thread(person)
    reply(helper, opening.thread, body=LINK, submission_key="a" * 16, as_volunteer=True)
    scan_all()
    assert lanes() == []


def test_a_crowd_of_newcomers_does_not_bury_the_desk(desk):
    desk.config["NEWCOMER_CASES"] = 4
    for _ in range(12):
        make_thread(make_member())
    red = make_thread(make_member(), body="zzred")
    scan_all()
    assert lanes().count((Lane.NEWCOMER, Level.GREEN)) == 4
    assert db.session.scalar(select(Case.level).where(Case.thread_id == red.thread_id)) == Level.RED
    visible = select(func.count()).where(Post.visibility == Visibility.VISIBLE)
    assert db.session.scalar(visible) == 13


def test_a_room_may_ask_that_first_posts_wait(desk):
    room = make_room()
    room.holds_newcomers = True
    desk.config["NEWCOMER_CASES"] = 1
    person, other = make_member(), make_member()
    held = [make_thread(person, room) for _ in range(3)]
    free = make_thread(person, room)
    late = make_thread(other, make_room())
    scan_all()
    assert {post.visibility for post in held} == {Visibility.HELD}
    assert free.visibility is Visibility.VISIBLE
    # What is held always comes to somebody, however full the lane is.
    assert lanes() == [(Lane.NEWCOMER, Level.GREEN)] * 3
    assert late.visibility is Visibility.VISIBLE


def test_who_came_without_a_proof_is_read_before_others_do_however_old(desk):
    desk.config["NEWCOMER_DAYS"] = 0
    person = make_member()
    person.is_unproven = True
    posts = [make_thread(person) for _ in range(4)]
    scan_all()
    assert [post.visibility for post in posts] == [Visibility.HELD] * 3 + [Visibility.VISIBLE]
    assert len(lanes()) == 3


def test_while_nothing_is_scanned_who_came_without_a_proof_is_not_shown(desk):
    person, other = make_member(), make_member()
    person.is_unproven = True
    posts = [make_thread(person), make_thread(other)]
    with time_machine.travel(now() + timedelta(minutes=5)):
        assert [get_post_for(None, post.public_id) for post in posts] == [None, posts[1]]
        assert get_post_for(person, posts[0].public_id) is posts[0]


def test_danger_comes_before_being_new(desk):
    person = make_member()
    person.is_unproven = True
    opening = make_thread(person, body="zzred and https://contoh.example/x")
    scan_all()
    assert lanes() == [(Lane.RISK, Level.RED)]
    # Somebody in need is not made to wait for being new.
    assert opening.visibility is Visibility.VISIBLE


@pytest.mark.parametrize("lane", [Lane.NEWCOMER, Lane.SPAM])
def test_a_calm_lane_yields_to_every_other_cause(context, lane):
    case = make_case(Level.GREEN, lane)
    post = db.session.scalars(select(Post)).one()
    report_post(make_member(), post, Door.WORRY, "")
    db.session.refresh(case)
    assert (case.lane, case.level) == (Lane.WORRY, Level.RED)
    open_case(post, lane, Level.GREEN)
    db.session.refresh(case)
    assert (case.lane, case.level) == (Lane.WORRY, Level.RED)


def test_the_desk_says_what_a_calm_case_is(young, browser_of):
    with young.app_context():
        make_member("rani", Role.MODERATOR)
        make_thread(make_member())
        make_thread(make_member(), body=LINK)
        scan_all()
        cases = db.session.scalars(select(Case.public_id).order_by(Case.id)).all()
    client = browser_of("rani")
    queue = Page(client.get("/meja")).text
    assert "somebody new" in queue
    assert "may be spam" in queue
    assert client.get("/meja?lane=newcomer&level=green").status_code == 200
    said = [Page(client.get(f"/meja/kasus/{case_id}")).text for case_id in cases]
    assert "A kind word helps most" in said[0]
    assert "held until you have read it" in said[1]
    assert LINK in Page(client.get("/meja/spam")).text


# Spam


@pytest.mark.parametrize(
    "body",
    [
        LINK,
        "murah di www.contoh.example ya",
        "klik t.example/6281",
        "bit.ly/abc untuk kamu",
        "HTTPS://CONTOH.EXAMPLE",
    ],
)
def test_a_link_of_a_new_account_waits_for_a_human(desk, body):
    person = make_member()
    for _ in range(4):
        make_thread(person)
    scan_all()
    opening = make_thread(person, body=body)
    scan_all()
    assert opening.visibility is Visibility.HELD
    assert lanes()[-1] == (Lane.SPAM, Level.GREEN)


@pytest.mark.parametrize("body", ["Rp50.000 per bulan", "jam 7.30 ya...lalu", "aku/kamu. Dia"])
def test_ordinary_dots_are_no_link(desk, body):
    opening = make_thread(make_member(), body=body)
    scan_all()
    assert opening.visibility is Visibility.VISIBLE


def test_the_same_long_text_again_and_again_waits(context):
    person = make_member()
    posts = [make_thread(person, body=LONG) for _ in range(4)]
    for post in posts:
        scan_post(post.id)
    assert [post.visibility is Visibility.HELD for post in posts].count(True) >= 2
    assert {lane for lane, _ in lanes()} == {Lane.SPAM}


def test_short_words_may_come_again_and_so_may_yesterdays(context):
    person, other = make_member(), make_member()
    for _ in range(5):
        make_thread(person, body="Aku capek.")
    with time_machine.travel(now() - timedelta(days=2)):
        for _ in range(3):
            make_thread(other, body=LONG)
    db.session.execute(
        Post.__table__.update().where(Post.author_id == other.id).values(scanned_version=1)
    )
    make_thread(other, body=LONG)
    scan_all()
    assert lanes() == []


def test_spam_is_cleared_with_other_spam_and_its_writer_hears_of_it(desk):
    rani = make_member("rani", Role.MODERATOR)
    person = make_member()
    opening = make_thread(person, body=LINK)
    scan_all()
    found = listed_for(rani)
    assert [post.id for listed in found for post in listed.posts] == [opening.id]
    case = found[0].case
    clear(rani, case, case.version, Why(MeasureReason.SPAM, "words"))
    assert opening.visibility is Visibility.HIDDEN
    assert case.state is CaseState.CLOSED
    assert db.session.scalars(select(Notice.member_id)).all() == [person.id]


# Pace


def test_a_new_account_writes_slower_and_loses_nothing(young, browser_of):
    with young.app_context():
        person = make_member("hangat-kenari-64")
        old = make_member("lembut-rumput-31")
        old.joined_on = now().date() - timedelta(days=90)
        slug = make_room().slug
        db.session.commit()
        assert is_new(person)
    client = browser_of("hangat-kenari-64")
    for number in range(4):
        sent = send(client, f"/ruang/{slug}/tulis", title="T", body=f"zz-{number}")
        assert sent.status_code == 302
    refused = send(client, f"/ruang/{slug}/tulis", title="zz-title", body="zz-the-fifth")
    assert refused.status_code == 429
    html = refused.get_data(as_text=True)
    assert "zz-the-fifth" in html
    assert "zz-title" in html
    page = Page(refused)
    assert "119" in page.text
    assert "New accounts write a little slower" in page.text
    # Reading, help and worrying about someone stay open.
    for path in ("/", f"/ruang/{slug}", "/bantuan"):
        assert client.get(path).status_code == 200
    other = browser_of("lembut-rumput-31")
    for number in range(5):
        sent = send(other, f"/ruang/{slug}/tulis", title="T", body=f"zz-{number}")
        assert sent.status_code == 302


# The door of worry


def worry(reporter: Member, post: Post) -> Case:
    report_post(reporter, post, Door.WORRY, "")
    db.session.flush()
    return db.session.scalars(
        select(Case)
        .where(Case.thread_id == post.thread_id)
        .execution_options(populate_existing=True)
    ).one()


def test_worries_beyond_a_days_bound_are_read_and_go_ahead_of_nobody(context):
    reporter = make_member()
    cases = [worry(reporter, make_thread()) for _ in range(7)]
    assert [case.level for case in cases] == [Level.RED] * 5 + [Level.AMBER] * 2
    assert {case.lane for case in cases} == {Lane.WORRY}
    with time_machine.travel(now() + timedelta(hours=25)):
        assert worry(reporter, make_thread()).level == Level.RED


def test_one_reporter_makes_one_person_urgent_twice_a_day(context):
    reporter, target = make_member(), make_member()
    cases = [worry(reporter, make_thread(target)) for _ in range(4)]
    assert [case.level for case in cases] == [Level.RED] * 2 + [Level.AMBER] * 2
    # Somebody else's worry counts in full.
    assert worry(make_member(), make_thread(target)).level == Level.RED


def test_many_reporters_make_nobody_urgent_whom_humans_found_calm(context):
    target = make_member()
    for _ in range(2):
        case = worry(make_member(), make_thread(target))
        assert case.level == Level.RED
        case.state, case.close_reason = CaseState.CLOSED, CloseReason.NO_RISK
        case.closed_at = now()
        db.session.flush()
    assert worry(make_member(), make_thread(target)).level == Level.AMBER
    # What they write themselves is never judged by that.
    make_thread(target, body="zzred")
    scan_all()
    assert (Lane.RISK, Level.RED) in lanes()


def test_a_case_that_is_red_stays_red_and_staff_are_not_bounded(context):
    reporter, helper = make_member(), make_member(role=Role.VOLUNTEER)
    for _ in range(5):
        worry(reporter, make_thread())
    red = make_case(Level.RED)
    post = db.session.scalars(select(Post).where(Post.thread_id == red.thread_id)).one()
    assert worry(reporter, post).level == Level.RED
    assert {worry(helper, make_thread()).level for _ in range(7)} == {Level.RED}


def test_the_person_worried_about_sees_nothing_of_it(app, browser_of):
    with app.app_context():
        target = make_member("lembut-rumput-31")
        opening = make_thread(target)
        scan_all()
        address = f"/utas/{opening.thread.public_id}"
        slug = db.session.scalar(select(Room.slug))
    client = browser_of("lembut-rumput-31")
    pages = [address, "/", f"/ruang/{slug}", "/akun", "/pesan", "/pemberitahuan"]

    def look() -> list[str]:
        return [Page(client.get(page)).text for page in pages]

    before = look()
    with app.app_context():
        post = db.session.scalars(select(Post)).one()
        for _ in range(4):
            report_post(make_member(), post, Door.WORRY, "zz-note")
        db.session.commit()
        assert db.session.scalar(select(func.count()).select_from(Notice)) == 0
    assert look() == before
