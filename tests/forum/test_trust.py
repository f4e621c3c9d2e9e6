"""Whom the site believes: not the address bar, not a field nobody asked for, not another member.

Open redirects, calls to elsewhere, fields that a form has not, rows of somebody else, ways around
the second step, tables with formulas.
"""

import csv
import io
import re
import socket
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select

from forum.accounts import operations
from forum.accounts.models import MARK_LENGTH, Member, Role, SignIn
from forum.blocks.models import Block
from forum.extensions import db, limiter
from forum.notices.models import Notice
from forum.posts.models import Post, Visibility
from moderation.care.models import CheckIn
from moderation.cases.models import Report
from moderation.rights.models import DataExport
from moderation.rights.operations import request_export
from moderation.rules.files import write_csv
from moderation.rules.queries import rules_in_force
from tests.factories import scan_all, sign_in
from tests.forum.conftest import Site
from tests.forum.test_access import doors_of
from tests.pages import Page, csrf_token, send

EVIL = "evil.example"
ELSEWHERE = (
    f"https://{EVIL}/",
    f"//{EVIL}",
    f"///{EVIL}",
    f"/\\{EVIL}",
    f"\\/{EVIL}",
    f"/\t/{EVIL}",
    f"/%09/{EVIL}",
    f"/%2f/{EVIL}",
    f"https:{EVIL}",
    f"javascript:alert('{EVIL}')",
    f"data:text/html,{EVIL}",
    f"/..//{EVIL}",
    f"/@{EVIL}",
    f"//localhost@{EVIL}/",
    f"/\r\nLocation: https://{EVIL}",
    f"\x00//{EVIL}",
    f" //{EVIL}",
    f"/\u2028/{EVIL}",
)


@pytest.fixture
def limits_off(monkeypatch) -> None:
    monkeypatch.setattr(limiter, "enabled", False)


def leads_elsewhere(location: str) -> bool:
    """Say whether a browser would leave localhost for this address."""
    tidy = re.sub(r"[\t\r\n]", "", location).replace("\\", "/").strip("\x00 ")
    found = re.match(r"(?:[a-z][a-z0-9+.-]*:)?//+([^/?#]*)", tidy, re.IGNORECASE)
    if found:
        return found.group(1).rsplit("@", 1)[-1] != "localhost"
    return re.match(r"[a-z][a-z0-9+.-]*:", tidy, re.IGNORECASE) is not None


def test_the_measure_of_redirects_sees_those_that_leave():
    left = [address for address in ELSEWHERE if leads_elsewhere(address)]
    assert len(left) > 8
    assert not leads_elsewhere("/ruang/x?next=https://evil.example")


# Where an answer leads no database says, so these two run on one.
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True, scope="session")
def test_no_page_leads_to_another_site(app, site, limits_off):
    """Every route that leads on, with every trick in whatever field could say where."""
    left, tried = [], 0
    for client in (sign_in(app, "admin-kita", second_step=True), app.test_client()):
        pages = [
            path
            for endpoint, method, path in doors_of(app, site)
            if method == "GET" and endpoint not in ("web.quick_exit", "static", "live.stream")
        ]
        leading = [path for path in pages if client.get(path, buffered=True).location]
        for path in [*leading[:12], "/", "/masuk"]:
            for address in ELSEWHERE:
                query = {"next": address, "url": address, "back": address, "return": address}
                tried += 1
                location = client.get(path, query_string=query).location
                if location and leads_elsewhere(location):
                    left.append((path, address, location))
    assert left == []
    assert tried > 300


@pytest.mark.parametrize("address", ELSEWHERE)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True, scope="session")
def test_no_form_leads_to_another_site(app, site, limits_off, address):
    client = sign_in(app, "moderator-kita", second_step=True)
    token = csrf_token(client)
    for path in ("/bahasa", "/akun/tombol-huruf"):
        answer = client.post(path, data={"csrf_token": token, "next": address, "language": "id"})
        assert answer.status_code == 302
        assert not leads_elsewhere(answer.location), (path, answer.location)
    # The quick exit leads where the setting says, whatever its address says.
    answer = client.get("/keluar", query_string={"next": address, "url": address})
    assert answer.location == app.config["QUICK_EXIT_URL"]


# Calls to elsewhere


