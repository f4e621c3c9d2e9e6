"""Nobody learns from a clock, or from the work that is done, whether a name is known here.

The work is counted, hash by hash; and 200 tries of each kind are measured with hashes of a small
part of their real weight, so that whatever else differs would weigh many times as much. With real
hashes, over HTTP: benchmarks/sign_in.py.
"""

import statistics
import threading
import time
from collections.abc import Callable

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from forum.accounts import operations, passphrases
from forum.accounts.models import Member, RecoveryCode
from forum.accounts.passphrases import CODE_COUNT, MAX_LENGTH
from forum.extensions import db, limiter
from tests.pace import seconds_of
from tests.pages import Page

NAME, PASSPHRASE, NEW = "hangat-kenari-64", "kabut tipis di ladang", "gerimis sore di beranda"
UNKNOWN = "tenang-bintang-11"
TRIES = 200
# Medians as far apart as this say nothing to who asks from afar.
NEARNESS = 0.10
# Three runs at most: a busy machine can push one run off, and never pulls an unequal one together.
RUNS = 3


@pytest.fixture
def light_hashes(monkeypatch) -> None:
    light = PasswordHasher(time_cost=2, memory_cost=2 * 1024, parallelism=1)
    monkeypatch.setattr(passphrases, "_hasher", light)
    monkeypatch.setattr(passphrases, "_nobody", light.hash("-"))


@pytest.fixture
def known(app: Flask, light_hashes, monkeypatch) -> FlaskClient:
    """A visitor's browser, at a site with one member, no limits and no storm."""
    monkeypatch.setattr(limiter, "enabled", False)
    monkeypatch.setitem(app.config, "PROOF_FAILURES", 1_000_000)
    with app.app_context():
        operations.join(NAME, PASSPHRASE, language="en")
        db.session.commit()
    return app.test_client()


def asker(client: FlaskClient, address: str, **typed: str) -> Callable[[str], int]:
    """Return a function that tries a name there, and gives back the status."""
    form = Page(client.get(address)).form().values
    return lambda name: client.post(address, data={**form, "pseudonym": name, **typed}).status_code


DOORS = {
    "sign in": ("/masuk", {"passphrase": "not the passphrase"}),
    "recovery": ("/pulihkan", {"code": "0000-0000-0000", "passphrase": NEW}),
}


@pytest.fixture
def hashed(monkeypatch) -> list[str]:
    """Collect the hashes that secrets are held against."""
    seen: list[str] = []
    verify = PasswordHasher.verify

    def note(self: PasswordHasher, stored: str, secret: str) -> bool:
        seen.append(stored)
        return verify(self, stored, secret)

    monkeypatch.setattr(PasswordHasher, "verify", note)
    return seen


@pytest.mark.parametrize(("door", "hashes"), [("sign in", 1), ("recovery", CODE_COUNT)])
def test_the_same_work_is_done_for_a_name_that_nobody_has(app, known, hashed, door, hashes):
    address, typed = DOORS[door]
    ask = asker(known, address, **typed)
    for name in (NAME, UNKNOWN, "", "x" * 500, "' OR 1=1 --"):
        hashed.clear()
        assert ask(name) == 200
        # A field that is left empty is told before anything is looked up.
        assert len(hashed) == (hashes if name else 0), name


@pytest.mark.parametrize("used", [1, 5, CODE_COUNT])
def test_codes_that_are_used_up_do_not_show(app, known, hashed, used):
    with app.app_context():
        ids = db.session.scalars(select(RecoveryCode.id).limit(used)).all()
        db.session.execute(delete(RecoveryCode).where(RecoveryCode.id.in_(ids)))
        db.session.commit()
    address, typed = DOORS["recovery"]
    assert asker(known, address, **typed)(NAME) == 200
    assert len(hashed) == CODE_COUNT


def test_a_passphrase_beyond_all_limits_is_not_hashed_for_anybody(known, hashed):
    ask = asker(known, "/masuk", passphrase="x" * (MAX_LENGTH + 1))
    assert ask(NAME) == ask(UNKNOWN) == 200
    assert hashed == []


@pytest.mark.parametrize("door", DOORS)
def test_no_median_of_200_tries_tells_a_known_name(known, door):
    address, typed = DOORS[door]
    ask = asker(known, address, **typed)
    apart = []
    for _ in range(RUNS):
        apart.append(difference(ask))
        if apart[-1] < NEARNESS:
            break
    print(f"{door}: medians apart by {[f'{each:.1%}' for each in apart]}")
    assert apart[-1] < NEARNESS, apart


def difference(ask: Callable[[str], int], tries: int = TRIES) -> float:
    """Return how far the medians of both names are apart, as a share of the smaller one.

    In turns, so that what a machine does meanwhile falls on both; in the time of this thread.
    """
    seconds: dict[str, list[float]] = {NAME: [], UNKNOWN: []}
    for _ in range(tries):
        for name, taken in seconds.items():
            status, spent = seconds_of(lambda name=name: ask(name))
            assert status == 200
            taken.append(spent)
    first, second = (statistics.median(taken) for taken in seconds.values())
    return abs(first - second) / min(first, second)


def test_the_measure_sees_a_door_that_saves_itself_the_work(known, monkeypatch):
    """A seeded mutant: if this fails, the test above proves nothing."""
    verify = operations.verify_secret
    monkeypatch.setattr(
        operations, "verify_secret", lambda stored, secret: bool(stored) and verify(stored, secret)
    )
    address, typed = DOORS["sign in"]
    assert difference(asker(known, address, **typed), tries=40) > NEARNESS


def test_a_flood_of_sign_ins_is_no_flood_of_memory(context, monkeypatch):
    """However many come at once, four secrets are hashed at a time, and all get their answer."""
    busy, most, lock, four = 0, 0, threading.Lock(), threading.Event()
    verify = PasswordHasher.verify

    def slow(self: PasswordHasher, stored: str, secret: str) -> bool:
        nonlocal busy, most
        with lock:
            busy += 1
            most = max(most, busy)
            if busy == 4:
                four.set()
        try:
            # Four come in before the first one leaves, and a fifth has time to follow them.
            assert four.wait(timeout=60)
            time.sleep(0.02)
            return verify(self, stored, secret)
        finally:
            with lock:
                busy -= 1

    monkeypatch.setattr(PasswordHasher, "verify", slow)
    stored = passphrases.hash_secret(PASSPHRASE)
    answers: list[bool] = []
    threads = [
        threading.Thread(
            target=lambda secret: answers.append(passphrases.verify_secret(stored, secret)),
            args=(PASSPHRASE if number % 2 else "another one",),
        )
        for number in range(24)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert most == 4
    assert sorted(answers) == [False] * 12 + [True] * 12


def test_no_member_is_told_by_the_length_or_wording_of_an_answer(known):
    for address, typed in DOORS.values():
        form = Page(known.get(address)).form().values
        pages = [
            Page(known.post(address, data={**form, "pseudonym": name, **typed})).text
            for name in (NAME, UNKNOWN)
        ]
        assert pages[0] == pages[1]


def test_the_member_is_there_all_the_same(app, known):
    """What is measured above is a name that exists."""
    with app.app_context():
        assert db.session.scalar(select(Member.pseudonym)) == NAME
    assert asker(known, "/masuk", passphrase=PASSPHRASE)(NAME) == 302
