"""Keeping a case: the open page, the hold, the note for the next, and leaving."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select, update

from forum.accounts.models import Role
from forum.clock import now
from forum.extensions import db
from moderation.audit.models import AuditEntry
from moderation.cases import operations, queue
from moderation.cases.invariants import check_invariants
from moderation.cases.leases import keep
from moderation.cases.models import Act, Case, CaseState, Decision, HoldReason, Presence
from moderation.cases.presence import forget_presences, note_presence
from moderation.cases.queries import is_held_by, is_waiting
from moderation.risk.levels import Level
from tests.factories import make_case, make_member
from tests.pages import Page

JSON = {"Accept": "application/json"}


@pytest.fixture
def desk(app, browser_of):
    """Two moderators' browsers, and the address of an amber case that the first has claimed."""
    with app.app_context():
        rani = make_member("rani", Role.MODERATOR)
        make_member("budi", Role.MODERATOR)
        case = make_case(Level.AMBER)
        operations.claim(rani, case, case.version)
        db.session.commit()
        address = f"/meja/kasus/{case.public_id}"
    return browser_of("rani"), browser_of("budi"), address


def send(client, address, action, headers=None, **typed):
    """Send the form of a page that leads to the action, with what is typed."""
    page = Page(client.get(address))
    form = next(form for form in page.forms if form.action.endswith(action))
    return client.post(form.action, data={**form.values, **typed}, headers=headers)


def only_case() -> Case:
    return db.session.scalars(select(Case).execution_options(populate_existing=True)).one()


def test_an_open_page_keeps_the_claim_and_no_longer_than_the_limit(app, desk):
    rani, _, address = desk
    began = now()
    for minute in range(5, 60, 5):
        with time_machine.travel(began + timedelta(minutes=minute)):
            answer = send(rani, address, "/masih-di-sini", headers=JSON)
            assert answer.json["news"] == ""
            assert "min" in answer.json["text"]
    with time_machine.travel(began + timedelta(minutes=61)), app.app_context():
        assert is_waiting(only_case())
    with time_machine.travel(began + timedelta(minutes=61)):
        page = rani.get(address).get_data(as_text=True)
        assert "/ambil" in page
        assert "/tutup" not in page


def test_a_press_counts_as_an_act_and_a_page_does_not(app, desk):
    rani, _, address = desk
    began = now()
    with time_machine.travel(began + timedelta(minutes=8)):
        assert send(rani, address, "/masih-di-sini").status_code == 302
    with app.app_context():
        case = only_case()
        assert case.acted_at - began > timedelta(minutes=7)
        member = case.holder
        with time_machine.travel(began + timedelta(minutes=12)):
            acted = case.acted_at
            assert keep(member, case, is_act=False)
            assert case.acted_at == acted
        assert db.session.scalar(select(func.count()).select_from(Decision)) == 1


def test_a_lost_claim_and_something_new_are_told(app, desk):
    rani, budi, address = desk
    page = Page(rani.get(address))
    form = next(form for form in page.forms if form.action.endswith("/masih-di-sini"))
    with app.app_context():
        db.session.execute(update(Case).values(version=Case.version + 1))
        db.session.commit()
    said = rani.post(form.action, data=form.values, headers=JSON).json
    assert "Something new" in said["news"]
    assert said["text"]
    with time_machine.travel(now() + timedelta(minutes=11)):
        said = rani.post(form.action, data=form.values, headers=JSON).json
        assert "ran out" in said["news"]
        assert said["text"] == ""
    # Whoever only reads along neither gets nor loses anything.
    said = send(budi, address, "/masih-di-sini", headers=JSON).json
    assert (said["text"], said["news"]) == ("", "")


def test_colleagues_see_who_reads_and_nobody_else_does(app, desk, browser_of):
    rani, budi, address = desk
    rani.get(address)
    assert "rani is reading too" in budi.get(address).get_data(as_text=True)
    assert "budi is reading" in rani.get("/meja").get_data(as_text=True)
    said = send(rani, address, "/masih-di-sini", headers=JSON).json
    assert said["readers"] == "budi is reading too"
    with time_machine.travel(now() + timedelta(minutes=2)):
        assert "budi is reading" not in rani.get("/meja").get_data(as_text=True)
    with app.app_context():
        make_member("tamu")
        db.session.commit()
    assert browser_of("tamu").get(address).status_code == 403


def test_presences_are_forgotten(context):
    rani = make_member("rani", Role.MODERATOR)
    case = make_case(Level.AMBER)
    for _ in range(2):
        note_presence(rani.id, case.id)
    assert db.session.scalar(select(func.count()).select_from(Presence)) == 1
    assert forget_presences() == 0
    with time_machine.travel(now() + timedelta(minutes=11)):
        assert forget_presences() == 1