@pytest.fixture
def calls(monkeypatch) -> list[object]:
    """Collect every address that this process would open a connection to."""
    asked: list[object] = []

    def note(self: socket.socket, address: object) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            asked.append(address)
            raise OSError("nobody is called here")
        real(self, address)

    def look_up(host: object, *_: object, **__: object) -> None:
        asked.append(host)
        raise socket.gaierror("nobody is looked up here")

    real = socket.socket.connect
    monkeypatch.setattr(socket.socket, "connect", note)
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True, scope="session")
def test_nothing_that_is_typed_makes_the_site_call_anybody(
    app, site, browser_of, calls, limits_off
):
    """Alert targets are settings. PostgreSQL is a connection too, so SQLite is what is asked."""
    urls = (
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1:6379/",
        "json://evil.example/hook",
        "file:///etc/passwd",
        "gopher://evil.example:70/_x",
        "https://evil.example/rules.yaml",
    )
    author, admin = browser_of("author-sore"), sign_in(app, "admin-kita", second_step=True)
    for url in urls:
        send(author, f"/utas/{site.thread_id}", "/balas", body=f"{url} ![x]({url}) <{url}>")
        send(author, f"/lapor/{site.reply_id}", door="worry", note=url)
        send(admin, "/aturan/uji", text=url)
        send(admin, "/aturan/lab/impor", kind="yaml", why=url, text=f"rules: !!import {url}")
        token = csrf_token(admin)
        admin.post(f"/meja/siaga/tujuan/{url.replace('/', '%2F')}/uji", data={"csrf_token": token})
        for path in ("/", "/masuk", "/aturan", "/meja"):
            admin.get(path, query_string={"next": url, "q": url, "url": url, "target": url})
        admin.get("/", headers={"Referer": url, "X-Forwarded-Host": url, "X-Callback": url})
    with app.app_context():
        scan_all()
    assert calls == []
    with pytest.raises(OSError, match="nobody"):
        socket.create_connection(("127.0.0.1", 9))
    assert len(calls) == 1, "the measure sees a call"


