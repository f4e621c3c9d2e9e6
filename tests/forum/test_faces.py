"""A post's HTML is made once for all who see it alike, and for nobody who sees it otherwise."""

import pytest
from sqlalchemy import select

from forum.accounts.models import Member
from forum.blocks.operations import block
from forum.extensions import db
from forum.posts import faces
from forum.posts.models import Post
from forum.reactions.models import ReactionKind
from forum.reactions.operations import react
from tests.factories import make_member, scan_all
from tests.pages import csrf_token


@pytest.fixture
def readers(app, site, browser_of):
    """Two members who have written nothing here, and the address of a thread."""
    with app.app_context():
        for name in ("pembaca-satu-11", "pembaca-dua-22"):
            make_member(name, language="id")
        scan_all()
        db.session.commit()
    faces._keep.cache_clear()
    return browser_of("pembaca-satu-11"), browser_of("pembaca-dua-22"), f"/utas/{site.thread_id}"


def change(app, site, act) -> None:
    with app.app_context():
        reader = db.session.scalars(
            select(Member).where(Member.pseudonym == "pembaca-satu-11")
        ).one()
        post = db.session.scalars(select(Post).where(Post.public_id == site.opening_id)).one()
        act(reader, post)
        db.session.commit()


def test_who_sees_a_post_alike_gets_the_same_html(readers):
    first, second, address = readers
    first.get(address)
    made = faces._keep.cache_info()
    assert made.misses > 0
    second.get(address)
    after = faces._keep.cache_info()
    assert after.misses == made.misses
    assert after.hits == made.hits + made.misses


@pytest.mark.parametrize(
    ("act", "mark"),
    [
        (lambda reader, post: react(reader, post, ReactionKind.HEAR), 'aria-pressed="true"'),
        (lambda reader, post: block(reader, post, hides_me=False), "tidak membaca nama ini"),
    ],
    ids=["a sign", "a name not read"],
)
def test_what_one_reader_did_shows_to_them_alone(app, site, readers, act, mark):
    first, second, address = readers
    for client in (first, second):
        assert mark not in client.get(address).get_data(as_text=True)
    change(app, site, act)
    assert mark in first.get(address).get_data(as_text=True)
    assert mark not in second.get(address).get_data(as_text=True)


def test_no_token_is_part_of_what_is_kept(app, site, readers, monkeypatch):
    first, _, address = readers
    kept: list[str] = []
    draw = faces._draw

    def note(face):
        kept.append(str(draw(face)))
        return draw(face)

    monkeypatch.setattr(faces, "_keep", note)
    page = first.get(address).get_data(as_text=True)
    assert kept
    assert "csrf_token" in page
    assert csrf_token(first)
    assert not any("csrf_token" in html for html in kept)
