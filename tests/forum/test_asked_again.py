"""Staff are asked for their second step again before what reaches far."""

from datetime import timedelta

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from forum.accounts.models import Member, Role
from forum.clock import now
from forum.extensions import db
from moderation.cases.models import Case
from moderation.risk.levels import Level
from moderation.rules.models import RulesVersion
from moderation.unveiling.models import Ground, PersonQuestion
from tests.authenticator import SecurityKey
from tests.factories import make_case, make_member, sign_in
from tests.forum.factors import CHECK, NAME, RECOVERY, add_key, options_of, set_up_app, show_code
from tests.pages import Page, csrf_token, send

# Asked again before what reaches far

RULE = {
    "id": "test-fresh",
    "patterns": "zzfresh",
    "reason_id": "segar",
    "reason_en": "fresh\n& two lines",
    "positive": "zzfresh a\nb zzfresh\nzzfresh",
    "negative": "zz fre\ncalm",
    "why": 'because of "this" & that',
}


def rules_versions(guarded: Flask) -> int:
    with guarded.app_context():
        return db.session.scalar(select(func.count()).select_from(RulesVersion)) or 0


@pytest.fixture
def stale(guarded, came_in, clock) -> tuple[FlaskClient, pyotp.TOTP]:
    """The browser of an admin who showed their second step a while ago, and their code app."""
    client = came_in("admin-kita")
    totp = set_up_app(client)
    clock.shift(timedelta(minutes=16))
    return client, totp


def test_what_was_typed_outlives_the_question_and_is_done_after_it(guarded, stale):
    client, totp = stale
    before = rules_versions(guarded)
    form = Page(client.get("/aturan/baru")).form()
    asked = client.post("/aturan/baru", data=form.values | RULE)
    assert asked.status_code == 403
    assert rules_versions(guarded) == before
    kept = Page(asked).form("/aturan/baru").values
    wrong = client.post("/aturan/baru", data=kept | {"factor_code": "000000"})
    assert wrong.status_code == 403
    assert rules_versions(guarded) == before
    kept = Page(wrong).form("/aturan/baru").values
    assert {name: kept[name].replace("\r\n", "\n") for name in RULE} == RULE
    done = client.post("/aturan/baru", data=kept | {"factor_code": totp.at(now())})
    assert done.status_code == 302, Page(done).text
    assert rules_versions(guarded) == before + 1
    # For a while it is not asked again.
    assert client.get("/aturan/lab/ekspor.yaml").status_code == 200


def test_a_code_that_let_an_act_through_is_spent(guarded, stale):
    client, totp = stale
    form = Page(client.get("/aturan/baru")).form()
    code = totp.at(now())
    client.post("/aturan/baru", data=form.values | RULE | {"factor_code": code})
    assert show_code(sign_in(guarded, "admin-kita"), code).status_code == 422


def test_a_passkey_answers_the_question_too(guarded, came_in, clock):
    client, key = came_in("admin-kita"), SecurityKey()
    add_key(client, key)
    clock.shift(timedelta(minutes=16))
    before = rules_versions(guarded)
    form = Page(client.get("/aturan/baru")).form()
    assert client.post("/aturan/baru", data=form.values | RULE).status_code == 403
    answer = key.show(options_of(client, CHECK))
    sent = form.values | RULE | {"factor_answer": answer}
    assert client.post("/aturan/baru", data=sent).status_code == 302
    assert rules_versions(guarded) == before + 1


def test_a_draft_is_not_asked_for_and_what_puts_it_in_force_is(guarded, stale):
    client, totp = stale
    form = Page(client.get("/aturan/baru")).form()
    assert client.post("/aturan/baru", data=form.values | RULE | {"to": "draft"}).status_code == 302
    asked = send(client, "/aturan/lab/rancangan", "terbitkan", why="zz why")
    assert asked.status_code == 403
    kept = Page(asked).form("terbitkan").values
    assert kept["why"] == "zz why"
    sent = client.post(
        "/aturan/lab/rancangan/terbitkan", data=kept | {"factor_code": totp.at(now())}
    )
    assert sent.status_code == 302


@pytest.mark.parametrize(
    "address",
    ["/aturan/lab/ekspor.yaml", "/aturan/lab/ekspor.csv", "/meja/wawasan/waiting.csv?days=7"],
)
def test_a_file_leaves_after_the_question(stale, address):
    client, totp = stale
    asked = client.get(address)
    assert asked.location.startswith(f"{CHECK}?next=")
    given = client.post(
        asked.location, data={"csrf_token": csrf_token(client), "factor_code": totp.at(now())}
    )
    assert given.location.startswith(address)
    assert "attachment" in client.get(given.location).headers["Content-Disposition"]


def asked_by(lead: Member, case_id: str) -> str:
    """Let somebody ask whether two cases are one person; returns the question's address."""
    case = db.session.scalars(select(Case).where(Case.public_id == case_id)).one()
    question = PersonQuestion(
        case=case, other=make_case(Level.RED), asked_by_id=lead.id, ground=Ground.DANGER,
        note="zz", asked_at=now(),
    )  # fmt: skip
    db.session.add(question)
    db.session.commit()
    return question.public_id


def test_acts_that_reach_far_are_asked_for_again(guarded, site, stale):
    client, _ = stale
    with guarded.app_context():
        version = db.session.scalar(select(func.min(RulesVersion.id)))
        question = asked_by(make_member("lina", Role.LEAD), site.case_id)
    token = csrf_token(client)
    for address, typed in (
        (f"/aturan/lab/versi/{version}/kembali", {"why": "zz"}),
        (f"/meja/kasus/{site.case_id}/akun/tutup-akun", {"answer": "close", "version": "1"}),
        (f"/meja/kasus/{site.case_id}/satu-orang", {"other": "zz", "version": "1"}),
        (f"/meja/satu-orang/{question}/putuskan", {"answer": "allow"}),
        (f"/meja/satu-orang/{question}/jawaban", {}),
        (RECOVERY, {"person": NAME, "reason": "lost"}),
        (f"{RECOVERY}/setuju", {"person": NAME, "reason": "lost"}),
    ):
        answer = client.post(address, data={"csrf_token": token, **typed})
        assert answer.status_code == 403, address
        assert Page(answer).form(address).kinds["factor_code"] == "text"
    # Leaving an account open reaches nowhere, nor does leaving two names apart.
    no = {"csrf_token": token, "answer": "decline"}
    assert client.post(f"/meja/satu-orang/{question}/putuskan", data=no).status_code == 302
    keep = {"csrf_token": token, "answer": "keep", "version": "1", "note": ""}
    answer = client.post(f"/meja/kasus/{site.case_id}/akun/tutup-akun", data=keep)
    assert answer.status_code in (302, 409, 422)


def test_the_question_never_repeats_markup_of_what_was_typed(stale):
    client, _ = stale
    form = Page(client.get("/aturan/baru")).form()
    nasty = '"><script>alert(1)</script>'
    asked = client.post("/aturan/baru", data=form.values | RULE | {"why": nasty, nasty: nasty})
    assert asked.status_code == 403
    assert "<script>alert" not in asked.get_data(as_text=True)
