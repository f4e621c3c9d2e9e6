"""What the tests of pages share: a site with people, a thread and a case; and other set-ups."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from forum.accounts.models import Role
from forum.app import create_app
from forum.clock import now
from forum.extensions import db, limiter
from forum.settings import Settings
from moderation.cases.models import Case
from tests.factories import make_member, make_reply, make_room, make_thread, scan_all, sign_in
from tests.groups.factories import make_group
from tests.snapshots import Snapshot

STAFF_ROLES = ("volunteer", "moderator", "lead", "admin")
ROLES = ("visitor", "member", *STAFF_ROLES)


@pytest.fixture(autouse=True)
def _no_worker_to_wait_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker reads along in these tests, so a page need not wait for one."""
    monkeypatch.setattr("forum.posts.views.SCAN_WAIT_SECONDS", 0.0)


@pytest.fixture(autouse=True)
def _streams_end_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What reads an answer to its end must not wait for the end of a stream."""
    monkeypatch.setattr("moderation.cases.streams.LIFE_SECONDS", 0.0)


@dataclass(frozen=True)
class Site:
    """Addresses of one small site. `author` wrote the thread, and its reply has a case."""

    slug: str
    thread_id: str
    opening_id: str
    reply_id: str
    case_id: str
    # A group that none of them is in.
    group_id: str
    author: str = "author-sore"
    other: str = "other-pagi"


@pytest.fixture
def site(app: Flask, snapshots: dict[str, Snapshot]) -> Site:
    """A room with a calm thread of `author-sore`, and an amber reply of `other-pagi`.

    There is a person of every role too, named after it. Made once, and put back for each test.
    """
    with app.app_context():
        if "site" in snapshots:
            app.extensions["keeper"].forget()
            return snapshots["site"].put_back()
        for role in Role:
            make_member(f"{role.value}-kita", role)
        author, other = make_member("author-sore"), make_member("other-pagi")
        room = make_room("ruang-uji")
        opening = make_thread(author, room, body="A calm day.", title="A calm title")
        answer = make_reply(opening, other, body="I am zzamber today.")
        group = make_group()
        scan_all()
        case = db.session.scalars(select(Case)).one()
        found = Site(
            room.slug,
            opening.thread.public_id,
            opening.public_id,
            answer.public_id,
            case.public_id,
            group.public_id,
        )
        snapshots["site"] = Snapshot(found)
        db.session.rollback()
    return found


@pytest.fixture
def another_app(app: Flask, settings: Settings) -> Iterator[Callable[..., Flask]]:
    """Return a function that makes an app on the same database with other settings."""
    made: list[Flask] = []

    def make(**changes: object) -> Flask:
        made.append(create_app(settings.model_copy(update=changes)))
        return made[-1]

    with keep_limiter():
        yield make
    for other in made:
        with other.app_context():
            db.engine.dispose()


@pytest.fixture(scope="session")
def _made_guarded(migrated_app: Flask, settings: Settings) -> Iterator[tuple[Flask, dict]]:
    with keep_limiter():
        made = create_app(settings.model_copy(update={"demo_factor": True}))
        its_limiter = dict(vars(limiter))
    yield made, its_limiter
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def guarded(site: Site, _made_guarded: tuple[Flask, dict]) -> Iterator[Flask]:
    """A site with people of every role, which asks its staff for a second step.

    One app for all tests: each new one would prepare all statements and templates anew.
    """
    made, its_limiter = _made_guarded
    made.extensions["keeper"].forget()
    with keep_limiter():
        vars(limiter).update(its_limiter)
        limiter.reset()
        yield made


@contextmanager
def keep_limiter() -> Iterator[None]:
    """Put the limiter back as it was: there is one of it, and each new app sets it up anew."""
    before = dict(vars(limiter))
    try:
        yield
    finally:
        vars(limiter).clear()
        vars(limiter).update(before)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    # In the middle of a half-minute, so that "the next code" is one step away.
    start = now().replace(second=10, microsecond=0)
    with time_machine.travel(start, tick=False) as traveller:
        yield traveller


@pytest.fixture
def came_in(guarded, clock) -> Callable[[str], FlaskClient]:
    """Return a browser of somebody who has given their passphrase and no more."""
    return lambda pseudonym: sign_in(guarded, pseudonym)
