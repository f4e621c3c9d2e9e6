"""What people, bots and other sites may send as text: answered clearly, soon, and with care."""

import re
from urllib.parse import quote_from_bytes, urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Row, func, select

from forum.extensions import db
from forum.outbox import Job
from forum.posts.models import Post, Thread
from forum.text import MAX_BODY, clean
from tests.forum.conftest import Site
from tests.pace import work_of
from tests.pages import Page

# Pieces of plain work (tests/pace.py), a second of a desk's computer; the dearest text takes a
# quarter of it. What it must never do is grow with the square of a text.
MOST_WORK = 100

MARKS = "".join(map(chr, (0x300, 0x301, 0x302, 0x489)))
HOSTILE = {
    "nothing": "",
    "blanks": " \t \n\n\u3000\u00a0",
    "one too many": "a" * (MAX_BODY + 1),
    "a megabyte": "hujan " * 175_000,
    "a million marks": "a" + MARKS * 250_000,
    "marks alone": MARKS * 50,
    "control": "a\x00b\x01c\x08d\x1be\x7ff\x85g",
    "directions": "\u202eevil\u202c \u2066x\u2069 \u200fz\u061c",
    "nothing to see": "\u200b\u200c\u200d\u2060\ufeff\u00ad\u180e",
    "tags": "\U000e0061\U000e0062 hidden",
    "script": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "template": "{{ 7*7 }} {% raw %} ${7*7} %(x)s {0} %n",
    "sql": "'; DROP TABLE post; -- \\' \" %00",
    "markdown": "[x](javascript:alert(1)) ![y](data:text/html,z) <http://evil.example>",
    "deep": ">" * 5000 + " x",
    "lists": "- " * 4000 + "x",
    "stars": "*_" * 4900,
    "private": "\ue000\uf8ff\ufffe\uffff\U0010ffff",
    "emoji": "\U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f937\U0001f3fd\u200d\u2642\ufe0f",
}
REFUSED = {"nothing", "blanks", "one too many", "a megabyte", "a million marks", "nothing to see"}


@pytest.fixture
def writer(site: Site, browser_of) -> FlaskClient:
    """A member who has been here a while."""
    client = browser_of("author-sore")
    client.get("/")
    return client


def post_form(client: FlaskClient, address: str, typed: dict[str, str]) -> tuple[object, float]:
    """Send a form as `work_of` does; putting it together is the browser's work."""
    body = urlencode(typed).encode()
    kind = "application/x-www-form-urlencoded"
    return work_of(lambda: client.post(address, data=body, content_type=kind))


def posts(app: Flask) -> list[Row[tuple[str, str]]]:
    """Return body and body_html of every post, the first first."""
    with app.app_context():
        return list(db.session.execute(select(Post.body, Post.body_html).order_by(Post.id)))


