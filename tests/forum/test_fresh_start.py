"""A lost second step: two admins or the operator give a fresh start, and nobody alone."""

from datetime import timedelta

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from forum.accounts.models import Member, Role
from forum.accounts.operations import join, set_role
from forum.commands.main import main
from forum.extensions import db
from moderation.audit.models import Action
from moderation.factors.models import CodeApp, Passkey, RecoveryRequest
from moderation.rights.models import Erasure
from tests.authenticator import SecurityKey
from tests.factories import sign_in
from tests.forum.factors import (
    NAME,
    OWN,
    RECOVERY,
    acts,
    add_key,
    opens_desk,
    send_at_once,
    set_up_app,
)
from tests.pages import Page, csrf_token, send

# A fresh start by two admins


@pytest.fixture
def admins(guarded, came_in) -> list[FlaskClient]:
    """Browsers of three admins who have just shown their second step."""
    with guarded.app_context():
        for name in ("wening-pagi", "laras-pagi"):
            join(name, "kabut tipis di ladang", language="en", role=Role.ADMIN)
        db.session.commit()
    names = ("admin-kita", "wening-pagi", "laras-pagi")
    return [sign_in(guarded, name, second_step=True) for name in names]


def ask(admin: FlaskClient, person: str = NAME) -> TestResponse:
    return send(admin, RECOVERY, RECOVERY, person=person, reason="lost")


def agree(admin: FlaskClient, person: str = NAME) -> TestResponse:
    data = {"csrf_token": csrf_token(admin), "person": person, "reason": "lost"}
    return admin.post(f"{RECOVERY}/setuju", data=data)


def factors_left(guarded: Flask) -> int:
    with guarded.app_context():
        return db.session.scalar(select(func.count()).select_from(CodeApp)) or 0


def test_two_admins_give_a_fresh_start_and_the_sessions_end(guarded, came_in, admins):
    person = came_in(NAME)
    set_up_app(person)
    assert ask(admins[0]).status_code == 302
    assert "admin-kita" in Page(person.get(OWN)).text, "the person sees who asked"
    assert factors_left(guarded) == 1
    assert opens_desk(person)
    assert agree(admins[1]).status_code == 302
    assert factors_left(guarded) == 0
    assert person.get("/akun").location.startswith("/masuk")
    back = came_in(NAME)
    assert not opens_desk(back)
    set_up_app(back)
    assert opens_desk(back)
    (asked,), (given,) = acts(guarded, Action.ASK_RECOVERY), acts(guarded, Action.RECOVER_STAFF)
    assert asked.detail == {"reason": "lost"}
    assert given.detail == {"reason": "lost", "first": asked.actor_id}
    assert asked.actor_id != given.actor_id
    assert agree(admins[2]).status_code == 409, "it is used up"


def test_who_asked_does_not_agree_and_nobody_does_it_for_themselves(guarded, came_in, admins):
    set_up_app(came_in(NAME))
    ask(admins[0])
    assert agree(admins[0]).status_code == 409
    assert ask(admins[1], "wening-pagi").status_code == 422, "not among the names"
    ask(admins[0], "wening-pagi")
    assert agree(admins[1], "wening-pagi").status_code == 409
    assert agree(admins[2], "wening-pagi").status_code == 302
    assert factors_left(guarded) == 1


def test_it_waits_a_day_and_wants_an_admin_who_is_one_still(guarded, came_in, clock, admins):
    set_up_app(came_in(NAME))
    ask(admins[0])
    assert ask(admins[1]).status_code == 409
    clock.shift(timedelta(hours=24, minutes=1))
    admins = [
        sign_in(guarded, name, second_step=True)
        for name in ("admin-kita", "wening-pagi", "laras-pagi")
    ]
    assert agree(admins[1]).status_code == 409
    assert ask(admins[1]).status_code == 302
    with guarded.app_context():
        first = db.session.scalars(select(Member).where(Member.pseudonym == "wening-pagi")).one()
        set_role(first, Role.LEAD)
        db.session.commit()
    assert agree(admins[0]).status_code == 409
    assert factors_left(guarded) == 1


