"""The second step of staff: nothing of staff's opens without it, and no code is taken twice."""

from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import func, select, text, update

from forum.accounts.models import Role
from forum.accounts.operations import join
from forum.clock import now
from forum.extensions import db
from forum.posts.models import Post, Visibility
from forum.settings import load_settings
from moderation.audit.models import Action
from moderation.factors.models import CodeApp, Passkey
from moderation.factors.operations import MAX_TRIES, TRIES_LAST
from moderation.factors.sealing import BrokenSeal, unseal
from tests.authenticator import SecurityKey
from tests.factories import sign_in
from tests.forum.factors import (
    APP,
    CHECK,
    KEY,
    NAME,
    OWN,
    SECRET,
    acts,
    add_key,
    opens_desk,
    options_of,
    send_at_once,
    set_up_app,
    show_code,
    show_key,
)
from tests.pages import Page, csrf_token, send

# The desk opens after the second step, and not before


def test_the_desk_leads_to_setting_up_and_opens_after_it(guarded, came_in):
    client = came_in(NAME)
    asked = client.get("/meja?lane=risk")
    assert asked.location.startswith(f"{CHECK}?next=/meja?lane%3Drisk")
    assert client.get(asked.location).location == OWN
    page = Page(client.get(OWN))
    assert APP in page.links
    before = client.get_cookie("teduh").value
    set_up_app(client)
    assert opens_desk(client)
    assert client.get_cookie("teduh").value != before
    copied = guarded.test_client()
    copied.set_cookie("teduh", before)
    assert copied.get("/akun").location.startswith("/masuk"), "the cookie of half a sign-in is over"
    assert [entry.detail["way"] for entry in acts(guarded, Action.ADD_FACTOR)] == ["code_app"]


def test_signing_in_asks_for_the_second_step_and_leads_on(guarded, clock):
    with guarded.app_context():
        join("sekar-sore", "kabut tipis di ladang", language="en", role=Role.LEAD)
        db.session.commit()
    first = guarded.test_client()
    typed = {"pseudonym": "sekar-sore", "passphrase": "kabut tipis di ladang"}
    totp = None
    for client in (first, guarded.test_client()):
        clock.shift(60)
        asked = send(client, "/masuk?next=/meja/wawasan", **typed)
        assert asked.location == f"{CHECK}?next=/meja/wawasan"
        assert not opens_desk(client)
        if totp is None:
            totp = set_up_app(client)
        else:
            wrong = show_code(client, "000000")
            assert wrong.status_code == 422
            assert Page(wrong).form().values["factor_code"] == "000000"
            assert not opens_desk(client)
            assert show_code(client, totp.at(now()), "/meja/wawasan").location == "/meja/wawasan"
            assert opens_desk(client)


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_the_second_step_leads_to_no_other_site(came_in, clock, address):
    totp = set_up_app(came_in(NAME))
    clock.shift(30)
    assert show_code(came_in(NAME), totp.at(now()), address).location == "/"


def test_until_then_staff_read_what_members_read(guarded, came_in, site):
    with guarded.app_context():
        db.session.execute(
            update(Post)
            .where(Post.public_id == site.reply_id)
            .values(visibility=Visibility.HELD, body_html="<p>zz-the-words</p>")
        )
        db.session.commit()
    client = came_in("admin-kita")
    page = client.get(f"/utas/{site.thread_id}").get_data(as_text=True)
    assert "zz-the-words" not in page
    assert "/meja/siaga" not in page
    set_up_app(client)
    page = client.get(f"/utas/{site.thread_id}").get_data(as_text=True)
    assert "zz-the-words" in page
    assert "/meja/siaga" in page


def test_a_member_has_no_second_step(came_in):
    client = came_in("member-kita")
    assert client.get(OWN).status_code == 403
    assert OWN not in Page(client.get("/akun")).links


def test_a_demo_asks_for_none_and_every_other_site_does(tmp_path, site, another_app):
    relaxed = another_app()
    assert opens_desk(sign_in(relaxed, NAME))
    strict = another_app(demo=False, secret_key=load_secret())
    assert not opens_desk(sign_in(strict, NAME))
    # There is no way to switch it off for real people.
    real = load_settings(demo=False, demo_factor=False, secret_key=load_secret(), data_dir=tmp_path)
    assert real.asks_factor


