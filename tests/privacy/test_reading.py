"""What somebody reads, keeps and shows is in their copy, and goes when they leave."""

import io
import json
import zipfile

import pytest
from sqlalchemy import func, select

from forum.drafts.models import Draft
from forum.drafts.operations import keep_draft
from forum.extensions import db
from forum.follows.models import Follow
from forum.posts.models import Visibility
from forum.reactions.models import Reaction, ReactionKind
from forum.reactions.operations import react
from forum.rooms.models import ContentWarning, RoomAgreement, Showing
from forum.rooms.operations import agree
from forum.tags.models import LivedTag
from forum.tags.operations import choose_tags
from forum.topics.operations import choose_topics
from moderation.rights.erasure import request_erasure
from moderation.rights.export import make_copy
from moderation.rights.models import PostsFate
from tests.factories import make_member, make_reply, make_room, make_thread, scan_all

TABLES = (Draft, Follow, LivedTag, Reaction, RoomAgreement)
KEPT = "zzkenari-draf"


def rows_of(member_id: int) -> dict[str, int]:
    return {
        table.__name__: db.session.scalar(
            select(func.count()).where(table.member_id == member_id).select_from(table)
        )
        for table in TABLES
    }


@pytest.mark.parametrize("posts", list(PostsFate))
def test_all_of_it_is_told_and_all_of_it_goes(context, monkeypatch, tmp_path, posts):
    monkeypatch.setitem(context.config, "ERASE_LIST", tmp_path / "erased.jsonl")
    member, other = make_member("satu-orang"), make_member("orang-lain")
    room = make_room()
    room.tags = [{"code": "lama", "id": "sudah lama", "en": "for long"}]
    mine, theirs = make_thread(member, room), make_thread(other, room)
    scan_all()
    react(member, theirs, ReactionKind.ME_TOO)
    react(other, mine, ReactionKind.HEAR)
    keep_draft(member, room, theirs.thread, title="", body=KEPT)
    choose_tags(member, room, ["lama"])
    room.agreement_id = room.agreement_en = "Kind words."
    agree(member, room, agreed=True)
    choose_topics(member, {ContentWarning.GRIEF: Showing.LEFT_OUT})
    db.session.commit()
    assert set(rows_of(member.id).values()) == {1}

    with zipfile.ZipFile(io.BytesIO(make_copy(member))) as archive:
        page, data = archive.read("data.html").decode(), json.loads(archive.read("data.json"))
    for words in (KEPT, "for long", "Me too", "Not in my lists", "Mentions loss and grief"):
        assert words in page, words
    fields = {field for rows in data.values() for row in rows for field in row}
    assert not [field for field in fields if "_" in field and field in page]
    for code in ("me_too", "left_out"):
        assert code not in page

    member_id, other_id = member.id, other.id
    request_erasure(member, posts)
    scan_all()
    db.session.expire_all()
    assert set(rows_of(member_id).values()) == {0}
    assert member.shown_topics == {}
    # What came to the writer goes with the writer; what others follow stays theirs.
    assert rows_of(other_id) == {
        "Draft": 0,
        "Follow": 1,
        "LivedTag": 0,
        "Reaction": 0,
        "RoomAgreement": 0,
    }


def test_a_copy_tells_no_title_that_its_owner_may_not_read(context):
    member, writer, room = make_member("satu-orang"), make_member("orang-lain"), make_room()
    hidden, shown = (make_thread(writer, room, title=title) for title in ("zzrahasia", "zzterbuka"))
    for opening in (hidden, shown):
        make_reply(opening, member)
    scan_all()
    for opening in (hidden, shown):
        react(member, opening, ReactionKind.HEAR)
    hidden.visibility = Visibility.HIDDEN
    db.session.commit()
    copy = make_copy(member)
    with zipfile.ZipFile(io.BytesIO(copy)) as archive:
        page, data = archive.read("data.html").decode(), archive.read("data.json").decode()
    assert data.count("zzterbuka") == 3
    assert "zzterbuka" in page
    assert "zzrahasia" not in page + data
