"""What people meet while the store of the limits, or the database, is away: a page, not a crash."""

import threading

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import scoped_session, sessionmaker

from forum.database import give_up
from forum.web.counts import count_up, counted
from tests.conftest import psycopg_url
from tests.factories import sign_in
from tests.forum.test_pages import closed_port, silent_server, try_to_sign_in
from tests.pages import Page, csrf_token

AT_ONCE = 8


@pytest.mark.parametrize("broken", [closed_port, silent_server])
def test_all_who_wait_for_the_store_when_it_goes_are_answered(site, another_app, broken):
    with broken() as port:
        app = another_app(redis_url=f"redis://127.0.0.1:{port}/0")
        visitors = [app.test_client() for _ in range(AT_ONCE)]
        tokens = [csrf_token(visitor) for visitor in visitors]
        together = threading.Barrier(AT_ONCE)
        statuses = []

        def ask(number: int) -> None:
            together.wait()
            statuses.append(
                try_to_sign_in(visitors[number], tokens[number], f"198.51.100.{number}")
            )

        threads = [threading.Thread(target=ask, args=[number]) for number in range(AT_ONCE)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert statuses == [200] * AT_ONCE
        with app.app_context():
            assert [count_up("test", 60) for _ in range(3)] == [1, 2, 3]
            assert counted("test") == 3


@pytest.mark.parametrize("address", ["/", "/ruang/sore", "/akun", "/bantuan"])
def test_without_a_database_a_member_gets_an_honest_page(site, app, another_app, tmp_path, address):
    """A member's cookie makes every page ask who this is; the page that says so must not."""
    member = sign_in(app, "author-sore")
    token = member.get_cookie("teduh").value
    lone = another_app(database_url=f"sqlite:///{tmp_path / 'nowhere' / 'teduh.db'}")
    client = lone.test_client()
    client.set_cookie("teduh", token)
    answer = client.get(address)
    assert answer.status_code == 503
    assert "tel:119" in Page(answer).links


def test_a_transaction_whose_connection_was_cut_can_be_given_up(postgresql_url):
    engine = create_engine(psycopg_url(postgresql_url))
    session = scoped_session(sessionmaker(engine))
    mine = session.scalar(text("SELECT pg_backend_pid()"))
    with engine.connect() as other:
        other.execute(text(f"SELECT pg_terminate_backend({mine}, 5000)"))
    give_up(session)
    assert session.scalar(text("SELECT 1")) == 1
    session.remove()
    engine.dispose()
