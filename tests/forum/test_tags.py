"""What members show of their own life: few, chosen, and beside the name of one room alone."""

import pytest
from sqlalchemy import select

from forum.accounts.aliases import choose_name
from forum.extensions import db
from forum.posts.models import Post
from forum.rooms.models import Room
from forum.tags.operations import TooManyTags, choose_tags
from forum.tags.queries import tags_beside, tags_of
from tests.factories import make_member, make_reply, make_room, make_thread, scan_all
from tests.pages import Page, csrf_token, send

TAGS = [{"code": code, "id": f"{code} id", "en": f"{code} en"} for code in ("a", "b", "c", "d")]


def room_with_tags() -> Room:
    room = make_room()
    room.tags = TAGS
    db.session.flush()
    return room


@pytest.mark.usefixtures("context")
def test_few_of_the_rooms_own_list_and_none_is_fine():
    room, member = room_with_tags(), make_member()
    choose_tags(member, room, ["d", "a", "expert"])
    assert tags_of(member, room) == {"a", "d"}
    with pytest.raises(TooManyTags):
        choose_tags(member, room, ["a", "b", "c", "d"])
    assert tags_of(member, room) == {"a", "d"}
    choose_tags(member, room, [])
    assert tags_of(member, room) == set()


@pytest.mark.usefixtures("context")
def test_they_stand_beside_the_name_of_their_room_and_no_other():
    room, other, member = room_with_tags(), room_with_tags(), make_member("hangat-kenari-64")
    alias = choose_name(member, room.id, "sore-melati-27")
    own = make_thread(member, room)
    moved = make_thread(member, other)
    theirs = make_reply(own)
    scan_all()
    choose_tags(member, room, ["b", "a"])
    shown = tags_beside([own, theirs], room)
    assert shown == {(member.id, alias.id): [TAGS[0], TAGS[1]]}
    assert tags_beside([moved], other) == {}
    # The thread of the pseudonym comes to the room where its writer has another name.
    moved.thread.room = room
    db.session.flush()
    assert tags_beside([moved], room).get((member.id, moved.alias_id)) is None


def test_choosing_and_reading_them(app, site, browser_of):
    with app.app_context():
        room = db.session.scalars(select(Room).where(Room.slug == site.slug)).one()
        room.tags = TAGS
        db.session.commit()
    writer, reader = browser_of("author-sore"), app.test_client()
    page = f"/ruang/{site.slug}/pengalaman"
    assert page in Page(writer.get(f"/ruang/{site.slug}")).links
    assert page not in Page(reader.get(f"/ruang/{site.slug}")).links
    token = csrf_token(writer)
    many = writer.post(page, data={"csrf_token": token, "tags": ["a", "b", "c", "d"]})
    assert "At most 3 fit." in Page(many).text
    assert writer.post(page, data={"csrf_token": token, "tags": ["a", "c"]}).status_code == 302
    english = {"Accept-Language": "en"}
    assert "a en, c en" in Page(reader.get(f"/utas/{site.thread_id}", headers=english)).text
    assert "a id, c id" in Page(reader.get(f"/utas/{site.thread_id}")).text
    with app.app_context():
        room = make_room("ruang-lain")
        post: Post = make_thread(room=room)
        post.author = db.session.scalar(
            select(type(post.author)).filter_by(pseudonym="author-sore")
        )
        scan_all()
        elsewhere = f"/utas/{post.thread.public_id}"
    assert "a id" not in Page(reader.get(elsewhere)).text
    assert writer.get("/ruang/ruang-lain/pengalaman").status_code == 404
    assert send(writer, page, tags="x").status_code == 200
