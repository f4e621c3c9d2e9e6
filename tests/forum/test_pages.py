"""What holds for every page: few statements, strict headers, no inline script, fair limits."""

import hashlib
import os
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from redis.connection import ConnectionPool
from sqlalchemy import func, select

from forum.accounts.models import Member
from forum.extensions import db, limiter
from forum.posts.models import Post, Thread, Visibility
from forum.web.limits import _read_key, hash_for_today, network_of
from moderation.cases.models import Case
from tests.factories import make_member, make_reply, make_thread, scan_all, sign_in
from tests.forum.conftest import Site
from tests.pages import Page, csrf_token, send, statements_of

# Statements that each page may send, whoever asks; a lead over the measured number is a choice
# to make, not an accident.
MOST_STATEMENTS = {
    "rooms": 5,
    "room": 7,
    "thread": 13,
    "queue": 22,
    "case": 35,
}


def add_posts(app: Flask, site: Site, number: int) -> None:
    """Fill the site's thread with answers of many people, and its room with threads."""
    with app.app_context():
        thread = db.session.scalar(select(Thread).where(Thread.public_id == site.thread_id))
        opening = db.session.scalar(select(Post).where(Post.public_id == site.opening_id))
        for _ in range(number):
            make_reply(opening, make_member(), body="I am zzred.")
            make_thread(make_member(), thread.room, body="zzamber")
        scan_all()


def test_rooms_and_threads_ask_the_database_little_however_full(app, site, browser_of):
    addresses = {"rooms": "/", "room": f"/ruang/{site.slug}", "thread": f"/utas/{site.thread_id}"}
    people = {"visitor": app.test_client()}
    people |= {name: browser_of(name) for name in ("author-sore", "moderator-kita")}

    def count() -> dict[tuple[str, str], int]:
        return {
            (who, page): len(statements_of(app, client, address))
            for who, client in people.items()
            for page, address in addresses.items()
        }

    few = count()
    add_posts(app, site, 18)
    many = count()
    page = Page(people["visitor"].get(addresses["thread"]))
    assert sum(tag == "article" for tag, _ in page.tags) == 20
    assert many == few
    assert {at: n for at, n in many.items() if n > MOST_STATEMENTS[at[1]]} == {}


def test_the_desk_asks_the_database_little_however_much_waits(app, site, browser_of):
    client = browser_of("moderator-kita")
    addresses = {"queue": "/meja", "case": f"/meja/kasus/{site.case_id}"}
    few = {name: len(statements_of(app, client, at)) for name, at in addresses.items()}
    add_posts(app, site, 25)
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Case)) > 50
    many = {name: len(statements_of(app, client, at)) for name, at in addresses.items()}
    cases = {link for link in Page(client.get("/meja")).links if link.startswith("/meja/kasus/")}
    assert len(cases) == 50
    assert many == few
    assert {name: n for name, n in many.items() if n > MOST_STATEMENTS[name]} == {}


# Headers

WANTED_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def crash() -> str:
    raise RuntimeError("what a member wrote")


def answers_of_every_kind(app: Flask, client: FlaskClient) -> dict[int | str, object]:
    token = csrf_token(client)
    big = b"csrf_token=x&body=" + b"a" * (9 * 1024 * 1024)
    found = {
        "page": client.get("/"),
        "static": client.get("/static/style.css", buffered=True),
        "icon": client.get("/favicon.ico", buffered=True),
        "health": client.get("/healthz"),
        302: client.get("/kode"),
        400: client.post("/masuk"),
        403: client.post("/masuk", headers={"Sec-Fetch-Site": "cross-site"}),
        404: client.get("/no/such/page"),
        405: client.put("/bantuan"),
        413: client.post("/masuk", data=big, content_type="application/x-www-form-urlencoded"),
        500: client.get("/batas"),
        "other host": client.get("/", headers={"Host": "evil.example"}),
    }
    for _ in range(11):
        found[429] = client.post("/masuk", data={"csrf_token": token})
    return found


def test_every_answer_carries_the_security_headers(app, client, monkeypatch):
    monkeypatch.setitem(app.view_functions, "help.limits", crash)
    answers = answers_of_every_kind(app, client)
    for kind, answer in answers.items():
        if isinstance(kind, int):
            assert answer.status_code == kind
        assert {name: answer.headers.get(name) for name in WANTED_HEADERS} == WANTED_HEADERS, kind
        policy = dict(
            part.strip().split(" ", 1)
            for part in answer.headers["Content-Security-Policy"].split(";")
        )
        assert policy["default-src"] == "'none'"
        assert policy["frame-ancestors"] == "'none'"
        assert policy["form-action"] == "'self'"
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        lasting = "immutable" if kind == "static" else "no-store"
        assert lasting in answer.headers["Cache-Control"], kind
        assert "Server" not in answer.headers or "Werkzeug" not in answer.headers["Server"]