def test_a_wish_can_be_dropped(guarded, came_in, admins):
    set_up_app(came_in(NAME))
    ask(admins[0])
    data = {"csrf_token": csrf_token(admins[1]), "person": NAME}
    assert admins[1].post(f"{RECOVERY}/batal", data=data).status_code == 302
    assert agree(admins[1]).status_code == 409
    assert len(acts(guarded, Action.DROP_RECOVERY)) == 1


@pytest.mark.parametrize("person", ["member-kita", "nobody-here", ""])
def test_there_is_none_for_who_is_not_of_staff(guarded, admins, person):
    assert ask(admins[0], person).status_code == 422
    data = {"csrf_token": csrf_token(admins[0]), "person": person, "reason": "lost"}
    assert admins[0].post(f"{RECOVERY}/setuju", data=data).status_code in (302, 409)
    with guarded.app_context():
        assert db.session.scalar(select(func.count()).select_from(RecoveryRequest)) == 0


def test_it_wants_a_reason(guarded, admins):
    assert send(admins[0], RECOVERY, RECOVERY, person=NAME).status_code == 422
    with guarded.app_context():
        assert db.session.scalar(select(func.count()).select_from(RecoveryRequest)) == 0


def test_two_who_agree_at_once_do_it_once(guarded, came_in, admins):
    set_up_app(came_in(NAME))
    ask(admins[0])
    typed = {"person": NAME, "reason": "lost"}
    assert send_at_once(admins[1:], f"{RECOVERY}/setuju", typed) == [302, 409]
    assert len(acts(guarded, Action.RECOVER_STAFF)) == 1


# The operator


@pytest.fixture
def teduh(guarded, monkeypatch):
    """Run a command on the test's database."""
    monkeypatch.setattr("forum.commands.accounts.create_app", lambda _: guarded)
    monkeypatch.setattr("forum.commands.accounts.load_settings", lambda: None)
    return lambda *words: CliRunner().invoke(main, list(words))


def test_the_operator_gives_a_fresh_start_too(guarded, came_in, teduh):
    person = came_in(NAME)
    set_up_app(person)
    done = teduh("end-factors", NAME)
    assert done.exit_code == 0, done.output
    assert factors_left(guarded) == 0
    assert person.get("/akun").location.startswith("/masuk")
    (entry,) = acts(guarded, Action.RECOVER_STAFF)
    assert (entry.actor_id, entry.actor_role) == (None, "operator")
    assert teduh("end-factors", "member-kita").exit_code == 2
    assert teduh("end-factors", "nobody-here").exit_code == 2


def test_who_leaves_staff_leaves_their_second_steps(guarded, came_in, teduh):
    client = came_in(NAME)
    set_up_app(client)
    add_key(client, SecurityKey())
    assert teduh("set-role", NAME, "lead").exit_code == 0
    assert factors_left(guarded) == 1
    assert teduh("set-role", NAME, "member").exit_code == 0
    assert factors_left(guarded) == 0
    with guarded.app_context():
        assert db.session.scalar(select(func.count()).select_from(Passkey)) == 0


def test_a_passphrase_alone_has_nobody_of_the_team_erased(guarded):
    name, passphrase = "jaga-malam-42", "kenari emas hinggap 7731"
    with guarded.app_context():
        join(name, passphrase, language="en", role=Role.MODERATOR)
        db.session.commit()
    typed = {"posts": "keep", "sure": "y", "passphrase": passphrase}
    for second_step, erasures in ((False, 0), (True, 1)):
        client = sign_in(guarded, name, second_step=second_step)
        answer = send(client, "/akun/hapus", **typed)
        assert answer.status_code == 302
        assert ("next=" in answer.location) == (not second_step)
        with guarded.app_context():
            assert db.session.scalar(select(func.count(Erasure.id))) == erasures
