"""Two moderators on one case at the same moment, 200 times, over real HTTP, on both databases."""

import threading

from flask import Flask
from sqlalchemy import func, select

from forum.accounts.models import Role
from forum.extensions import db
from moderation.audit.models import AuditEntry
from moderation.cases.invariants import check_invariants
from moderation.cases.models import Act, Case, CaseState, Decision
from moderation.risk.levels import Level
from tests.factories import make_case, make_member, sign_in
from tests.web_server import ask, connect, web_server

RACES = 200
TOLD = ("is already with this case", "was decided meanwhile")


class Moderator:
    """Someone with a signed-in browser, who acts on each case at the other's moment."""

    def __init__(self, app: Flask, port: int, name: str, barrier: threading.Barrier) -> None:
        self.name, self.port, self.barrier = name, port, barrier
        cookie = sign_in(app, name).get_cookie("teduh")
        self.cookies = f"teduh={cookie.value}"
        with connect(port) as connection:
            _, page, headers = ask(connection, "GET", "/meja", self.cookies)
        self.token = page.split('name="csrf_token" value="')[1].split('"')[0]
        self.cookies += "; " + headers["Set-Cookie"].split(";")[0]
        self.told: list[dict[str, tuple[int, str]]] = []

    def race(self, cases: list[str]) -> None:
        self.told = [self.race_for(case, number) for number, case in enumerate(cases)]

    def race_for(self, case: str, number: int) -> dict[str, tuple[int, str]]:
        answers = {}
        for version, act, typed in (
            (1, "ambil", {}),
            (2, "tutup", {"reason": "answered", "note": self.note(number)}),
        ):
            form = {"csrf_token": self.token, "version": version, **typed}
            self.barrier.wait(timeout=60)
            # A new connection: the server hangs up on one that idles while the other moderator works.
            with connect(self.port) as connection:
                answer = ask(connection, "POST", f"/meja/kasus/{case}/{act}", self.cookies, **form)
            answers[act] = answer[:2]
        return answers

    def note(self, number: int) -> str:
        return f"words of {self.name} about {number}"


def test_of_two_hundred_races_each_has_one_winner_and_one_who_is_told(app, settings, tmp_path):
    with app.app_context():
        for name in ("rani", "budi"):
            make_member(name, Role.MODERATOR)
        cases = [make_case(Level.AMBER).public_id for _ in range(RACES)]
        db.session.commit()
        db.session.remove()
    barrier = threading.Barrier(2)
    with web_server(settings, tmp_path / "site") as port:
        people = [Moderator(app, port, name, barrier) for name in ("rani", "budi")]
        threads = [threading.Thread(target=who.race, args=(cases,)) for who in people]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert [len(who.told) for who in people] == [RACES, RACES]
    for number in range(RACES):
        for act in ("ambil", "tutup"):
            answers = [who.told[number][act] for who in people]
            assert sorted(status for status, _ in answers) == [302, 409], (number, act)
        loser = next(who for who in people if who.told[number]["tutup"][0] == 409)
        page = loser.told[number]["tutup"][1]
        assert any(words in page for words in TOLD)
        assert loser.note(number) in page

    with app.app_context():
        states = set(db.session.scalars(select(Case.state)))
        assert states == {CaseState.CLOSED}
        for act in (Act.CLAIM, Act.CLOSE):
            of_act = select(func.count()).where(Decision.act == act)
            entries = select(func.count()).where(AuditEntry.action == act)
            assert (db.session.scalar(of_act), db.session.scalar(entries)) == (RACES, RACES)
        assert db.session.scalar(select(func.count()).select_from(Decision)) == 2 * RACES
        assert not any(finding.broken for finding in check_invariants())