@pytest.mark.parametrize(("language", "emergency_room"), [("id", "IGD"), ("en", "emergency room")])
def test_every_error_page_keeps_help_in_sight(app, client, monkeypatch, language, emergency_room):
    monkeypatch.setitem(app.view_functions, "help.limits", crash)
    client.post("/bahasa", data={"csrf_token": csrf_token(client), "language": language})
    for code, answer in answers_of_every_kind(app, client).items():
        if not isinstance(code, int) or code < 400:
            continue
        page = Page(answer)
        assert "tel:119" in page.links, code
        assert emergency_room in page.text, code
        assert "/bantuan" in page.links, code
        assert "what a member wrote" not in page.text
        assert "Traceback" not in page.text


def test_over_https_cookies_are_bound_to_the_host_and_the_site_to_https(site, another_app):
    app = another_app(https=True)
    client = app.test_client()
    first = client.get("/masuk", base_url="https://localhost")
    response = client.post(
        "/masuk",
        base_url="https://localhost",
        data={**Page(first).form().values, "pseudonym": "x", "passphrase": "y"},
    )
    assert response.status_code in (200, 422)
    assert "max-age=" in response.headers["Strict-Transport-Security"]
    (cookie,) = first.headers.getlist("Set-Cookie")
    for part in ("__Host-", "Secure", "HttpOnly", "Path=/", "SameSite=Lax"):
        assert part in cookie
    assert "Domain" not in cookie


@pytest.mark.parametrize("who", ["visitor", "author-sore", "admin-kita"])
def test_no_page_holds_inline_script_or_style_or_anything_from_elsewhere(
    app, site, browser_of, who
):
    client = app.test_client() if who == "visitor" else browser_of(who)
    seen, waiting = set(), ["/", f"/utas/{site.thread_id}", f"/ruang/{site.slug}", "/meja"]
    while waiting:
        address = waiting.pop()
        if address in seen or len(seen) > 60:
            continue
        seen.add(address)
        response = client.get(address)
        if response.status_code != 200 or response.mimetype != "text/html":
            continue
        page = Page(response)
        for tag, attributes in page.tags:
            names = set(attributes)
            assert not [name for name in names if name.startswith("on")], (address, tag)
            assert "style" not in names, (address, tag)
            assert tag not in ("style", "iframe", "object", "embed", "base"), (address, tag)
            if tag == "script":
                assert (attributes.get("src") or "").startswith("/static/"), address
            for name in ("src", "srcset", "poster", "data"):
                assert (attributes.get(name) or "/").startswith("/"), (address, tag)
        waiting += [
            link.split("#")[0]
            for link in page.links
            if re.match(r"/[^/]", link) and not link.startswith("/keluar")
        ]
    assert len(seen) > 8
    assert "/bantuan" in seen


def test_every_page_leads_to_help_out_and_to_the_other_language(app, site, browser_of):
    client = browser_of("admin-kita")
    for address in (
        "/",
        "/bantuan",
        "/batas",
        "/kesepakatan",
        "/kode",
        f"/ruang/{site.slug}",
        f"/ruang/{site.slug}/tulis",
        f"/utas/{site.thread_id}",
        f"/lapor/{site.reply_id}",
        "/meja",
        f"/meja/kasus/{site.case_id}",
        "/aturan",
        "/aturan/baru",
        "/aturan/test-tired",
        "/aturan/test-tired/kena",
        "/no/such/page",
    ):
        page = Page(client.get(address))
        assert "/bantuan" in page.links, address
        assert "/keluar" in page.links, address
        assert page.form("/bahasa").kinds["language"] == "submit", address


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("", "id"),
        ("id", "id"),
        ("en-GB,en;q=0.9", "en"),
        ("en,id;q=0.8", "id"),
        ("jv,id;q=0.5", "id"),
        ("de-DE,de;q=0.9,en;q=0.5", "id"),
        ("xx;q=nonsense,,;", "id"),
    ],
)
def test_the_page_speaks_indonesian_unless_english_is_asked_for(client, asked, language):
    page = Page(client.get("/", headers={"Accept-Language": asked} if asked else {}))
    assert dict(page.tags)["html"]["lang"] == language


def test_the_chosen_language_stays_and_follows_the_member(app, site, browser_of):
    client = browser_of("author-sore")
    token = csrf_token(client)
    for language in ("id", "en"):
        data = {"csrf_token": token, "language": language, "next": "/bantuan"}
        response = client.post("/bahasa", data=data, follow_redirects=True)
        assert response.request.path == "/bantuan"
        assert dict(Page(response).tags)["html"]["lang"] == language
        other = browser_of("author-sore")
        assert dict(Page(other.get("/")).tags)["html"]["lang"] == language
    client.post("/bahasa", data={"csrf_token": token, "language": "xx"})
    assert dict(Page(client.get("/")).tags)["html"]["lang"] == "en"


