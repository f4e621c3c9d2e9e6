"""Following a thread: who is told of an answer, when, and what is marked as new."""

import pytest
from sqlalchemy import select

from forum.blocks.operations import block
from forum.extensions import db
from forum.follows.models import Follow
from forum.follows.operations import note_read, set_follow
from forum.follows.queries import first_unread, follow_of, with_news
from forum.notices.models import Notice, NoticeKind
from forum.posts.lists import followed_by
from forum.posts.models import Post, Visibility
from forum.posts.operations import delete, edit, reply, set_visibility
from forum.rooms.models import ContentWarning
from tests.factories import make_member, make_reply, make_thread, scan_all
from tests.pages import Page, csrf_token, send


def told() -> list[tuple[int, int]]:
    """Return who was told of which answer."""
    rows = select(Notice).where(Notice.kind == NoticeKind.REPLY).order_by(Notice.id)
    return [(notice.member_id, notice.post_id) for notice in db.session.scalars(rows)]


@pytest.fixture
def opening(context) -> Post:
    made = make_thread()
    scan_all()
    return made


def test_who_writes_follows_and_is_told_once_until_they_look(opening):
    writer, other = opening.author, make_member()
    first = make_reply(opening, other)
    assert told() == [], "not before others can read it"
    scan_all()
    assert told() == [(writer.id, first.id)]
    second = make_reply(opening, make_member())
    scan_all()
    # The writer has not looked yet; the first one who answered follows too.
    assert told() == [(writer.id, first.id), (other.id, second.id)]
    note_read(writer, opening.thread, second.id)
    third = make_reply(opening, make_member())
    scan_all()
    assert (writer.id, third.id) in told()


def test_nobody_hears_of_what_is_held_and_a_hidden_answer_is_taken_back(opening):
    bad = make_reply(opening, body="zzpush")
    scan_all()
    assert bad.visibility is Visibility.HELD
    assert told() == []
    set_visibility(bad, Visibility.VISIBLE)
    db.session.commit()
    assert len(told()) == 1
    set_visibility(bad, Visibility.HIDDEN)
    db.session.commit()
    assert told() == []
    good = make_reply(opening)
    scan_all()
    delete(good.author, good)
    db.session.commit()
    assert told() == []


def test_an_edit_is_no_second_answer(opening):
    answer = make_reply(opening)
    scan_all()
    note_read(opening.author, opening.thread, answer.id)
    edit(answer.author, answer, body="Better words.", warning=ContentWarning.NONE)
    scan_all()
    assert told() == [(opening.author_id, answer.id)]


def test_who_wants_no_more_is_not_told_also_after_answering(opening):
    writer = opening.author
    set_follow(writer, opening.thread, is_on=False)
    make_reply(opening, writer, "One more thing.")
    make_reply(opening)
    scan_all()
    assert writer.id not in [member_id for member_id, _ in told()]
    assert with_news([opening.thread], writer) == set()
    assert followed_by(writer).items == []
    set_follow(writer, opening.thread, is_on=True)
    assert followed_by(writer).items == [opening]
    assert db.session.scalars(select(Follow.member_id)).all().count(writer.id) == 1


def test_staff_on_duty_tell_and_do_not_follow(opening):
    answer = reply(
        make_member(), opening.thread, body="I read.", submission_key="k" * 16, as_volunteer=True
    )
    scan_all()
    assert told() == [(opening.author_id, answer.id)]
    assert follow_of(answer.author, opening.thread) is None


def test_distance_holds_for_what_is_told_and_for_what_is_new(opening):
    loud, quiet, shy = make_member(), make_member(), make_member()
    first = make_reply(opening, loud)
    for person in (quiet, shy):
        set_follow(person, opening.thread, is_on=True)
    scan_all()
    db.session.execute(Notice.__table__.delete())
    # One does not want to read that name, the other must not be read by it.
    block(quiet, first, hides_me=False)
    mine = make_reply(opening, shy)
    scan_all()
    db.session.execute(Notice.__table__.delete())
    block(shy, first, hides_me=True)
    db.session.commit()
    second = make_reply(opening, loud, "Louder.")
    third = make_reply(opening, shy, "Shyer.")
    scan_all()
    assert (quiet.id, second.id) not in told()
    assert (quiet.id, third.id) in told()
    assert [post_id for member_id, post_id in told() if member_id == loud.id] == []
    assert first_unread(loud, opening.thread) is None
    assert first_unread(quiet, opening.thread).id == mine.id


def test_what_is_new_is_marked_until_its_page_is_opened(app, site, browser_of):
    reader, writer = browser_of("author-sore"), browser_of("member-kita")
    room, thread = f"/ruang/{site.slug}", f"/utas/{site.thread_id}"
    reader.get(thread)
    assert "new answers" not in Page(reader.get(room)).text
    send(writer, thread, "/balas", body="A new word.")
    with app.app_context():
        scan_all()
    for address in (room, "/diikuti"):
        page = Page(reader.get(address))
        assert "new answers" in page.text
        assert f"{thread}/baru" in page.links
        assert "new answers" not in Page(writer.get(address)).text
        assert Page(writer.get(address)).status == 200
    there = reader.get(f"{thread}/baru", follow_redirects=True)
    assert "New since you were here" in Page(there).text
    assert "new answers" not in Page(reader.get(room)).text
    assert reader.get(f"{thread}/baru").location == thread


def test_a_notice_tells_nothing_and_leads_to_the_answer(app, site, browser_of):
    reader, writer = browser_of("author-sore"), browser_of("member-kita")
    thread = f"/utas/{site.thread_id}"
    reader.get(thread)
    send(writer, thread, "/balas", body="A quiet word.")
    with app.app_context():
        scan_all()
    listed = Page(reader.get("/pemberitahuan"))
    assert "From a thread that you follow" in listed.text
    assert "member-kita" not in listed.text
    assert "A calm title" not in listed.text
    link = next(link for link in listed.links if link.startswith("/pemberitahuan/"))
    shown = Page(reader.get(link))
    assert "A quiet word" not in shown.text
    (post,) = [link for link in shown.links if link.startswith("/tulisan/")]
    assert "A quiet word" in Page(reader.get(post, follow_redirects=True)).text
    with app.app_context():
        answer = db.session.scalars(select(Post).order_by(Post.id.desc())).first()
        set_visibility(answer, Visibility.HIDDEN)
        db.session.commit()
    assert "can't be read any more" in Page(reader.get(link)).text
    assert reader.get(post).status_code == 404


def test_following_by_hand(app, site, browser_of):
    reader = browser_of("member-kita")
    thread = f"/utas/{site.thread_id}"
    token = csrf_token(reader)
    for on, tells in (("1", "Follow this thread"), ("0", "Stop following")):
        assert tells in Page(reader.get(thread)).text
        reader.post(f"{thread}/ikuti", data={"csrf_token": token, "on": on})
        assert (thread in Page(reader.get("/diikuti")).links) is (on == "1")
    # Of who only reads nothing is kept.
    browser_of("other-pagi").get(thread)
    passing = browser_of("moderator-kita")
    passing.get(thread)
    with app.app_context():
        assert len(db.session.scalars(select(Follow)).all()) == 3
