"""Joining, coming back, leaving: what people can do, and what is never kept about them."""

import base64
import hashlib
import re
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from argon2 import PasswordHasher, Type, extract_parameters
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, inspect, select, update

from forum.accounts import operations, passphrases
from forum.accounts.demo import DEMO_PASSPHRASE
from forum.accounts.models import Member, RecoveryCode, Role, SignIn
from forum.accounts.names import name_problem, suggest_names
from forum.accounts.operations import IDLE_MEMBER, set_role
from forum.extensions import db
from forum.help.views import TRIED
from tests.pages import Page, csrf_token, send

NAME = "hangat-kenari-64"
PASSPHRASE = "kabut tipis di ladang"
CODE = re.compile(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\b")
REAL_HASHER = passphrases._hasher
START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine real hashes for each account would be most of the time of these tests."""
    monkeypatch.setattr(passphrases, "_hasher", PasswordHasher(1, 8, 1))


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as moved:
        yield moved


def join(client: FlaskClient, **typed: object) -> Page:
    answers = {"pseudonym": NAME, "passphrase": PASSPHRASE, "adult": "y", "agreement": "y"}
    answers |= typed
    return Page(send(client, "/gabung", **{k: v for k, v in answers.items() if v is not None}))


def sign_in_by_form(client: FlaskClient, passphrase: str = PASSPHRASE, pseudonym: str = NAME):
    return send(client, "/masuk", pseudonym=pseudonym, passphrase=passphrase)


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/kode").status_code == 200


def count(model: type) -> int:
    found = db.session.scalar(select(func.count()).select_from(model))
    db.session.rollback()
    return found or 0


# Joining


def test_joining_takes_a_name_and_a_passphrase_and_gives_eight_codes(app, client, monkeypatch):
    monkeypatch.setattr(passphrases, "_hasher", REAL_HASHER)
    page = join(client)
    codes = CODE.findall(page.text)
    assert len(set(codes)) == 8
    assert is_signed_in(client)
    with app.app_context():
        member = db.session.scalar(select(Member))
        assert (member.pseudonym, member.role, member.language) == (NAME, Role.MEMBER, "id")
        stored = [member.passphrase_hash, *db.session.scalars(select(RecoveryCode.code_hash))]
        assert len(stored) == 9
        # OWASP's minimum for argon2id.
        costs = [extract_parameters(value) for value in stored]
        assert {(cost.type, cost.time_cost) for cost in costs} == {(Type.ID, 2)}
        assert min(cost.memory_cost for cost in costs) >= 19 * 1024
        assert not any(code in value for code in codes for value in stored)


def test_the_form_asks_for_nothing_that_tells_who_someone_is(app, client):
    form = Page(client.get("/gabung")).form()
    assert set(form.typed_fields) == {"pseudonym", "passphrase", "adult", "agreement"}
    assert set(form.kinds.values()) <= {"text", "password", "checkbox", "hidden"}
    with app.app_context():
        columns = {column["name"] for column in inspect(db.engine).get_columns("member")}
    assert not columns & {"email", "mail", "phone", "address", "ip", "user_agent", "birthday"}


def test_the_suggested_name_can_be_taken_as_it_is(app, client):
    suggested = Page(client.get("/gabung")).form().values["pseudonym"]
    join(client, pseudonym=suggested)
    with app.app_context():
        assert db.session.scalar(select(Member.pseudonym)) == suggested


def test_every_suggestion_is_a_good_name():
    names = suggest_names(2000)
    assert [name for name in names if name_problem(name)] == []
    assert len(set(names)) > 1900


def test_the_language_of_the_page_becomes_the_members(app, client):
    client.post("/bahasa", data={"csrf_token": csrf_token(client), "language": "en", "next": "/"})
    join(client)
    with app.app_context():
        assert db.session.scalar(select(Member.language)) == "en"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "ab",
        "x" * 25,
        "rina 08123456",
        "Admin Teduh",
        "m0derat0r-ku",
        "relawan-sore",
        "r\u0456na-pagi",  # a Cyrillic letter
        "rina@pagi",
        "<b>rina</b>",
        "rina--pagi",
        "\u202erina-pagi",
        "rina\x00pagi",
        "zzred-sore",  # a rule in force would flag it in a post
        "anjing-sore",
        "b4ngsat77",
    ],
)
def test_a_name_that_tells_or_deceives_is_refused_and_kept_in_the_form(app, client, name):
    page = join(client, pseudonym=name)
    assert page.status in (200, 422)
    form = page.form()
    assert form.values["pseudonym"] == " ".join(name.split())
    assert form.values["passphrase"] == ""
    assert "adult" in form.values
    with app.app_context():
        assert count(Member) == 0


@pytest.mark.parametrize(
    "name",
    [
        # A dotless i, an alpha, small capitals, a turned e; digits of another script.
        *(
            "adm\u0131n",
            "\u0251dmin",
            "rel\u0251wan",
            "\u0280elawan",
            "m\u00f8d\u0259rator",
            "\u1d1beduh",
            "mod\u0258rator",
        ),
        *("B\u0131ru-Kasur-12", "rina-\u0664\u0662", "stra\u00dfe-\u00f8"),
    ],
)
def test_letters_that_pass_for_others_are_in_no_name(name):
    assert name_problem(name) == "characters"


@pytest.mark.parametrize(
    "name",
    [
        *("adrnin", "relavvan", "rnod rina", "\u00e1dmin", "\uff41dmin", "psikoIog", "fasi1itator"),
        *("staff-1", "Staff1", "staf kami", "Mod-Rina", "ModRina", "m.o.d", "dr.budi", "DrBudi"),
        *("terapis-anna", "counselor", "perawat", "fasilitator", "support.team", "help desk"),
    ],
)
def test_a_name_that_passes_for_the_team_is_refused(name):
    assert name_problem(name) == "staff"


@pytest.mark.parametrize(
    "name",
    [
        *("Modesta", "Andri", "Mustafa", "supporter-bola", "modern", "Cahaya", "barnes-vv"),
        *("Renée", "José-17", "Ångström", "kembang.pagi", "Biru-Kasur-12"),
    ],
)
def test_names_of_people_stay_free(name):
    assert name_problem(name) is None


def test_a_name_from_before_a_rule_still_opens_its_account(app, client):
    with app.app_context():
        for name in ("B\u0131ru-Kasur-12", "Staff-Pagi"):
            operations.join(name, PASSPHRASE, language="id")
        db.session.commit()
    for name in ("B\u0131ru-Kasur-12", "Staff-Pagi"):
        other = app.test_client()
        sign_in_by_form(other, pseudonym=name)
        assert is_signed_in(other)


@pytest.mark.parametrize(
    "name",
    [NAME.upper(), "hangat kenari 64", "hangat_kenari.64", "hangat-kenari-6A", "hangat-kenarl-64"],
)
def test_a_name_that_looks_like_anothers_is_refused(app, client, name):
    join(client)
    page = join(app.test_client(), pseudonym=name)
    assert not CODE.search(page.text)
    assert page.form().values["pseudonym"] == name
    with app.app_context():
        assert count(Member) == 1


@pytest.mark.parametrize(
    "passphrase",
    [
        "",
        "short",
        NAME,
        f"{NAME}123",
        "aaaaaaaaaaaaaa",
        "ababababababab",
        "x y" * 80,
        "Qwertyuiop",
        "akusayangkamu123",
        *("Jakarta2024", "bandung !!1945", "Budi17081945", "Password_2024!"),
        "password 1234",
        "Rahasia rahasia",
        "iloveyouiloveyouiloveyou",
        DEMO_PASSPHRASE.title(),
    ],
)
def test_a_passphrase_that_is_easy_to_guess_is_refused_and_never_echoed(app, client, passphrase):
    response = send(
        client, "/gabung", pseudonym=NAME, passphrase=passphrase, adult="y", agreement="y"
    )
    form = Page(response).form()
    assert form.values["passphrase"] == ""
    with app.app_context():
        assert count(Member) == 0


@pytest.mark.parametrize("passphrase", ["Jakarta hujan pagi 2024", "lampu 2024 teras", PASSPHRASE])
def test_a_few_words_and_a_year_are_not_easy_to_guess(passphrase):
    assert not passphrases.is_easy_to_guess(passphrase, NAME)


def test_someone_under_eighteen_is_shown_doors_of_their_own(app, client):
    page = join(client, adult=None)
    assert {"tel:129", "tel:119"} <= set(page.links)
    with app.app_context():
        assert count(Member) == 0


def test_nobody_joins_without_the_agreement(app, client):
    join(client, agreement=None)
    with app.app_context():
        assert count(Member) == 0


def test_a_member_who_opens_the_join_page_is_led_back(client):
    join(client)
    assert client.get("/gabung").location == "/"


# Signing in and out


def test_signing_in_leads_to_where_one_wanted_to_go(app, client):
    join(client)
    other = app.test_client()
    asked = other.get("/kode?x=1")
    assert asked.location.startswith("/masuk?next=")
    response = send(other, asked.location, pseudonym=NAME, passphrase=PASSPHRASE)
    assert response.location.startswith("/kode")
    assert is_signed_in(other)


@pytest.mark.parametrize("typed", ["HANGAT-KENARI-64", "hangat kenari 64", " hangat-kenari-64 "])
def test_the_name_may_be_typed_loosely(app, client, typed):
    join(client)
    other = app.test_client()
    sign_in_by_form(other, pseudonym=typed)
    assert is_signed_in(other)


def test_a_wrong_passphrase_and_an_unknown_name_get_the_same_answer(app, client, monkeypatch):
    join(client)
    checks = []
    verify = operations.verify_secret

    def watch(stored, secret):
        checks.append(stored is not None)
        return verify(stored, secret)

    monkeypatch.setattr(operations, "verify_secret", watch)
    answers = []
    for name in (NAME, "tenang-bintang-11"):
        other = app.test_client()
        page = Page(sign_in_by_form(other, "not the passphrase", name))
        assert not is_signed_in(other)
        assert page.form().values["pseudonym"] == name
        answers.append((page.status, page.text))
    assert answers[0] == answers[1]
    assert checks == [True, False], "the same work is done for a name that nobody has"


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/%0d%0aSet-Cookie:x=1",
        "/\t/evil.example/",
        "http:evil.example",
    ],
)
def test_nobody_is_led_to_another_site(client, address):
    join(client)
    response = send(client, "/masuk", pseudonym=NAME, passphrase=PASSPHRASE)
    token = csrf_token(client)
    for response in (
        client.post(
            "/masuk",
            query_string={"next": address},
            data={"csrf_token": token, "pseudonym": NAME, "passphrase": PASSPHRASE},
        ),
        client.post("/bahasa", data={"csrf_token": token, "language": "en", "next": address}),
    ):
        assert response.status_code == 302
        assert re.fullmatch(r"/([^/\\\s].*)?", response.location), response.location


def test_signing_out_ends_the_session_on_the_server_too(app, client):
    join(client)
    copied = client.get_cookie("teduh").value
    response = client.post("/keluar-akun", data={"csrf_token": csrf_token(client)})
    assert "cookies" in response.headers["Clear-Site-Data"]
    assert client.get_cookie("teduh") is None
    thief = app.test_client()
    thief.set_cookie("teduh", copied)
    assert not is_signed_in(thief)
    with app.app_context():
        assert count(SignIn) == 0


def test_the_quick_exit_is_a_link_that_ends_the_session_and_leaves(app, client):
    join(client)
    copied = client.get_cookie("teduh").value
    response = client.get("/keluar")
    assert response.location == app.config["QUICK_EXIT_URL"]
    assert '"cache"' in response.headers["Clear-Site-Data"]
    assert client.get_cookie("teduh") is None
    thief = app.test_client()
    thief.set_cookie("teduh", copied)
    assert not is_signed_in(thief)


@pytest.mark.parametrize("way", ["/keluar", "/keluar-akun"])
def test_leaving_takes_the_form_cookie_along(app, client, way):
    """It tells which lines did not answer, to anyone who finds it."""
    form_cookie = app.config["SESSION_COOKIE_NAME"]
    token = csrf_token(client)
    with client.session_transaction() as kept:
        kept[TRIED] = ["jakcare"]
    assert client.get_cookie(form_cookie)
    if way == "/keluar":
        client.get(way)
    else:
        client.post(way, data={"csrf_token": token})
    assert client.get_cookie(form_cookie) is None


def test_a_visitor_can_leave_in_a_hurry_too(app, client):
    assert client.get("/keluar").location == app.config["QUICK_EXIT_URL"]


# Cookies


def test_the_cookie_of_a_session_is_random_and_for_this_site_alone(app, client):
    join(client)
    cookie = client.get_cookie("teduh")
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    assert (cookie.path, cookie.expires, cookie.max_age) == ("/", None, None)
    assert cookie.origin_only, "no domain, so no other host of the operator gets it"
    assert len(base64.urlsafe_b64decode(cookie.value + "=")) >= 32
    with app.app_context():
        row = db.session.scalar(select(SignIn))
        assert cookie.value not in row.token_hash
        assert (row.seen_at.minute, row.seen_at.second, row.seen_at.microsecond) == (0, 0, 0)
    again = app.test_client()
    sign_in_by_form(again)
    assert again.get_cookie("teduh").value != cookie.value


def test_no_cookie_tells_who_someone_is_or_where_they_come_from(app, client):
    address, browser = "203.0.113.77", "Mozilla/5.0 (Linux; Android 9; TestPhone)"
    client.environ_base |= {"REMOTE_ADDR": address, "HTTP_USER_AGENT": browser}
    join(client)
    for path in ("/", "/kode", "/bantuan"):
        client.get(path)
    with app.app_context():
        member_id = str(db.session.scalar(select(Member.id)))
    cookies = {name: client.get_cookie(name).value for name in ("teduh", "teduh-form")}
    form_session = read_form_cookie(cookies["teduh-form"])
    for key in ("_id", "_user_id", "user_id", "_fresh", "_remember"):
        assert f'"{key}"' not in form_session
    marks = [address, browser, NAME, f'"{member_id}"']
    marks += [
        hashlib.new(method, known.encode()).hexdigest()
        for method in ("md5", "sha1", "sha256", "sha512")
        for known in (address, browser, f"{address}|{browser}", NAME)
    ]
    for value in (cookies["teduh"], cookies["teduh-form"], form_session):
        assert [mark for mark in marks if mark in value] == []


def read_form_cookie(value: str) -> str:
    """Return what anyone who holds the signed cookie can read in it."""
    packed = value.startswith(".")
    body = value.lstrip(".").split(".")[0]
    raw = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    return (zlib.decompress(raw) if packed else raw).decode()


def test_an_old_cookie_is_taken_away(client):
    client.set_cookie("teduh", "a" * 43)
    client.get("/")
    assert client.get_cookie("teduh") is None


# Sessions


def test_a_change_of_role_ends_every_session(app, client):
    join(client)
    second = app.test_client()
    sign_in_by_form(second)
    with app.app_context():
        set_role(db.session.scalar(select(Member)), Role.MODERATOR)
        db.session.commit()
    assert not is_signed_in(client)
    assert not is_signed_in(second)
    sign_in_by_form(second)
    assert second.get("/meja").status_code == 200


def test_a_member_comes_back_within_two_weeks_and_not_after(clock, client):
    join(client)
    clock.shift(IDLE_MEMBER - timedelta(hours=1))
    assert is_signed_in(client)
    # Being here counts from now on.
    clock.shift(IDLE_MEMBER - timedelta(hours=1))
    assert is_signed_in(client)
    clock.shift(IDLE_MEMBER + timedelta(hours=2))
    assert not is_signed_in(client)


# Recovery


@pytest.mark.parametrize(
    "typed",
    [str, str.lower, lambda code: code.replace("-", " "), lambda code: code.replace("0", "o")],
)
def test_a_code_lets_one_back_in_once_and_ends_other_sessions(app, client, typed):
    codes = CODE.findall(join(client).text)
    code = next((code for code in codes if "0" in code), codes[0])
    back = app.test_client()
    new = "angin di antara sawah"
    response = send(back, "/pulihkan", pseudonym=NAME, code=typed(code), passphrase=new)
    assert response.status_code == 302
    assert is_signed_in(back)
    assert not is_signed_in(client), "who took the account over meanwhile is out"
    other = app.test_client()
    sign_in_by_form(other)
    assert not is_signed_in(other), "the old passphrase is gone"
    sign_in_by_form(other, new)
    assert is_signed_in(other)
    again = app.test_client()
    send(again, "/pulihkan", pseudonym=NAME, code=code, passphrase="sekali lagi saja")
    assert not is_signed_in(again)
    with app.app_context():
        assert count(RecoveryCode) == 7


@pytest.mark.parametrize("code", ["", "0000-0000-0000", "' OR 1=1 --", "\u0000" * 12, "x" * 5000])
def test_a_code_that_is_not_ones_own_opens_nothing(app, client, code):
    join(client)
    other = app.test_client()
    response = send(other, "/pulihkan", pseudonym=NAME, code=code, passphrase="angin di sawah")
    assert response.status_code in (200, 422)
    assert not is_signed_in(other)
    assert is_signed_in(client)


def test_the_code_of_another_member_opens_nothing(app, client):
    join(client)
    neighbour = app.test_client()
    code = CODE.findall(join(neighbour, pseudonym="tenang-bintang-11").text)[0]
    thief = app.test_client()
    send(thief, "/pulihkan", pseudonym=NAME, code=code, passphrase="angin di sawah")
    assert not is_signed_in(thief)


def test_new_codes_make_the_old_ones_worthless(app, client):
    old = CODE.findall(join(client).text)
    new = CODE.findall(Page(send(client, "/kode", passphrase=PASSPHRASE)).text)
    assert len(set(new)) == 8
    assert not set(new) & set(old)
    other = app.test_client()
    send(other, "/pulihkan", pseudonym=NAME, code=old[0], passphrase="angin di sawah")
    assert not is_signed_in(other)
    send(other, "/pulihkan", pseudonym=NAME, code=new[0], passphrase="angin di sawah")
    assert is_signed_in(other)


def test_a_new_passphrase_takes_the_old_one_and_ends_other_sessions(app, client):
    join(client)
    elsewhere = app.test_client()
    sign_in_by_form(elsewhere)
    new = "gerimis sore di beranda"
    address = "/akun/kata-sandi"
    assert send(client, address, current=PASSPHRASE, passphrase=new).status_code == 302
    assert is_signed_in(client)
    assert not is_signed_in(elsewhere)
    other = app.test_client()
    sign_in_by_form(other)
    assert not is_signed_in(other), "the old passphrase is gone"
    sign_in_by_form(other, new)
    assert is_signed_in(other)


@pytest.mark.parametrize(
    ("current", "chosen"),
    [
        ("not the passphrase", "gerimis sore di beranda"),
        ("", "gerimis sore di beranda"),
        (PASSPHRASE, "short"),
        (PASSPHRASE, "password1234"),
        (PASSPHRASE, f"{NAME} {NAME}"),
    ],
)
def test_a_passphrase_stays_where_the_old_or_the_new_one_is_wrong(app, client, current, chosen):
    join(client)
    page = Page(send(client, "/akun/kata-sandi", current=current, passphrase=chosen))
    assert ("input", "true") in {(tag, a.get("aria-invalid")) for tag, a in page.tags}
    other = app.test_client()
    sign_in_by_form(other)
    assert is_signed_in(other), "the one until now still opens"


@pytest.mark.parametrize("passphrase", ["", "not the passphrase"])
def test_who_finds_a_page_open_gets_no_codes(app, client, passphrase):
    """New codes would be a way into the account, past its passphrase and for good."""
    old = CODE.findall(join(client).text)
    page = Page(send(client, "/kode", passphrase=passphrase))
    assert not CODE.findall(page.text)
    assert ("input", "true") in {(tag, a.get("aria-invalid")) for tag, a in page.tags}
    other = app.test_client()
    send(other, "/pulihkan", pseudonym=NAME, code=old[0], passphrase="gerimis sore di beranda")
    assert is_signed_in(other), "the old ones work as before"


def test_the_codes_are_shown_once(client: FlaskClient, app: Flask):
    codes = CODE.findall(join(client).text)
    for path in ("/kode", "/", "/gabung"):
        page = client.get(path, follow_redirects=True).get_data(as_text=True)
        assert not any(code in page for code in codes)


# One's own sessions


def end_sessions(client: FlaskClient, **sent: str) -> None:
    client.post("/akun/sesi", data={"csrf_token": csrf_token(client), **sent})


def test_a_member_sees_their_sessions_and_ends_another_one(app, client):
    join(client)
    other = app.test_client()
    sign_in_by_form(other)
    page = Page(client.get("/akun"))
    assert "Sesi ini" in page.text
    (mark,) = {form.values["session"] for form in page.forms if "session" in form.values}
    end_sessions(client, session=mark)
    assert is_signed_in(client)
    assert not is_signed_in(other)


def test_what_the_page_advises_keeps_a_stranger_out(app, client):
    """New codes alone would not: who knows the passphrase comes back with it."""
    old = CODE.findall(join(client).text)
    new = "gerimis sore di beranda"
    assert "Pilih kata sandi baru, lalu buat kode baru." in Page(client.get("/akun")).text
    send(client, "/akun/kata-sandi", current=PASSPHRASE, passphrase=new)
    send(client, "/kode", passphrase=new)
    stranger = app.test_client()
    sign_in_by_form(stranger)
    send(stranger, "/pulihkan", pseudonym=NAME, code=old[0], passphrase="angin di sawah")
    assert not is_signed_in(stranger)


def test_all_other_sessions_end_at_once_and_the_own_one_stays(app, client):
    join(client)
    others = [app.test_client() for _ in range(3)]
    for other in others:
        sign_in_by_form(other)
    end_sessions(client)
    assert is_signed_in(client)
    assert not any(is_signed_in(other) for other in others)


@pytest.mark.parametrize("mark", ["%" * 16, "_" * 16, "0" * 16])
def test_a_made_up_mark_ends_nothing(app, client, mark):
    join(client)
    other = app.test_client()
    sign_in_by_form(other)
    end_sessions(client, session=mark)
    assert is_signed_in(client)
    assert is_signed_in(other)


def test_nobody_ends_the_session_of_another_member(app, client):
    join(client)
    stranger = app.test_client()
    join(stranger, pseudonym="lembut-angin-42")
    with app.app_context():
        mark = (
            db.session.scalars(
                select(SignIn).join(Member).where(Member.pseudonym == "lembut-angin-42")
            )
            .one()
            .mark
        )
    end_sessions(client, session=mark)
    assert is_signed_in(stranger)


def test_a_checked_code_is_not_another_one_that_got_its_id_since(app, client):
    code = CODE.findall(join(client).text)[-1]
    with app.app_context():
        checked = operations.check_code(NAME, code)
        operations.recover(checked, "a hash")
        db.session.commit()
        other, _ = operations.join("tenang-bintang-11", PASSPHRASE, language="id")
        db.session.commit()
        if db.engine.dialect.name == "postgresql":
            # SQLite does so by itself.
            newest = db.session.scalar(select(func.max(RecoveryCode.id)))
            db.session.execute(
                update(RecoveryCode).where(RecoveryCode.id == newest).values(id=checked.id)
            )
            db.session.commit()
        assert db.session.get(RecoveryCode, checked.id).member_id == other.id
        with pytest.raises(operations.WrongSecret):
            operations.recover(checked, "the hash of a thief")
        db.session.rollback()
        db.session.refresh(other)
        assert other.passphrase_hash != "the hash of a thief"


def test_a_passphrase_that_was_changed_since_it_was_checked_opens_nothing(app, client):
    join(client)
    with app.app_context():
        checked = operations.check_passphrase(NAME, PASSPHRASE)
        member = operations.confirm_passphrase(checked)
        operations.change_passphrase(member, "another hash", "no token")
        db.session.commit()
        with pytest.raises(operations.WrongSecret):
            operations.confirm_passphrase(checked)