# Rate limits


@pytest.fixture
def _within_a_day() -> Iterator[None]:
    """What somebody is counted under changes at midnight, and with it their count."""
    with time_machine.travel(datetime(2026, 3, 2, 12, tzinfo=UTC), tick=True):
        yield


def try_to_sign_in(client: FlaskClient, token: str, address: str) -> int:
    return client.post(
        "/masuk", data={"csrf_token": token}, environ_base={"REMOTE_ADDR": address}
    ).status_code


@pytest.mark.usefixtures("_within_a_day")
def test_guessing_is_slowed_and_help_and_reading_never_are(app, site, client):
    token = csrf_token(client)
    answers = [try_to_sign_in(client, token, "198.51.100.7") for _ in range(12)]
    assert answers[0] != 429
    assert answers[-1] == 429
    for address in ("/bantuan", "/batas", "/kesepakatan", "/", f"/utas/{site.thread_id}", "/masuk"):
        for _ in range(40):
            answer = client.get(address, environ_base={"REMOTE_ADDR": "198.51.100.7"})
            assert answer.status_code == 200
    assert try_to_sign_in(client, token, "198.51.100.8") != 429, "the neighbour is not slowed"


@pytest.mark.usefixtures("_within_a_day")
@pytest.mark.parametrize("door", ["/masuk", "/pulihkan"])
def test_another_account_is_not_another_hour_of_guesses(app, site, browser_of, door):
    def knock(client: FlaskClient) -> int:
        token = csrf_token(client)
        return client.post(door, data={"csrf_token": token}).status_code

    one, other = browser_of("author-sore"), browser_of("member-kita")
    assert [knock(one) for _ in range(11)][-1] == 429
    assert knock(other) == 429
    assert knock(app.test_client()) == 429


@pytest.mark.usefixtures("_within_a_day")
def test_a_member_who_writes_too_fast_is_told_kindly_and_nothing_is_stored(app, site, browser_of):
    client = browser_of("author-sore")
    values = Page(client.get(f"/utas/{site.thread_id}")).form("/balas").values
    statuses = []
    for number in range(12):
        typed = {**values, "body": f"Number {number}.", "submission_key": f"{number:020d}"}
        answer = client.post(f"/utas/{site.thread_id}/balas", data=typed)
        statuses.append(answer.status_code)
    assert statuses[-1] == 429
    with app.app_context():
        stored = db.session.scalar(
            select(func.count()).where(Post.body.like("Number %"), Post.author_id == Member.id)
        )
    assert stored == statuses.count(302)


@pytest.mark.usefixtures("_within_a_day")
def test_the_limiters_store_holds_no_address_and_no_name(app, site, client, browser_of):
    limiter.reset()
    token = csrf_token(client)
    addresses = ["203.0.113.77", "2001:db8:1:2:aaaa:bbbb:cccc:dddd"]
    for address in addresses:
        try_to_sign_in(client, token, address)
    send(browser_of("author-sore"), f"/utas/{site.thread_id}", "/balas", body="Hi.")
    with app.app_context():
        person = str(db.session.scalar(select(Member.id).where(Member.pseudonym == "author-sore")))
    keys = list(limiter.storage.storage)
    assert len(keys) >= 3
    parts = {part for key in keys for part in key.split("/")}
    hashes = {part for part in parts if re.fullmatch(r"[0-9a-f]{16}", part)}
    assert len(hashes) == 3
    forbidden = [*addresses, *(network_of(address) for address in addresses), "author-sore", person]
    known_hashes = [
        hashlib.new(method, text.encode()).hexdigest()[:16]
        for text in forbidden
        for method in ("md5", "sha1", "sha256", "sha512", "blake2b")
    ]
    for text in forbidden:
        assert text not in parts
    assert not hashes & set(known_hashes)
    assert not [key for key in keys if any(text in key for text in forbidden[:-1])]


@pytest.mark.usefixtures("_within_a_day")
def test_a_household_of_ipv6_is_one_visitor(app, client):
    token = csrf_token(client)
    hosts = [f"2001:db8:5:5::{number:x}" for number in range(1, 14)]
    assert 429 in [try_to_sign_in(client, token, host) for host in hosts]
    assert try_to_sign_in(client, token, "2001:db8:5:6::1") != 429