def in_a_form(text: str) -> str:
    """A text as a browser's text area gives it back."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize("place", ["reply", "thread"])
@pytest.mark.parametrize("name", HOSTILE)
def test_any_text_is_answered_soon(app, site, writer, name, place):
    text = HOSTILE[name]
    address = {"reply": f"/utas/{site.thread_id}", "thread": f"/ruang/{site.slug}/tulis"}[place]
    form = Page(writer.get(address)).form("/balas" if place == "reply" else "")
    typed = {**form.values, "body": text} | ({"title": "A calm title"} if place == "thread" else {})
    answer, work = post_form(writer, form.action or address, typed)
    assert work < MOST_WORK
    stored = posts(app)[2:]
    if name in REFUSED or not clean_or_nothing(text):
        page = Page(answer)
        assert page.status in (200, 422)
        kept = page.form("/balas" if place == "reply" else "").values
        assert in_a_form(kept["body"]) == in_a_form(text)
        assert ("textarea", "true") in {(tag, a.get("aria-invalid")) for tag, a in page.tags}
        assert stored == []
        if place == "thread":
            assert kept["title"] == "A calm title"
    else:
        assert answer.status_code == 302
        (post,) = stored
        assert post.body == clean(text)
        assert "<script" not in post.body_html
        shown, work = work_of(lambda: writer.get(answer.location))
        assert work < MOST_WORK
        assert shown.status_code == 200


def clean_or_nothing(text: str) -> str:
    return clean(text) if len(text) < MAX_BODY else text


@pytest.mark.parametrize(
    "name", ["nothing", "blanks", "one too many", "a megabyte", "control", "script"]
)
def test_a_title_is_held_to_the_same(app, site, writer, name):
    address = f"/ruang/{site.slug}/tulis"
    form = Page(writer.get(address)).form()
    typed = {**form.values, "title": HOSTILE[name], "body": "The text that took an hour."}
    answer, work = post_form(writer, address, typed)
    assert work < MOST_WORK
    if name in REFUSED:
        kept = Page(answer).form().values
        assert kept["body"] == "The text that took an hour."
        assert kept["title"].strip() == HOSTILE[name].strip()
        assert len(posts(app)) == 2
    else:
        assert answer.status_code == 302
        with app.app_context():
            title = db.session.scalar(select(Thread.title).order_by(Thread.id.desc()).limit(1))
        assert not re.search(r"[\x00-\x1f\x7f-\x9f]", title)
        page = writer.get(answer.location).get_data(as_text=True)
        assert "<script>alert" not in page


def test_a_text_of_the_full_length_fits(app, site, writer):
    form = Page(writer.get(f"/utas/{site.thread_id}")).form("/balas")
    typed = {**form.values, "body": "\u00e9" * MAX_BODY}
    assert writer.post(form.action, data=typed).status_code == 302
    assert len(posts(app)[-1].body) == MAX_BODY


def test_line_ends_of_browsers_do_not_count_twice(app, site, writer):
    form = Page(writer.get(f"/utas/{site.thread_id}")).form("/balas")
    typed = {**form.values, "body": "a\r\n" * 4999 + "ab"}
    assert writer.post(form.action, data=typed).status_code == 302


@pytest.mark.parametrize(
    "raw",
    [
        b"\xed\xa0\x80",
        b"\xed\xa0\xbd\xed\xb8\x80",
        b"\xff\xfe\xfa",
        b"\xc0\xaf",
        b"\xf4\x90\x80\x80",
    ],
)
def test_bytes_that_are_no_text_do_no_harm(app, site, writer, raw):
    form = Page(writer.get(f"/utas/{site.thread_id}")).form("/balas")
    values = {name: value for name, value in form.values.items() if name != "body"}
    body = f"{urlencode(values)}&body=kata{quote_from_bytes(raw)}lain"
    answer, work = work_of(
        lambda: writer.post(
            form.action, data=body, content_type="application/x-www-form-urlencoded"
        )
    )
    assert work < MOST_WORK
    assert answer.status_code == 302
    stored = posts(app)[-1].body
    assert stored.startswith("kata")
    assert stored.endswith("lain")
    stored.encode("utf-8")
    for address in (f"/ruang/{quote_from_bytes(raw)}", f"/utas/{quote_from_bytes(raw)}"):
        assert writer.get(address).status_code == 404


def test_a_form_that_is_sent_twice_makes_one_post(app, site, writer):
    reply = Page(writer.get(f"/utas/{site.thread_id}")).form("/balas")
    thread_address = f"/ruang/{site.slug}/tulis"
    thread = Page(writer.get(thread_address)).form()
    for _ in range(3):
        again = writer.post(reply.action, data={**reply.values, "body": "Once."})
        assert again.status_code == 302
    places = {
        writer.post(thread_address, data={**thread.values, "title": "T", "body": "Once."}).location
        for _ in range(3)
    }
    assert len(places) == 1
    assert [post.body for post in posts(app)[2:]] == ["Once.", "Once."]
    with app.app_context():
        threads = db.session.scalar(select(func.count()).select_from(Thread))
        jobs = db.session.scalar(select(func.count()).select_from(Job))
    assert threads == 2
    assert jobs == len(posts(app))


def test_the_key_of_one_person_is_not_taken_from_another(app, site, browser_of):
    for name in ("author-sore", "other-pagi"):
        client = browser_of(name)
        form = Page(client.get(f"/utas/{site.thread_id}")).form("/balas")
        typed = {**form.values, "body": f"From {name}.", "submission_key": "k" * 32}
        assert client.post(form.action, data=typed).status_code == 302
    assert {post.body for post in posts(app)[2:]} == {"From author-sore.", "From other-pagi."}


def test_a_form_without_its_token_is_answered_with_a_way_back(app, site, writer):
    form = Page(writer.get(f"/utas/{site.thread_id}")).form("/balas")
    typed = {**form.values, "body": "A long story."}
    del typed["csrf_token"]
    for headers, status in (({}, 400), ({"Sec-Fetch-Site": "cross-site"}, 403)):
        page = Page(writer.post(form.action, data=typed, headers=headers))
        assert page.status == status
        assert "tel:119" in page.links
        assert "A long story." in page.text, "what was written is there to be copied"
    assert len(posts(app)) == 2