@pytest.mark.parametrize("field", ["file", "body", "csrf_token"])
def test_a_file_that_is_sent_along_is_kept_nowhere(app, site, browser_of, field):
    """It is refused where it begins, also in the place of words."""
    client = browser_of("author-sore")
    form = Page(client.get(f"/utas/{site.thread_id}")).form("/balas")
    picture = (io.BytesIO(b"GIF89a zz-canary " + b"x" * 100_000), "../../zz-canary.gif")
    answer = client.post(
        form.action,
        data={**form.values, "body": "With a picture.", field: picture},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 415
    assert "119" in Page(answer).text
    with app.app_context():
        assert "With a picture." not in set(db.session.scalars(select(Post.body)))
    # The same words without it, in the same kind of form.
    answer = client.post(
        form.action,
        data={**form.values, "body": "With no picture.", "submission_key": "k" * 20},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 302


# Fields


EXTRA = {
    "role": "admin",
    "is_admin": "1",
    "id": "1",
    "author_id": "1",
    "member_id": "1",
    "author": "other-pagi",
    "pseudonym_hash": "x",
    "passphrase_hash": "x",
    "visibility": "hidden",
    "scanned_version": "99",
    "is_scanned": "1",
    "as_volunteer": "1",
    "is_official": "1",
    "pinned": "1",
    "level": "0",
    "public_id": "mine",
    "created_at": "2000-01-01",
    "joined_on": "2000-01-01",
    "is_unproven": "",
    "closed_at": "",
    "room_id": "1",
    "covered": "x",
    "alias_id": "1",
}


def test_fields_that_a_form_has_not_are_worth_nothing(app, site, browser_of, limits_off):
    """Joining, posting, answering, editing and reporting with every column's name along."""
    joining = app.test_client()
    typed = {"pseudonym": "hangat-kenari-64", "passphrase": "kabut tipis di ladang"}
    send(joining, "/gabung", adult="y", agreement="y", **typed, **EXTRA)
    author = browser_of("author-sore")
    send(author, f"/utas/{site.thread_id}", "/balas", body="An answer.", **EXTRA)
    send(author, f"/ruang/{site.slug}/tulis", title="A thread", body="A thread.", **EXTRA)
    send(author, f"/tulisan/{site.opening_id}/ubah", body="Changed.", **EXTRA)
    send(author, f"/lapor/{site.reply_id}", door="breach", note="A note.", **EXTRA)
    with app.app_context():
        new = db.session.scalars(select(Member).where(Member.pseudonym == "hangat-kenari-64")).one()
        assert (new.role, new.closed_at, new.joined_on.year > 2000) == (Role.MEMBER, None, True)
        me = db.session.scalars(select(Member).where(Member.pseudonym == "author-sore")).one()
        assert me.role is Role.MEMBER
        posts = db.session.scalars(
            select(Post).where(Post.body.in_(["An answer.", "A thread.", "Changed."]))
        ).all()
        assert len(posts) == 3
        for post in posts:
            assert post.author_id == me.id
            assert post.visibility is Visibility.PENDING
            assert post.scanned_version < post.version
            assert not post.as_volunteer
            assert post.public_id != "mine"
            assert post.created_at.year > 2000
        assert db.session.scalars(select(Report)).one().reporter_id == me.id


def test_a_field_that_comes_twice_or_elsewhere_changes_nothing(app, site, browser_of, limits_off):
    """Fields of a form are read from its body alone, and the first one counts."""
    client = browser_of("author-sore")
    form = Page(client.get(f"/utas/{site.thread_id}")).form("/balas")
    rest = {k: v for k, v in form.values.items() if k not in ("body", "submission_key")}
    answer = client.post(form.action, query_string={"body": "From the address."}, data=rest)
    assert answer.status_code == 200
    twice = [*rest.items(), ("submission_key", "k" * 20), ("body", "First."), ("body", "Second.")]
    body = "&".join(f"{name}={value}" for name, value in twice)
    kind = "application/x-www-form-urlencoded"
    assert client.post(form.action, data=body, content_type=kind).status_code == 302
    with app.app_context():
        bodies = set(db.session.scalars(select(Post.body)))
    assert "First." in bodies
    assert not bodies & {"Second.", "From the address."}


def test_a_passphrase_is_taken_exactly_as_typed(app, limits_off):
    odd = "  Mixed CASE \u00e9\u0301 \U0001f327 and blanks at both ends, " + "x" * 60 + "  "
    client = app.test_client()
    typed = {"pseudonym": "hangat-kenari-64", "passphrase": odd, "adult": "y", "agreement": "y"}
    assert send(client, "/gabung", **typed).status_code == 200
    changed = [odd.strip(), odd.lower(), odd[:72], odd[:64], odd.replace("\u0301", "")]
    for passphrase in changed:
        other = app.test_client()
        send(other, "/masuk", pseudonym="hangat-kenari-64", passphrase=passphrase)
        assert other.get("/akun").status_code == 302, passphrase
    other = app.test_client()
    send(other, "/masuk", pseudonym="hangat-kenari-64", passphrase=odd)
    assert other.get("/akun").status_code == 200


# Rows of somebody else


@pytest.fixture
def owned(app: Flask, site: Site, browser_of, limits_off) -> dict[str, str]:
    """Return addresses of what belongs to `other-pagi` alone, by what they are."""
    staff = browser_of("moderator-kita")
    case = f"/meja/kasus/{site.case_id}"
    send(staff, case, "/ambil")
    send(staff, case, "/sapa", body="I am here.")
    with app.app_context():
        request_export(operations.find_member("other-pagi"))
        db.session.commit()
        scan_all()
    with app.app_context():
        member = db.session.scalars(select(Member).where(Member.pseudonym == "other-pagi")).one()
        talk = db.session.scalars(select(CheckIn)).one().public_id
        copy = db.session.scalars(select(DataExport)).one().public_id
        notice = db.session.scalars(select(Notice).where(Notice.member_id == member.id)).first()
        found = {
            "check-in": f"/kabar/{talk}",
            "copy": f"/akun/data/{copy}",
            "edit": f"/tulisan/{site.reply_id}/ubah",
            "take back": f"/tulisan/{site.reply_id}/hapus",
        }
        if notice is not None:
            found["notice"] = f"/pemberitahuan/{notice.public_id}"
            found["appeal"] = f"/banding/{notice.public_id}"
        db.session.rollback()
    return found


OTHERS = (
    "member-kita",
    "author-sore",
    "volunteer-kita",
    "moderator-kita",
    "lead-kita",
    "admin-kita",
)


@pytest.mark.parametrize("name", OTHERS)
def test_what_belongs_to_one_member_is_not_there_for_another(app, site, owned, name):
    """Reading, sending and deleting: for everybody else, of the team too, there is nothing."""
    client = sign_in(app, name, second_step=True)
    assert len(owned) >= 4
    token = csrf_token(client)
    for what, address in owned.items():
        assert client.get(address).status_code == 404, what
        typed = {"csrf_token": token, "body": "Mine now.", "warning": "none", "answer": "none"}
        for action in (address, f"{address}/hapus"):
            assert client.post(action, data=typed).status_code in (404, 405), what
    owner = sign_in(app, "other-pagi")
    assert owner.get(owned["check-in"]).status_code == 200
    assert owner.get(owned["copy"]).status_code == 200
    with app.app_context():
        assert db.session.scalar(select(DataExport.id)) is not None
        assert "Mine now." not in set(db.session.scalars(select(Post.body)))


def test_sessions_and_distances_of_another_are_out_of_reach(app, site, browser_of):
    victim, client = browser_of("other-pagi"), browser_of("author-sore")
    send(victim, f"/tulisan/{site.opening_id}/jarak", kind="block")
    with app.app_context():
        owner = select(Member.id).where(Member.pseudonym == "other-pagi").scalar_subquery()
        row = db.session.scalars(select(SignIn).where(SignIn.member_id == owner)).one()
        mark, block_id = row.token_hash[:MARK_LENGTH], db.session.scalar(select(Block.id))
        db.session.rollback()
    assert block_id is not None
    token = csrf_token(client)
    client.post("/akun/sesi", data={"csrf_token": token, "session": mark})
    client.post("/akun/jarak", data={"csrf_token": token, "block": block_id})
    assert victim.get("/akun").status_code == 200
    with app.app_context():
        assert db.session.scalar(select(Block.id)) == block_id


# The second step


def test_a_recovery_code_is_no_way_around_the_second_step(app, site, another_app, limits_off):
    guarded = another_app(demo_factor=True)
    limiter.enabled = False
    with guarded.app_context():
        _, codes = operations.join(
            "tenang-jangkar-58", "kabut tipis di ladang", language="en", role=Role.MODERATOR
        )
        db.session.commit()
    client = guarded.test_client()
    typed = {"pseudonym": "tenang-jangkar-58", "code": codes[0]}
    send(client, "/pulihkan", passphrase="gerimis sore di beranda", **typed)
    assert client.get("/akun").status_code == 200
    for path in ("/meja", f"/meja/kasus/{site.case_id}", "/meja/kabar-baru/sekarang"):
        answer = client.get(path)
        assert answer.status_code == 302
        assert answer.location.startswith("/akun/langkah-kedua/periksa")


# What answers say of themselves


def test_every_answer_says_what_it_is(app, site):
    client = sign_in(app, "admin-kita", second_step=True)
    for endpoint, method, path in doors_of(app, site):
        if endpoint in ("web.quick_exit", "accounts.sign_out"):
            continue
        answer = client.open(path, method=method, buffered=True)
        kind = answer.headers.get("Content-Type", "")
        if answer.status_code == 204 or (answer.status_code == 302 and not answer.data):
            continue
        assert kind, path
        if kind.startswith(("text/", "application/json")) and "json" not in kind:
            assert "charset=utf-8" in kind.lower(), (path, kind)
        if answer.data.lstrip().lower().startswith(b"<!doctype html"):
            assert kind == "text/html; charset=utf-8", path


def test_no_table_holds_a_formula(app, site):
    """A sheet reads a cell that begins with one of these as something to reckon."""
    signs = ("=", "+", "-", "@", "\t", "\r", "\x00")
    admin = sign_in(app, "admin-kita", second_step=True)
    tables = [
        admin.get(f"/meja/wawasan/{table}.csv").get_data(as_text=True)
        for table in ("waiting", "hours", "people")
    ]
    with app.app_context():
        rule = rules_in_force().lexicon.rules[0]
        tables += [
            write_csv([replace(rule, reason_en=string, positive=(string, "-2"))])
            for string in ("=1+1", "+1", "-1", "@SUM(1)", "=cmd|' /C calc'!A0")
        ]
        db.session.rollback()
    for table in tables:
        cells = [cell for row in csv.reader(io.StringIO(table)) for cell in row]
        assert len(cells) > 3
        assert [cell for cell in cells if cell.startswith(signs)] == []