def load_secret():
    return load_settings(
        demo=False, secret_key="q9wX_t4Rz7LmK2pVb8NcYd3HsJ6fGa1EuTiQo5W0"
    ).secret_key


# Codes


def test_a_code_is_taken_once_and_none_before_it_after_that(guarded, came_in, clock):
    totp = set_up_app(came_in(NAME))
    # The code of the set-up itself is spent.
    assert show_code(came_in(NAME), totp.at(now())).status_code == 422
    before = totp.at(now() + timedelta(seconds=30))
    clock.shift(60)
    code = totp.at(now())
    assert show_code(came_in(NAME), code).status_code == 302
    again = came_in(NAME)
    assert show_code(again, code).status_code == 422
    assert show_code(again, before).status_code == 422, "in the window, but before a spent one"
    assert not opens_desk(again)
    clock.shift(30)
    assert show_code(again, totp.at(now())).status_code == 302
    assert opens_desk(again)


def test_of_one_code_in_four_browsers_at_once_one_is_taken(guarded, came_in, clock):
    totp = set_up_app(came_in(NAME))
    for _ in range(5):
        clock.shift(31)
        clients = [came_in(NAME) for _ in range(4)]
        statuses = send_at_once(clients, CHECK, {"factor_code": totp.at(now())})
        assert statuses == [302, 422, 422, 422]
        assert sum(opens_desk(client) for client in clients) == 1


@pytest.mark.parametrize("typed", ["{0} ", "{1} {2}", " {1}{2}\t"])
def test_a_code_may_be_typed_with_spaces(came_in, clock, typed):
    totp = set_up_app(came_in(NAME))
    clock.shift(30)
    code = totp.at(now())
    client = came_in(NAME)
    assert show_code(client, typed.format(code, code[:3], code[3:])).status_code == 302


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "' OR 1", "9" * 5000])
def test_what_is_no_code_opens_nothing(came_in, clock, code):
    set_up_app(came_in(NAME))
    client = came_in(NAME)
    assert show_code(client, code).status_code == 422
    assert not opens_desk(client)


def test_after_a_few_wrong_codes_even_the_right_one_waits(guarded, came_in, clock):
    totp = set_up_app(came_in(NAME))
    clock.shift(60)
    client = came_in(NAME)
    for _ in range(MAX_TRIES):
        assert show_code(client, "000000").status_code == 422
    # From another browser too: the tries are the person's.
    other = came_in(NAME)
    assert show_code(other, totp.at(now())).status_code == 422
    assert len(acts(guarded, Action.LOCK_CODES)) == 1
    clock.shift(TRIES_LAST)
    assert show_code(other, totp.at(now())).status_code == 302


def test_many_tries_at_once_are_no_more_than_the_limit(guarded, came_in):
    set_up_app(came_in(NAME))
    send_at_once([came_in(NAME) for _ in range(8)], CHECK, {"factor_code": "000000"})
    with guarded.app_context():
        assert db.session.scalar(select(CodeApp.tries)) == MAX_TRIES
    assert len(acts(guarded, Action.LOCK_CODES)) == 1


def test_the_secret_is_nowhere_in_the_database(guarded, came_in):
    totp = set_up_app(came_in(NAME))
    with guarded.app_context():
        row = db.session.scalars(select(CodeApp)).one()
        assert unseal(row.member_id, row.sealed_secret) == totp.secret
        for table in db.metadata.sorted_tables:
            stored = db.session.execute(text(f"SELECT * FROM {table.name}")).all()
            assert totp.secret not in str(stored), table.name


def test_a_secret_opens_for_its_person_and_its_site_alone(guarded, came_in, another_app):
    set_up_app(came_in(NAME))
    with guarded.app_context():
        row = db.session.scalars(select(CodeApp)).one()
        member_id, sealed = row.member_id, row.sealed_secret
        with pytest.raises(BrokenSeal):
            unseal(member_id + 1, sealed)
    elsewhere = another_app(demo=False, secret_key=load_secret())
    with elsewhere.app_context(), pytest.raises(BrokenSeal):
        unseal(member_id, sealed)


