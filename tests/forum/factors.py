"""What people do with a second step: they set one up, show it, and are sent on."""

import re
import threading

import pyotp
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from forum.clock import now
from forum.extensions import db
from moderation.audit.models import Action, AuditEntry
from tests.authenticator import SecurityKey
from tests.pages import Page, csrf_token

OWN = "/akun/langkah-kedua"
APP, CHECK, KEY = f"{OWN}/aplikasi", f"{OWN}/periksa", f"{OWN}/kunci"
RECOVERY = "/meja/langkah-kedua"
NAME = "moderator-kita"
SECRET = re.compile(r'class="secret"><code>([A-Z2-7 ]+)<')


def set_up_app(client: FlaskClient) -> pyotp.TOTP:
    """Set up a code app as a person would, from the text under the picture."""
    response = client.get(APP)
    found = SECRET.search(response.get_data(as_text=True))
    totp = pyotp.TOTP(found[1].replace(" ", ""))
    form = Page(response).form()
    sent = client.post(APP, data=form.values | {"code": totp.at(now())})
    assert sent.status_code == 302, Page(sent).text
    return totp


def show_code(client: FlaskClient, code: str, back: str = "") -> TestResponse:
    return client.post(
        CHECK,
        query_string={"next": back} if back else {},
        data={"csrf_token": csrf_token(client), "factor_code": code},
    )


def opens_desk(client: FlaskClient) -> bool:
    return client.get("/meja").status_code == 200


def options_of(client: FlaskClient, address: str) -> str:
    answer = client.post(f"{address}/pilihan", data={"csrf_token": csrf_token(client)})
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def add_key(client: FlaskClient, key: SecurityKey, name: str = "kunci") -> TestResponse:
    answer = key.make(options_of(client, KEY))
    data = {"csrf_token": csrf_token(client), "name": name, "answer": answer}
    return client.post(KEY, data=data)


def show_key(client: FlaskClient, answer: str) -> TestResponse:
    return client.post(CHECK, data={"csrf_token": csrf_token(client), "factor_answer": answer})


def acts(guarded: Flask, action: Action) -> list[AuditEntry]:
    with guarded.app_context():
        return list(db.session.scalars(select(AuditEntry).where(AuditEntry.action == action.value)))


def send_at_once(clients: list[FlaskClient], address: str, *forms: dict[str, str]) -> list[int]:
    """Let each browser send its form, or all the same one, at one moment; return the statuses."""
    barrier, statuses = threading.Barrier(len(clients)), []
    tokens = [csrf_token(client) for client in clients]

    def post(client: FlaskClient, token: str, form: dict[str, str]) -> None:
        barrier.wait(timeout=60)
        statuses.append(client.post(address, data=form | {"csrf_token": token}).status_code)

    forms = forms if len(forms) > 1 else forms * len(clients)
    people = zip(clients, tokens, forms, strict=True)
    threads = [threading.Thread(target=post, args=person) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(statuses)
