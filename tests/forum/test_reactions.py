"""A sign without words: the writer reads which came, nobody reads who or how many."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from forum.accounts.models import Member
from forum.clock import now
from forum.extensions import db
from forum.posts.models import Post, Visibility
from forum.posts.operations import NotAllowed, Paused, set_visibility
from forum.reactions.models import Reaction, ReactionKind
from forum.reactions.operations import react, take_back
from forum.reactions.queries import signs_on
from tests.factories import make_member, make_thread, scan_all
from tests.pages import Page, csrf_token

HEAR, ME_TOO, THANKS = ReactionKind.HEAR, ReactionKind.ME_TOO, ReactionKind.THANKS


def stored() -> int:
    return db.session.scalar(select(func.count()).select_from(Reaction))


def press(client, post_id: str, **button: str):
    data = {"csrf_token": csrf_token(client), **button}
    return client.post(f"/tulisan/{post_id}/tanggapan", data=data)


@pytest.fixture
def post(context) -> Post:
    made = make_thread()
    scan_all()
    return made


def test_a_sign_is_given_once_and_taken_back(post):
    reader, other = make_member(), make_member()
    for _ in range(2):
        react(reader, post, HEAR)
    react(reader, post, THANKS)
    react(other, post, HEAR)
    assert stored() == 3
    signs = signs_on([post], reader)[post.id]
    assert (signs.mine, signs.others) == ({HEAR, THANKS}, {HEAR})
    assert signs_on([post], None)[post.id].others == {HEAR, THANKS}
    for _ in range(2):
        take_back(reader, post, HEAR)
    assert signs_on([post], reader)[post.id].mine == {THANKS}
    assert signs_on([post], post.author)[post.id].others == {HEAR, THANKS}


def test_nobody_answers_themselves_or_what_others_do_not_see_or_in_a_pause(post):
    with pytest.raises(NotAllowed):
        react(post.author, post, HEAR)
    paused = make_member()
    paused.paused_until = now() + timedelta(days=30)
    with pytest.raises(Paused):
        react(paused, post, HEAR)
    set_visibility(post, Visibility.HELD)
    with pytest.raises(NotAllowed):
        react(make_member(), post, HEAR)
    assert stored() == 0


def test_the_page_tells_the_writer_which_and_others_only_that(app, site, browser_of):
    reader, writer = browser_of("other-pagi"), browser_of("author-sore")
    address = f"/utas/{site.thread_id}"
    assert press(reader, site.opening_id, give="me_too").status_code == 302
    for name in ("member-kita", "volunteer-kita"):
        assert press(browser_of(name), site.opening_id, give="hear").status_code == 302
    seen = Page(writer.get(address))
    assert "Someone tells you: “I hear you”, “Me too”" in seen.text
    for client in (app.test_client(), browser_of("moderator-kita")):
        page = Page(client.get(address, headers={"Accept-Language": "en"}))
        assert "Someone has answered without words." in page.text
        assert "Someone tells you" not in page.text
    # No count of what came, and nobody's name, on anybody's page.
    assert not re.search(r"\b[23]\b", seen.text.split("Someone tells you")[1].split("Edit")[0])
    assert "member-kita" not in seen.text
    pressed = [
        tag for _, tag in Page(reader.get(address)).tags if tag.get("aria-pressed") == "true"
    ]
    assert [(tag["name"], tag["value"]) for tag in pressed] == [("take", "me_too")]
    press(reader, site.opening_id, take="me_too")
    assert "Me too" not in Page(writer.get(address)).text.split("Someone tells you")[1][:40]


def test_odd_signs_are_refused(app, site, browser_of):
    reader = browser_of("member-kita")
    assert press(reader, site.opening_id, give="like").status_code == 400
    assert press(reader, site.opening_id).status_code == 400
    assert press(reader, "nothing", give="hear").status_code == 404
    assert press(browser_of("author-sore"), site.opening_id, give="hear").status_code == 403
    with app.app_context():
        member = db.session.scalar(select(Member).where(Member.pseudonym == "member-kita"))
        member.paused_until = now() + timedelta(days=30)
        db.session.commit()
    assert press(reader, site.opening_id, give="hear").status_code == 403
    with app.app_context():
        assert stored() == 0