def test_setting_up_wants_the_first_code_of_what_the_page_showed(guarded, came_in, clock):
    client = came_in(NAME)
    shown = Page(client.get(APP)).form().values
    assert client.post(APP, data=shown | {"code": "000000"}).status_code == 422
    for sealed in ("", "made-up", "x" * 500):
        assert client.post(APP, data=shown | {"code": "1", "sealed": sealed}).status_code < 500
    # Of another person, or of long ago.
    other = Page(came_in("lead-kita").get(APP)).form().values["sealed"]
    assert client.post(APP, data=shown | {"code": "123456", "sealed": other}).status_code == 200
    clock.shift(timedelta(hours=1))
    late = client.post(APP, data=shown | {"code": "123456"})
    assert late.status_code == 200
    assert Page(late).form().values["sealed"] != shown["sealed"]
    assert not opens_desk(client)
    with guarded.app_context():
        assert db.session.scalar(select(func.count()).select_from(CodeApp)) == 0


def test_of_three_who_know_the_passphrase_one_sets_up_the_second_step(guarded, came_in):
    clients = [came_in(NAME) for _ in range(3)]
    page = clients[0].get(APP)
    secret = SECRET.search(page.get_data(as_text=True))[1].replace(" ", "")
    typed = Page(page).form().values | {"code": pyotp.TOTP(secret).at(now())}
    assert send_at_once(clients, APP, typed)[0:2] in ([302, 403], [302, 422])
    assert sum(opens_desk(client) for client in clients) == 1
    with guarded.app_context():
        assert db.session.scalar(select(func.count()).select_from(CodeApp)) == 1


def test_the_picture_needs_no_style_and_names_nobody(came_in):
    page = came_in(NAME).get(APP).get_data(as_text=True)
    picture = page[page.index("<svg") : page.index("</svg>")]
    assert "<path" in picture
    assert "style" not in picture
    assert "otpauth://totp/Teduh" in page
    assert NAME not in page[page.index("otpauth") : page.index("otpauth") + 200]


# Passkeys


def test_a_passkey_opens_the_desk_and_its_answer_works_once(guarded, came_in):
    key = SecurityKey()
    assert add_key(came_in(NAME), key, "Ponsel").status_code == 302
    client = came_in(NAME)
    answer = key.show(options_of(client, CHECK))
    assert show_key(client, answer).status_code == 302
    assert opens_desk(client)
    with guarded.app_context():
        row = db.session.scalars(select(Passkey)).one()
        assert (row.name, row.sign_count, row.is_copied) == ("Ponsel", 1, False)
    other = came_in(NAME)
    assert show_key(other, answer).status_code == 422, "asked of another session"
    options = options_of(other, CHECK)
    assert show_key(other, key.show(options)).status_code == 302
    assert opens_desk(other)
    again = key.show(options_of(other, CHECK))
    assert show_key(other, again).status_code == 302
    assert show_key(other, again).status_code == 422, "what was asked is answered once"


@pytest.mark.parametrize(
    "spoil",
    [
        {"verifies": False},
        {"origin": "https://evil.example"},
        {"host": "evil.example"},
        {"count": -1},
        {"credential_id": b"another"},
    ],
    ids=lambda spoil: next(iter(spoil)),
)
def test_an_answer_that_does_not_fit_opens_nothing(guarded, came_in, spoil):
    key = SecurityKey(count=5)
    assert add_key(came_in(NAME), key).status_code == 302
    for name, value in spoil.items():
        setattr(key, name, value)
    client = came_in(NAME)
    assert show_key(client, key.show(options_of(client, CHECK))).status_code == 422
    assert not opens_desk(client)


@pytest.mark.parametrize("spoil", [{"verifies": False}, {"origin": "https://evil.example"}])
def test_a_passkey_that_does_not_fit_is_not_kept(guarded, came_in, spoil):
    client = came_in(NAME)
    assert add_key(client, SecurityKey(**spoil)).status_code == 422
    assert not opens_desk(client)


@pytest.mark.parametrize(
    "answer", ["x", "{}", "[]", "null", '{"id": 5}', '{"id": "a"}', "9" * 30_000]
)
def test_nonsense_in_place_of_a_passkey_is_refused(came_in, answer):
    add_key(came_in(NAME), SecurityKey())
    client = came_in(NAME)
    options_of(client, CHECK)
    assert show_key(client, answer).status_code == 422
    fresh = came_in("lead-kita")
    options_of(fresh, KEY)
    data = {"csrf_token": csrf_token(fresh), "name": "a", "answer": answer}
    assert fresh.post(KEY, data=data).status_code == 422
    assert not opens_desk(fresh)


