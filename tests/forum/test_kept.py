"""Kept pages: quick to give again, and never older than what the database says."""

import subprocess
import sys
import threading
import time
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import event, select

from forum.clock import now
from forum.extensions import db
from forum.posts import views as posts_views
from forum.posts.models import Post, Visibility
from forum.posts.operations import delete, edit, reply, set_visibility
from forum.rooms.models import ContentWarning
from forum.web import kept
from forum.web.changes import LastChange
from forum.web.kept import KEPT_FOR, PAGES
from tests.factories import make_member, scan_all

WORDS = "A calm day."


@pytest.fixture
def visitor(app):
    return app.test_client()


@pytest.fixture
def keeper(app):
    app.extensions["keeper"].forget()
    return app.extensions["keeper"]


@pytest.fixture
def renderings(monkeypatch):
    """The templates that were rendered, in their order."""
    seen: list[str] = []
    render = posts_views.render_page

    def note(template: str, **context: object) -> str:
        seen.append(template)
        return render(template, **context)

    monkeypatch.setattr(posts_views, "render_page", note)
    return seen


def opening_of(site) -> Post:
    return db.session.scalars(select(Post).where(Post.public_id == site.opening_id)).one()


def test_a_page_is_made_once_and_given_again(app, site, visitor, renderings):
    address = f"/utas/{site.thread_id}"
    first = visitor.get(address)
    again = visitor.get(address)
    other = app.test_client().get(address)
    assert first.data == again.data == other.data
    assert renderings == ["posts/thread.html"]
    assert again.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in first.headers, "who only reads gets no cookie"
    # What it was made of is asked for each time.
    assert visitor.get(address + "?page=2").status_code == 200
    english = visitor.get(address, headers={"Accept-Language": "en"})
    assert english.data != first.data
    assert len(renderings) == 3


