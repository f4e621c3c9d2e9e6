"""What somebody typed is given back wherever it could not be taken, and no secret ever is."""

import pytest

from forum.accounts.models import Member, Role
from forum.clock import now
from forum.extensions import db
from forum.web.errors import texts_of
from forum.web.typed import typed_text
from tests.factories import make_member, sign_in
from tests.pages import Page, csrf_token, send

STANDS_BELOW = "Your text stands below"
WORDS = "Two lines\nof mine."


def test_every_text_of_a_form_is_given_back_and_no_secret_or_choice(app):
    form = {
        "title": "Alone",
        "body": "  Two lines\nof mine. ",
        "motivation": "I was helped once.",
        "warning": "none",
        "quote": "b3J4c2pk",
        "adult": "y",
        "empty": " ",
        "pseudonym": "hangat kenari 64",
        "passphrase": "payung biru di halte",
        "current": "a few old words",
        "code": "AAAA BBBB",
        "factor_code": "123 456",
        "csrf_token": "a b",
        "submission_key": "a b",
        "proof": "a b",
    }
    with app.test_request_context("/", method="POST", data=form):
        assert typed_text() == "Alone\n\nTwo lines\nof mine.\n\nI was helped once."
    with app.test_request_context("/?body=x", method="GET"):
        assert typed_text() == ""


@pytest.mark.parametrize("code", [400, 403, 404, 409, 429, 500, 503])
def test_an_error_page_says_what_is_true_of_a_text(app, code):
    with app.test_request_context("/", headers={"Accept-Language": "en"}):
        _, given_back = texts_of(code, typed=True)
        _, nothing_typed = texts_of(code)
    assert STANDS_BELOW in given_back
    assert "go back" not in given_back.lower()
    assert STANDS_BELOW not in nothing_typed


def test_whoever_is_signed_out_meanwhile_gets_the_text_back_and_a_way_in(app, site, client):
    data = {"csrf_token": csrf_token(client), "body": WORDS}
    for address, way in (
        (f"/utas/{site.thread_id}/balas", "/masuk"),
        (f"/ruang/{site.slug}/tulis", f"/masuk?next=/ruang/{site.slug}/tulis"),
        (f"/meja/kasus/{site.case_id}/lepas", "/masuk"),
    ):
        answer = client.post(address, data=data)
        page = Page(answer)
        assert answer.status_code == 401, address
        assert "Belum ada yang terkirim." in page.text
        assert WORDS in answer.get_data(as_text=True)
        assert way in page.links
    del data["body"]
    answer = client.post(f"/utas/{site.thread_id}/balas", data=data)
    assert (answer.status_code, answer.location) == (302, "/masuk")


def test_before_the_second_step_a_text_is_given_back(site, guarded):
    client = sign_in(guarded, "moderator-kita")
    data = {"csrf_token": csrf_token(client), "note": WORDS}
    address = f"/meja/kasus/{site.case_id}/lepas"
    answer = client.post(address, data=data)
    assert answer.status_code == 401
    assert WORDS in answer.get_data(as_text=True)
    assert any(link.startswith("/akun/langkah-kedua/periksa") for link in Page(answer).links)
    del data["note"]
    assert client.post(address, data=data).status_code == 302


def test_whose_account_was_closed_meanwhile_gets_the_text_back(app, site, browser_of):
    client = browser_of("author-sore")
    token = csrf_token(client)
    with app.app_context():
        member = db.session.query(Member).filter_by(pseudonym="author-sore").one()
        member.closed_at = now()
        db.session.commit()
    address = f"/utas/{site.thread_id}/balas"
    answer = client.post(address, data={"csrf_token": token, "body": WORDS})
    assert answer.status_code == 403
    assert WORDS in answer.get_data(as_text=True)
    assert "/kabar" in Page(answer).links
    assert client.post(address, data={"csrf_token": token}).status_code == 302


def test_whose_lessons_ended_meanwhile_gets_the_text_back(app, site):
    with app.app_context():
        make_member("basi-kita", Role.MODERATOR, certified=False)
        db.session.commit()
    client = sign_in(app, "basi-kita", second_step=True)
    address = f"/meja/kasus/{site.case_id}/balas"
    data = {"csrf_token": csrf_token(client), "body": WORDS}
    answer = client.post(address, data=data)
    assert answer.status_code == 403
    assert WORDS in answer.get_data(as_text=True)
    assert "/meja" in Page(answer).links
    del data["body"]
    assert client.post(address, data=data).location == "/meja"


def test_joining_leads_back_to_where_one_came_from(site, client):
    thread = f"/utas/{site.thread_id}"
    door = next(link for link in Page(client.get(thread)).links if link.startswith("/gabung?"))
    assert door == f"/gabung?next={thread}"
    doors = Page(client.get(f"/masuk?next={thread}")).links
    assert f"/gabung?next={thread}" in doors
    answers = {"passphrase": "payung biru di halte", "adult": "y", "agreement": "y"}
    refused = Page(send(client, door, **{**answers, "passphrase": "kurang"}))
    assert "Hanya kata sandinya perlu diketik lagi." in refused.text
    codes = Page(send(client, door, **answers))
    assert "Sudah kusimpan, lanjut" in codes.text
    assert thread in codes.links


@pytest.mark.parametrize("elsewhere", ["//evil.example", "https://evil.example", ""])
def test_joining_leads_to_no_other_site(site, client, elsewhere):
    answers = {"passphrase": "payung biru di halte", "adult": "y", "agreement": "y"}
    codes = Page(send(client, f"/gabung?next={elsewhere}", **answers))
    assert "Sudah kusimpan, lanjut" in codes.text
    assert not any("evil" in link for link in codes.links)


def test_only_a_form_with_a_passphrase_asks_for_it_again(browser_of, site):
    refused = Page(send(browser_of("author-sore"), f"/utas/{site.thread_id}", "/balas", body=" "))
    assert "What you wrote is still here." in refused.text
    assert "Only the passphrase" not in refused.text