def test_a_held_case_is_with_its_holder_says_why_and_comes_back(app, desk):
    rani, budi, address = desk
    answer = send(rani, address, "/tahan", why="colleague", minutes="30", note="asked sekar")
    assert answer.status_code == 302
    with app.app_context():
        case = only_case()
        assert (case.state, case.hold_reason) == (CaseState.HELD, HoldReason.COLLEAGUE)
        assert not any(finding.broken for finding in check_invariants())
        entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "hold_case")).one()
        assert (entry.detail["why"], entry.detail["minutes"]) == ("colleague", 30)
    seen = budi.get("/meja").get_data(as_text=True)
    assert "with rani: asks a colleague" in seen
    assert "Next for you" not in seen
    seen = budi.get(address).get_data(as_text=True)
    assert "rani holds this case" in seen
    assert "asked sekar" in seen
    assert "/ambil" not in seen
    with time_machine.travel(now() + timedelta(minutes=31)):
        assert "Next for you" in budi.get("/meja").get_data(as_text=True)
        assert send(budi, address, "/ambil").status_code == 302
        seen = budi.get(address).get_data(as_text=True)
        assert "rani left a note" in seen
        assert "asked sekar" in seen


def test_the_holder_goes_on_or_puts_it_back(app, desk):
    rani, _, address = desk
    send(rani, address, "/tahan", why="person", minutes="15")
    assert send(rani, address, "/ambil").status_code == 302
    with app.app_context():
        assert (only_case().state, only_case().hold_reason) == (CaseState.CLAIMED, None)
    send(rani, address, "/tahan", why="person", minutes="15")
    assert send(rani, address, "/lepas").status_code == 302
    with app.app_context():
        assert (only_case().state, only_case().holder_id) == (CaseState.WAITING, None)


def test_red_and_crisis_are_held_for_less(app, desk):
    rani, _, address = desk
    with app.app_context():
        db.session.execute(update(Case).values(level=int(Level.RED)))
        db.session.commit()
    page = rani.get(address).get_data(as_text=True)
    page = page[page.index('id="hold-minutes"') :]
    page = page[: page.index("</select>")]
    assert '<option value="30"' in page
    assert '<option value="60"' not in page
    answer = send(rani, address, "/tahan", why="person", minutes="60", note="typed words")
    assert answer.status_code == 409
    assert "30 minutes at most" in answer.get_data(as_text=True)
    assert "typed words" in answer.get_data(as_text=True)


def test_the_loser_of_a_case_keeps_what_was_typed(app, desk):
    rani, budi, address = desk
    page = Page(rani.get(address))
    forms = {form.action.rsplit("/", 1)[1]: form for form in page.forms}
    send(rani, address, "/lepas")
    send(budi, address, "/ambil")
    for action, typed in (
        ("balas", {"body": "words for them"}),
        ("sapa", {"body": "words for them"}),
        ("tutup", {"reason": "answered", "note": "words for them"}),
    ):
        answer = rani.post(forms[action].action, data={**forms[action].values, **typed})
        assert answer.status_code == 409
        text = answer.get_data(as_text=True)
        assert "budi is already with this case" in text
        assert "It was not sent" in text
        assert "words for them" in text


def test_nobody_leaves_with_a_case_unasked(app, desk):
    rani, budi, _ = desk
    token = Page(rani.get("/meja")).form("/keluar-akun").values
    page = rani.post("/keluar-akun", data=token)
    assert page.status_code == 200
    assert "1 case is still with you" in page.get_data(as_text=True)
    with app.app_context():
        assert is_held_by(only_case(), only_case().holder_id)
    left = rani.post("/keluar-akun", data={**token, "sure": "1"})
    assert left.status_code == 302
    with app.app_context():
        assert only_case().state is CaseState.WAITING
        acts = list(db.session.scalars(select(Decision.act).order_by(Decision.id)))
        assert acts == [Act.CLAIM, Act.RELEASE]
    assert rani.get("/meja").status_code == 302
    # Whoever has nothing in hand is not asked.
    token = Page(budi.get("/meja")).form("/keluar-akun").values
    assert budi.post("/keluar-akun", data=token).status_code == 302


def test_a_claim_of_a_clock_that_ran_ahead_does_not_last(context):
    rani, budi = make_member("rani", Role.MODERATOR), make_member("budi", Role.MODERATOR)
    case = make_case(Level.RED)
    with time_machine.travel(now() + timedelta(hours=5)):
        operations.claim(rani, case, case.version)
        db.session.commit()
    assert is_waiting(case)
    assert [each.id for each in queue.read_desk(budi, queue.Wanted()).waiting] == [case.id]
    operations.claim(budi, case, case.version)
    assert is_held_by(case, budi.id)


def test_what_ran_out_is_put_back_by_the_next_claim(context):
    rani = make_member("rani", Role.MODERATOR)
    first, second = make_case(Level.RED), make_case(Level.RED)
    operations.claim(rani, first, first.version)
    db.session.commit()
    with time_machine.travel(now() + timedelta(minutes=11)):
        operations.claim(rani, second, second.version)
        db.session.commit()
    db.session.refresh(first)
    assert (first.state, first.holder_id, first.claimed_until) == (CaseState.WAITING, None, None)