CHANGES = {
    "hidden": lambda post: set_visibility(post, Visibility.HIDDEN),
    "held": lambda post: set_visibility(post, Visibility.HELD),
    "taken back": lambda post: delete(post.author, post),
    "edited": lambda post: edit(
        post.author, post, title="A calm title", body="Another day.", warning=ContentWarning.NONE
    ),
    "folded": lambda post: setattr(post, "warning", ContentWarning.GRIEF),
    "covered": lambda post: setattr(post, "body_html", post.body_html.replace("calm", "")),
    "title": lambda post: setattr(post.thread, "title", "Another title"),
    "locked": lambda post: setattr(post.thread, "is_locked", True),
    "room": lambda post: setattr(post.thread.room, "name_id", "Ruang lain"),
    "another name": lambda post: setattr(post.author, "pseudonym", "nama-lain"),
    "an answer": lambda post: reply(
        make_member(), post.thread, body="I hear you.", submission_key="k" * 32
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_in_the_database_changes_on_the_page(app, site, visitor, keeper, change):
    address = f"/utas/{site.thread_id}"
    before = visitor.get(address)
    assert visitor.get(address).data == before.data
    with app.app_context():
        CHANGES[change](opening_of(site))
        db.session.commit()
        if change == "an answer":
            scan_all()
            db.session.commit()
    after = visitor.get(address)
    assert after.data != before.data
    keeper.forget()
    assert visitor.get(address).data == after.data


def test_a_change_in_the_middle_of_a_page_is_on_the_next_one(app, site, visitor):
    """The page may be of the moment before. What is kept with it must be of that moment too."""
    address = f"/utas/{site.thread_id}"

    def hide() -> None:
        with app.app_context():
            set_visibility(opening_of(site), Visibility.HIDDEN)
            db.session.commit()

    with app.app_context():
        engine = db.engine
    reader = threading.current_thread()
    hidden: list[bool] = []

    @event.listens_for(engine, "after_cursor_execute")
    def disturb(_connection, _cursor, statement, *_):
        is_read = threading.current_thread() is reader and "post" in statement.lower()
        if is_read and "LIMIT" in statement and not hidden:
            hidden.append(True)
            other = threading.Thread(target=hide)
            other.start()
            other.join()

    try:
        first = visitor.get(address)
    finally:
        event.remove(engine, "after_cursor_execute", disturb)
    assert hidden
    assert WORDS in first.get_data(as_text=True)
    assert visitor.get(address).status_code == 404


def test_members_and_passing_words_are_never_kept(app, site, visitor, browser_of, keeper):
    address = f"/utas/{site.thread_id}"
    browser_of("author-sore").get(address)
    browser_of("moderator-kita").get(address)
    assert not len(keeper.pages)
    # To be asked to sign in leaves a word for the next page, for this browser alone.
    visitor.get("/kode")
    told = visitor.get("/")
    assert b'class="notice' in told.data
    assert not len(keeper.pages)
    assert b'class="notice' not in app.test_client().get("/").data


def test_the_clock_alone_makes_a_page_anew_soon(app, site, visitor, renderings):
    address = f"/utas/{site.thread_id}"
    with time_machine.travel(now(), tick=False) as clock:
        visitor.get(address)
        clock.shift(KEPT_FOR - timedelta(seconds=1))
        visitor.get(address)
        assert len(renderings) == 1
        clock.shift(timedelta(hours=3))
        later = visitor.get(address).get_data(as_text=True)
    assert len(renderings) == 2
    assert "3 jam" in later


def test_the_shelf_has_an_end(site, visitor, keeper):
    for number in range(PAGES + 5):
        visitor.get(f"/?x={number}")
    assert len(keeper.pages) == PAGES
    assert keeper.pages.get(("/?x=0", "id")) is None
    assert keeper.pages.get((f"/?x={PAGES + 4}", "id")) is not None


def count_statements(app, act) -> int:
    seen: list[str] = []

    def note(_connection, _cursor, statement, *_):
        seen.append(statement)

    with app.app_context():
        engine = db.engine
    # What is asked again goes past SQLAlchemy: its connections tell by being taken out.
    taken: list[object] = []

    def take(*which):
        taken.append(which)

    event.listen(engine, "after_cursor_execute", note)
    event.listen(engine, "checkout", take)
    try:
        act()
    finally:
        event.remove(engine, "after_cursor_execute", note)
        event.remove(engine, "checkout", take)
    return len(seen) + len(taken)


def test_nothing_is_asked_while_nobody_writes(app, site, visitor, monkeypatch):
    monkeypatch.setattr(kept, "TRUSTED_FOR_NS", 3_600_000_000_000)
    address = f"/utas/{site.thread_id}"
    first = visitor.get(address)
    fresh = app.test_client()
    answers = []
    assert count_statements(app, lambda: answers.append(fresh.get(address))) == 0
    assert answers[0].data == first.data
    assert dict(answers[0].headers) == dict(first.headers)
    with app.app_context():
        make_member()
        db.session.commit()
    assert count_statements(app, lambda: fresh.get(address)) > 0, "somebody has written"
    assert count_statements(app, lambda: fresh.get(address)) == 0


def test_what_another_process_writes_is_known_at_once(app, site, visitor, monkeypatch):
    monkeypatch.setattr(kept, "TRUSTED_FOR_NS", 3_600_000_000_000)
    address = f"/utas/{site.thread_id}"
    visitor.get(address)
    path = app.config["RUNTIME_DIR"] / "last-change"
    said = "import sys, pathlib, forum.web.changes as c; c.LastChange(pathlib.Path(sys.argv[1])).note()"
    subprocess.run([sys.executable, "-c", said, path], check=True)
    assert count_statements(app, lambda: visitor.get(address)) > 0


def test_what_a_stranger_writes_is_known_soon(app, site, visitor, monkeypatch):
    """Another machine's process can't tell this one; the database is asked again within a second."""
    address = f"/utas/{site.thread_id}"
    visitor.get(address)
    assert kept.TRUSTED_FOR_NS == 10**9
    with app.app_context():
        raw = db.engine.raw_connection()
        raw.cursor().execute("UPDATE thread SET title = 'Judul lain'")
        raw.commit()
        raw.close()
    time.sleep(1.1)
    assert "Judul lain" in visitor.get(address).get_data(as_text=True)


def test_a_machine_that_was_started_again_has_an_earlier_clock(tmp_path):
    path = tmp_path / "last-change"
    path.write_bytes((time.monotonic_ns() + 10**15).to_bytes(8, sys.byteorder))
    assert LastChange(path).moment() <= time.monotonic_ns()
    assert path.stat().st_size == 8


@pytest.mark.parametrize("headers", [{"Cookie": "x=1"}, {"Host": "elsewhere.example"}])
def test_the_doorstep_leaves_others_to_the_app(app, site, visitor, headers):
    address = f"/utas/{site.thread_id}"
    visitor.get(address)
    answer = visitor.get(address, headers=headers)
    assert answer.status_code == (400 if "Host" in headers else 200)
    assert visitor.head(address).data == b""
    assert visitor.post(address).status_code == 405