def test_tomorrow_nobody_can_tell_todays_visitors(app):
    with app.app_context():
        with time_machine.travel(datetime(2026, 3, 2, 12, tzinfo=UTC), tick=False):
            today = hash_for_today("visitor:203.0.113.77")
            assert hash_for_today("visitor:203.0.113.77") == today
        with time_machine.travel(datetime(2026, 3, 3, 12, tzinfo=UTC), tick=False):
            assert hash_for_today("visitor:203.0.113.77") != today
            assert not list(app.config["RUNTIME_DIR"].glob("limits-2026-03-02.key"))
        folder = app.config["RUNTIME_DIR"]
        with time_machine.travel(datetime(2026, 3, 9, 12, tzinfo=UTC), tick=False):
            hash_for_today("visitor:203.0.113.77")
        assert not (folder / "limits-2026-03-02.key").exists()
        assert (folder / "limits-2026-03-09.key").stat().st_mode & 0o077 == 0


@pytest.mark.usefixtures("_within_a_day")
def test_the_key_of_the_day_is_one_for_all_processes_and_lives_in_memory(app):
    with app.app_context():
        here = hash_for_today("visitor:203.0.113.77")
        # As another process would, which has read nothing yet.
        _read_key.cache_clear()
        assert hash_for_today("visitor:203.0.113.77") == here
        folder = app.config["RUNTIME_DIR"]
    if os.access("/dev/shm", os.W_OK) or os.environ.get("XDG_RUNTIME_DIR"):
        mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
        holding = max(
            (mount for mount in mounts if folder.is_relative_to(mount[0])),
            key=lambda mount: len(mount[0]),
        )
        assert holding[1] in ("tmpfs", "ramfs")


@contextmanager
def silent_server() -> Iterator[int]:
    """A port that takes every connection and never answers, like a frozen Redis."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(64)
        taken: list[socket.socket] = []

        def take() -> None:
            while True:
                try:
                    taken.append(server.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join(timeout=2)
        for connection in taken:
            connection.close()


@contextmanager
def closed_port() -> Iterator[int]:
    """A port that nobody listens on, like a stopped Redis."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        yield server.getsockname()[1]


@pytest.mark.parametrize("broken", [closed_port, silent_server])
def test_without_redis_people_read_write_and_are_still_limited(
    site, another_app, broken, monkeypatch
):
    tries = []
    connect = ConnectionPool.get_connection

    def note(pool: ConnectionPool, *args: object, **options: object) -> object:
        # Workers are woken from a thread of their own, whenever it comes to run.
        if threading.current_thread() is threading.main_thread():
            tries.append(pool)
        return connect(pool, *args, **options)

    monkeypatch.setattr(ConnectionPool, "get_connection", note)
    with broken() as port:
        app = another_app(redis_url=f"redis://127.0.0.1:{port}/0")
        visitor = app.test_client()
        # Asked first, while the limiter has no reason yet to leave its store alone.
        assert visitor.get("/bantuan").status_code == 200
        assert not tries, "help never waits for a limiter"
        token = csrf_token(visitor)
        member = sign_in(app, "author-sore")
        for attempt in range(3):
            began = time.monotonic()
            response = send(
                member,
                f"/utas/{site.thread_id}",
                "/balas",
                body=f"Still here {attempt}.",
            )
            took = time.monotonic() - began
            assert response.status_code == 302
            # One bounded wait for the limiter, one for the wake-up of a worker. The first one
            # also reads templates and rules for the first time.
            assert took < 10 or not attempt
            assert tries, "writing asks the limiter, so the silence of help says something"
        statuses = [try_to_sign_in(visitor, token, "198.51.100.7") for _ in range(12)]
        assert statuses[0] != 429
        assert statuses[-1] == 429
        with app.app_context():
            stored = db.session.scalar(select(func.count()).where(Post.body.like("Still here %")))
        assert stored == 3


def test_a_long_thread_has_a_way_to_what_its_reader_may_read_last(app, site, browser_of):
    add_posts(app, site, 25)
    with app.app_context():
        thread = db.session.scalar(select(Thread).where(Thread.public_id == site.thread_id))
        last, unread = db.session.scalars(
            select(Post).where(Post.thread_id == thread.id).order_by(Post.id.desc()).limit(2)
        )
        last.visibility = Visibility.HELD
        ids = last.public_id, unread.public_id
        db.session.commit()
    way = f"/utas/{site.thread_id}/terbaru"
    first = f"/utas/{site.thread_id}"
    assert way in Page(browser_of("author-sore").get(first)).links
    assert way not in Page(browser_of("author-sore").get(f"{first}?page=2")).links
    for who, public_id in ((app.test_client(), ids[1]), (browser_of("moderator-kita"), ids[0])):
        assert who.get(way).location == f"{first}?page=2#p-{public_id}"
    assert app.test_client().get("/utas/nothing/terbaru").status_code == 404
