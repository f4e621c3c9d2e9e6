"""Lists of threads and pages of a thread: complete, in order, and still while others write."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from forum.blocks.operations import block
from forum.clock import now
from forum.extensions import db
from forum.posts.lists import THREADS_PER_PAGE, Place, threads_of, unanswered
from forum.posts.models import Post, Visibility
from forum.posts.operations import reply, set_visibility
from forum.posts.queries import POSTS_PER_PAGE, page_of, posts_of
from forum.rooms.models import Room
from forum.web.cursors import asked_place, seal
from tests.factories import make_member, make_reply, make_room, make_thread, scan_all
from tests.pages import Page


@pytest.fixture
def room(context) -> Room:
    return make_room()


def fill(room: Room, number: int) -> list[Post]:
    """Add threads, the oldest first."""
    made = [make_thread(room=room, title=f"Number {count}") for count in range(number)]
    for age, post in enumerate(reversed(made)):
        moment = now() - timedelta(hours=age)
        post.thread.created_at = post.thread.last_post_at = moment
    scan_all()
    return made


def test_a_room_is_read_to_its_end_while_old_threads_come_up_again(room):
    made = fill(room, 2 * THREADS_PER_PAGE + 5)
    first = threads_of(room, None)
    assert first.items == made[: -THREADS_PER_PAGE - 1 : -1]
    # Somebody answers in a thread that this reader has not come to yet, and in one that they have.
    for post in (made[0], made[-1]):
        make_reply(post)
    scan_all()
    second = threads_of(room, None, first.after)
    third = threads_of(room, None, second.after)
    seen = first.items + second.items + third.items
    assert len(seen) == len(set(seen)), "nothing comes twice"
    assert set(made) - set(seen) == {made[0]}, "what came up stands on the first page"
    assert threads_of(room, None).items[:2] == [made[-1], made[0]]
    assert third.after is None


def test_threads_of_the_same_moment_are_all_there(room):
    made = fill(room, THREADS_PER_PAGE + 3)
    moment = now()
    for post in made:
        post.thread.last_post_at = moment
    db.session.commit()
    first = threads_of(room, None)
    assert set(first.items + threads_of(room, None, first.after).items) == set(made)


def test_the_address_of_a_further_part_shows_no_moment_and_no_counter(app: Flask):
    place = Place(now(), 7)
    with app.app_context():
        sealed, neighbour = seal(place), seal(Place(place.moment, 8))
    with app.test_request_context(f"/?setelah={sealed}"):
        assert asked_place() == place
    broken = [
        "",
        "x",
        "é",
        sealed[:-2],
        ("B" if sealed[0] == "A" else "A") + sealed[1:],
        "A" * 43,
        "=" * 5,
    ]
    for text in broken:
        with app.test_request_context("/", query_string={"setelah": text}):
            assert asked_place() is None
    # Next to each other in a list, and no byte of the one leads to the other. A third that is the
    # same is far beyond chance.
    alike = sum(
        one == other for one, other in zip(*map(unsealed, (sealed, neighbour)), strict=True)
    )
    assert alike < len(unsealed(sealed)) / 3
    micros = (place.moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    for shown in (micros.to_bytes(8, "big"), (7).to_bytes(8, "big")):
        assert shown not in unsealed(sealed)


def unsealed(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=")


def test_the_pages_of_a_thread_stay_where_they_are(room):
    opening = make_thread(room=room)
    posts = [opening, *(make_reply(opening, body=f"{n}.") for n in range(2 * POSTS_PER_PAGE))]
    scan_all()
    second = posts_of(opening.thread, None, 2).items
    assert second == posts[POSTS_PER_PAGE : 2 * POSTS_PER_PAGE]
    # Held posts of the first page move nothing on the second one.
    for post in posts[3:8]:
        set_visibility(post, Visibility.HELD)
    db.session.commit()
    first = posts_of(opening.thread, None, 1)
    assert first.items == posts[:3] + posts[8:POSTS_PER_PAGE]
    assert first.has_next
    assert posts_of(opening.thread, None, 2).items == second
    assert page_of(second[0]) == 2
    last = posts_of(opening.thread, None, 3)
    assert (last.items, last.has_next) == (posts[2 * POSTS_PER_PAGE :], False)
    # A page of which a reader may see nothing still leads on, and one beyond the end does not.
    for post in second:
        set_visibility(post, Visibility.HIDDEN)
    db.session.commit()
    empty = posts_of(opening.thread, None, 2)
    assert (empty.items, empty.has_next) == ([], True)
    assert posts_of(opening.thread, None, 9).items == []


def test_who_waits_longest_for_an_answer_stands_first(room):
    waiting, answered, locked, own_words, held = fill(room, 5)
    reader = make_member()
    make_reply(answered)
    make_reply(own_words, own_words.author, "Nobody?")
    locked.thread.is_locked = True
    scan_all()
    set_visibility(held, Visibility.HELD)
    assert unanswered(reader, room).items == [waiting, own_words]
    assert unanswered(None).items == [waiting, own_words]
    assert unanswered(waiting.author, room).items == [own_words], "one's own are not there"
    # An answer of a volunteer is an answer, also of one who wrote the thread as a member.
    reply(waiting.author, waiting.thread, body="Hm.", submission_key="k" * 16, as_volunteer=True)
    make_reply(own_words, body="zzpush")
    scan_all()
    assert unanswered(reader, room).items == [own_words], "a held answer is none"
    block(reader, own_words, hides_me=False)
    assert unanswered(reader, room).items == []


def test_all_rooms_hold_what_is_listed_alone_and_go_on(room):
    made = fill(room, THREADS_PER_PAGE + 2)
    hidden = make_room()
    hidden.is_listed = False
    aside = make_thread(room=hidden)
    scan_all()
    first = unanswered(None)
    assert first.items == made[:THREADS_PER_PAGE]
    make_reply(made[0])
    scan_all()
    assert unanswered(None, None, first.after).items == made[THREADS_PER_PAGE:]
    assert unanswered(None, hidden).items == [aside]


def test_the_pages_of_lists(app, site, browser_of):
    with app.app_context():
        room = db.session.scalars(select(Room).where(Room.slug == site.slug)).one()
        fill(room, THREADS_PER_PAGE + 1)
    client = browser_of("member-kita")
    page = Page(client.get(f"/ruang/{site.slug}"))
    (further,) = {link for link in page.links if "setelah=" in link}
    assert "Number 0" in Page(client.get(further)).text
    for address in ("/belum-dijawab", f"/ruang/{site.slug}/belum-dijawab"):
        page = Page(client.get(address))
        assert page.text.index("Number 0") < page.text.index("Number 1")
        (further,) = {link for link in page.links if "setelah=" in link}
        assert f"Number {THREADS_PER_PAGE}" in Page(client.get(further)).text
    assert client.get("/ruang/nowhere/belum-dijawab").status_code == 404