def test_the_passkey_of_somebody_else_opens_nothing(came_in):
    key = SecurityKey()
    add_key(came_in("admin-kita"), key)
    add_key(came_in(NAME), SecurityKey())
    client = came_in(NAME)
    assert show_key(client, key.show(options_of(client, CHECK))).status_code == 422
    assert not opens_desk(client)


def test_what_was_asked_to_be_signed_is_asked_for_five_minutes(came_in, clock):
    key = SecurityKey()
    add_key(came_in(NAME), key)
    client = came_in(NAME)
    answer = key.show(options_of(client, CHECK))
    clock.shift(timedelta(minutes=6))
    assert show_key(client, answer).status_code == 422


def test_no_name_of_a_person_goes_into_a_passkey(came_in):
    assert NAME not in options_of(came_in(NAME), KEY)


# One's own second steps


def test_who_has_not_shown_theirs_changes_none(guarded, came_in):
    set_up_app(came_in(NAME))
    thief = came_in(NAME)
    token = csrf_token(thief)
    assert thief.get(OWN).location.startswith(CHECK)
    assert thief.post(f"{KEY}/pilihan", data={"csrf_token": token}).status_code == 403
    assert thief.post(f"{OWN}/akhiri", data={"csrf_token": token}).status_code == 403
    assert thief.get(APP).location.startswith(CHECK)
    sealed = Page(came_in("lead-kita").get(APP)).form().values["sealed"]
    data = {"csrf_token": token, "sealed": sealed, "code": "123456"}
    assert thief.post(APP, data=data).status_code == 403
    with guarded.app_context():
        assert db.session.scalar(select(func.count()).select_from(CodeApp)) == 1


def test_one_of_two_can_be_ended_and_the_last_one_stays(guarded, came_in):
    client = came_in(NAME)
    set_up_app(client)
    key = SecurityKey()
    add_key(client, key)
    page = Page(client.get(OWN))
    ends = [form for form in page.forms if form.action.endswith("/akhiri")]
    assert len(ends) == 2
    client.post(f"{OWN}/akhiri", data=ends[0].values)
    with guarded.app_context():
        assert db.session.scalar(select(func.count()).select_from(CodeApp)) == 0
    client.post(f"{OWN}/akhiri", data=ends[1].values)
    assert len(acts(guarded, Action.END_FACTOR)) == 1
    other = came_in(NAME)
    assert show_key(other, key.show(options_of(other, CHECK))).status_code == 302


def test_two_that_are_ended_at_once_leave_one(guarded, came_in):
    client = came_in(NAME)
    set_up_app(client)
    add_key(client, SecurityKey())
    forms = [form.values for form in Page(client.get(OWN)).forms if "akhiri" in form.action]
    assert len(forms) == 2
    send_at_once([sign_in(guarded, NAME, second_step=True) for _ in forms], f"{OWN}/akhiri", *forms)
    with guarded.app_context():
        left = [db.session.scalar(select(func.count()).select_from(t)) for t in (CodeApp, Passkey)]
    assert sum(left) == 1


# Sessions of staff


def test_a_session_of_staff_ends_after_an_hour_of_nothing(guarded, clock):
    client = sign_in(guarded, NAME, second_step=True)
    for _ in range(3):
        clock.shift(timedelta(minutes=59))
        assert opens_desk(client)
    clock.shift(timedelta(minutes=66))
    assert client.get("/meja").location.startswith("/masuk")


def test_staff_sign_in_anew_each_day_however_busy(guarded, clock):
    client = sign_in(guarded, NAME, second_step=True)
    # Sessions know five minutes, not one: the end comes up to five minutes early.
    for _ in range(12 * 2 - 1):
        clock.shift(timedelta(minutes=30))
        assert opens_desk(client)
    clock.shift(timedelta(minutes=31))
    assert client.get("/meja").location.startswith("/masuk")


def test_the_limits_are_settings(site, clock, another_app):
    app = another_app(staff_idle_minutes=10, staff_hours=1)
    client = sign_in(app, NAME)
    clock.shift(timedelta(minutes=16))
    assert client.get("/meja").location.startswith("/masuk")
    client = sign_in(app, NAME)
    for _ in range(6):
        clock.shift(timedelta(minutes=9))
        assert opens_desk(client)
    clock.shift(timedelta(minutes=9))
    assert client.get("/meja").location.startswith("/masuk")
    member = sign_in(app, "member-kita")
    clock.shift(timedelta(days=13))
    assert member.get("/akun").status_code == 200
