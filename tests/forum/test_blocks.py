"""Some distance from a name: who sees what, and that nobody learns of it or from it."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from forum.accounts.aliases import choose_name
from forum.accounts.models import Member, Role
from forum.blocks import operations
from forum.blocks.models import Block
from forum.blocks.operations import NotBlockable, TooMany, block, may_block, unblock
from forum.blocks.queries import muted_by
from forum.extensions import db
from forum.notices.models import Notice
from forum.posts.lists import threads_of
from forum.posts.models import Post
from forum.posts.operations import reply
from forum.posts.queries import get_post_for, get_thread_for, posts_of
from forum.rooms.models import Room
from tests.factories import make_member, make_reply, make_room, make_thread, scan_all
from tests.pages import Page, csrf_token, send, statements_of

OWN, ALIAS = "hangat-kenari-64", "sore-melati-27"


@pytest.fixture
def room(context) -> Room:
    return make_room()


@pytest.fixture
def rude(context) -> Member:
    return make_member("kasar-batu-99")


@pytest.fixture
def me(context) -> Member:
    return make_member(OWN)


def seen(viewer: Member | None, post: Post) -> bool:
    """Return whether a post is there for a viewer, by each way to it alike."""
    alone = get_post_for(viewer, post.public_id) is not None
    in_thread = post in posts_of(post.thread, viewer).items
    assert alone == in_thread
    if post.is_opening:
        assert alone == (get_thread_for(viewer, post.thread.public_id) is not None)
    return alone


def listed(viewer: Member | None, post: Post) -> bool:
    return post in threads_of(post.thread.room, viewer).items


def test_a_muted_name_is_folded_for_one_reader_and_for_nobody_else(me, rude, room):
    theirs, mine = make_thread(rude, room), make_thread(me, room)
    scan_all()
    block(me, theirs, hides_me=False)
    assert muted_by(me) == {(rude.id, None)}
    assert (seen(me, theirs), listed(me, theirs)) == (True, False)
    assert (seen(rude, mine), listed(rude, mine)) == (True, True)
    assert listed(make_member(), theirs)
    assert muted_by(rude) == set()
    assert unblock(me, db.session.scalar(select(Block.id)))
    assert listed(me, theirs)


def test_a_blocked_name_meets_nothing_of_the_blocker(me, rude, room):
    opening = make_thread(me, room)
    theirs = make_thread(rude, room)
    answer = make_reply(theirs, me)
    scan_all()
    assert seen(rude, opening)
    block(me, theirs, hides_me=True)
    assert not seen(rude, opening)
    assert not seen(rude, answer)
    assert not listed(rude, opening)
    for other in (None, me, make_member(), make_member("rani", Role.MODERATOR)):
        assert seen(other, opening)
        assert seen(other, answer)


def test_who_is_blocked_can_neither_answer_nor_report_and_is_told_nothing(app, browser_of):
    with app.app_context():
        me, rude, room = make_member(OWN), make_member("kasar-batu-99"), make_room()
        opening, theirs = make_thread(me, room), make_thread(rude, room)
        scan_all()
        paths = [f"/utas/{opening.thread.public_id}", f"/lapor/{opening.public_id}"]
        room_page, before = f"/ruang/{room.slug}", f"/utas/{theirs.thread.public_id}"
        address = f"/tulisan/{theirs.public_id}/jarak"
        db.session.commit()
    client = browser_of("kasar-batu-99")
    assert send(browser_of(OWN), address, kind="block").status_code == 302
    assert [client.get(path).status_code for path in paths] == [404, 404]
    data = {"csrf_token": csrf_token(client), "body": "x", "submission_key": "k" * 20}
    assert client.post(f"{paths[0]}/balas", data=data).status_code == 404
    assert Page(client.get(paths[0])).text == Page(client.get("/utas/no-such")).text
    for page in (room_page, before, "/akun", "/pemberitahuan"):
        assert OWN not in client.get(page).get_data(as_text=True)
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Notice)) == 0


def test_a_block_concerns_one_name_and_tells_of_no_other(me, rude):
    """Else blocking one name and watching who falls silent would tell whose it is too."""
    first, second = make_room(), make_room()
    choose_name(rude, second.id, ALIAS)
    theirs, hidden_name = make_thread(rude, first), make_thread(rude, second)
    mine = [make_thread(me, room) for room in (first, second)]
    scan_all()
    block(me, theirs, hides_me=True)
    assert not seen(rude, mine[0])
    assert seen(rude, mine[1])
    assert listed(me, hidden_name)
    assert muted_by(me) == {(rude.id, None)}


def test_it_holds_for_the_name_that_the_blocker_has_in_the_room_also_later(me, rude, room):
    theirs = make_thread(rude, room)
    scan_all()
    block(me, theirs, hides_me=True)
    elsewhere = make_thread(me, make_room())
    choose_name(me, room.id, ALIAS)
    mine = make_thread(me, room)
    scan_all()
    assert not seen(rude, mine)
    # What they write elsewhere under their pseudonym says nothing of this name.
    assert seen(rude, elsewhere)


def test_staff_read_everyone_and_volunteers_on_duty_are_read_by_everyone(me, rude, room):
    opening = make_thread(rude, room)
    helper = make_member("volu", Role.VOLUNTEER)
    on_duty = reply(helper, opening.thread, body="B", submission_key="a" * 16, as_volunteer=True)
    as_peer = make_reply(opening, helper)
    scan_all()
    for who, post in ((me, on_duty), (helper, opening), (rude, opening), (None, opening)):
        assert not may_block(who, post)
    with pytest.raises(NotBlockable):
        block(me, on_duty, hides_me=True)
    block(me, as_peer, hides_me=True)
    mine = make_thread(me, room)
    scan_all()
    assert seen(helper, mine)
    assert not db.session.scalar(select(func.count()).where(Block.blocker_id == helper.id))


def test_a_volunteers_answer_on_duty_is_never_folded_or_hidden(app, browser_of):
    with app.app_context():
        me, helper, room = make_member(OWN), make_member("volu", Role.VOLUNTEER), make_room()
        opening = make_thread(me, room)
        peer = make_reply(opening, helper, body="zz-as-a-peer")
        reply(helper, opening.thread, body="zz-on-duty", submission_key="a" * 16, as_volunteer=True)
        scan_all()
        block(me, peer, hides_me=True)
        db.session.commit()
        address = f"/utas/{opening.thread.public_id}"
    html = browser_of(OWN).get(address).get_data(as_text=True)
    folded = html.count("You would rather not read this name")
    assert folded == 1
    assert "zz-on-duty" in html


def test_a_later_choice_replaces_an_earlier_one_and_the_list_ends(me, rude, room, monkeypatch):
    theirs, more = make_thread(rude, room), make_thread(room=room)
    block(me, theirs, hides_me=False)
    block(me, theirs, hides_me=True)
    assert db.session.scalars(select(Block.hides_me)).all() == [True]
    monkeypatch.setattr(operations, "MOST", 1)
    with pytest.raises(TooMany):
        block(me, more, hides_me=False)
    other = make_member()
    assert not unblock(other, db.session.scalar(select(Block.id)))


def test_the_account_page_lists_them_and_ends_them(app, browser_of):
    with app.app_context():
        make_member(OWN)
        rude, room = make_member("kasar-batu-99"), make_room()
        choose_name(rude, room.id, "duri-kaktus-41")
        theirs = make_thread(rude, room)
        scan_all()
        address = f"/tulisan/{theirs.public_id}/jarak"
        thread = f"/utas/{theirs.thread.public_id}"
    client = browser_of(OWN)
    assert "duri-kaktus-41" in Page(client.get(address)).text
    send(client, address, kind="mute")
    assert "You would rather not read this name" in client.get(thread).get_data(as_text=True)
    page = client.get("/akun").get_data(as_text=True)
    assert "duri-kaktus-41" in page
    assert "kasar-batu-99" not in page
    assert send(client, "/akun", "/akun/jarak").status_code == 302
    assert "duri-kaktus-41" not in client.get("/akun").get_data(as_text=True).split("<h1>")[1]
    assert "You would rather not" not in client.get(thread).get_data(as_text=True)


def test_pages_ask_little_however_many_names_are_blocked(app: Flask, browser_of):
    with app.app_context():
        me, room = make_member(OWN), make_room()
        opening = make_thread(me, room)
        answers = [make_reply(opening) for _ in range(8)]
        scan_all()
        addresses = [f"/utas/{opening.thread.public_id}", f"/ruang/{room.slug}"]
    client = browser_of(OWN)
    before = [len(statements_of(app, client, address)) for address in addresses]
    with app.app_context():
        me = db.session.scalars(select(Member).where(Member.pseudonym == OWN)).one()
        for answer in answers:
            block(me, db.session.get_one(Post, answer.id), hides_me=True)
        db.session.commit()
    assert [len(statements_of(app, client, address)) for address in addresses] == before
