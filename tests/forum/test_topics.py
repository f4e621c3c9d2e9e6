"""Topics that a reader leaves out, has folded or open; and what a writer asks for."""

import pytest
from sqlalchemy import select

from forum.accounts.models import Member
from forum.extensions import db
from forum.posts.lists import threads_of, unanswered
from forum.posts.models import Thread, Wish
from forum.rooms.models import ContentWarning, Room, Showing
from forum.topics.operations import choose_topics
from tests.factories import make_member, make_room, make_thread, scan_all
from tests.pages import Page, send


def about(topic: ContentWarning, room: Room):
    post = make_thread(room=room)
    post.warning = post.thread.warning = topic
    return post


@pytest.mark.usefixtures("context")
def test_a_topic_left_out_is_in_no_list_but_ones_own():
    room, reader = make_room(), make_member()
    calm, grief = make_thread(room=room), about(ContentWarning.GRIEF, room)
    scan_all()
    assert set(threads_of(room, reader).items) == {calm, grief}
    choose_topics(reader, {ContentWarning.GRIEF: Showing.LEFT_OUT})
    choose_topics(grief.author, {ContentWarning.GRIEF: Showing.LEFT_OUT})
    db.session.commit()
    assert threads_of(room, reader).items == [calm]
    assert unanswered(reader, room).items == [calm]
    assert set(threads_of(room, grief.author).items) == {calm, grief}
    assert set(threads_of(room, None).items) == {calm, grief}
    choose_topics(reader, {ContentWarning.GRIEF: Showing.FOLDED})
    assert reader.shown_topics == {}
    assert len(threads_of(room, reader).items) == 2


def folds(page: Page) -> int:
    return sum(tag == "details" and "warning" in (at.get("class") or "") for tag, at in page.tags)


def test_choosing_how_a_topic_is_met(app, site, browser_of):
    with app.app_context():
        room = db.session.scalars(select(Room).where(Room.slug == site.slug)).one()
        post = about(ContentWarning.GRIEF, room)
        scan_all()
        thread = f"/utas/{post.thread.public_id}"
    client, room = browser_of("member-kita"), f"/ruang/{site.slug}"
    assert folds(Page(client.get(thread))) == 1
    assert thread in Page(client.get(room)).links
    assert send(client, "/akun/topik", grief="left_out").status_code == 302
    page = Page(client.get(room))
    assert thread not in page.links
    assert "Topics that you leave out are not in this list." in page.text
    assert "/akun/topik" in page.links
    assert folds(Page(client.get(thread))) == 1, "a link still leads to it, folded"
    assert Page(client.get("/akun/topik")).form().values["grief"] == "left_out"
    send(client, "/akun/topik", grief="open")
    assert folds(Page(client.get(thread))) == 0
    assert thread in Page(client.get(room)).links
    assert send(client, "/akun/topik", grief="sideways").status_code == 200
    with app.app_context():
        member = db.session.scalar(select(Member).where(Member.pseudonym == "member-kita"))
        assert member.shown_topics == {"grief": "open"}
    assert folds(Page(app.test_client().get(thread))) == 1, "for everyone else it is folded"


def test_readers_are_told_what_a_writer_asks_for(app, site, browser_of):
    writer, reader = browser_of("member-kita"), app.test_client()
    compose = f"/ruang/{site.slug}/tulis"
    there = send(writer, compose, title="Tired", body="A long week.", wish="listen").location
    with app.app_context():
        scan_all()
        assert db.session.scalar(select(Thread.wish).order_by(Thread.id.desc())) is Wish.LISTEN
    heard = "would like to be heard"
    english = {"Accept-Language": "en"}
    assert heard in Page(reader.get(there, headers=english)).text
    for address in (f"/ruang/{site.slug}", "/belum-dijawab"):
        assert heard in Page(reader.get(address, headers=english)).text
    edit = next(link for link in Page(writer.get(there)).links if link.endswith("/ubah"))
    assert Page(writer.get(edit)).form().values["wish"] == "listen"
    send(writer, edit, wish="company")
    with app.app_context():
        scan_all()
    assert "would like some company" in Page(reader.get(there, headers=english)).text
    send(writer, compose, title="Rest", body="No wish at all.")
    with app.app_context():
        assert db.session.scalar(select(Thread.wish).order_by(Thread.id.desc())) is Wish.NONE
