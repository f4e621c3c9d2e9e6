"""Private check-ins: from a moderator's words to the member's answer and back to the queue."""

import re
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import event, func, select

from forum.accounts.models import Member, Role
from forum.clock import now
from forum.extensions import db
from forum.posts.models import Post
from moderation.care.models import CheckIn, CheckInMessage, QuickAnswer, Speaker
from moderation.care.operations import note_reading
from moderation.care.queries import (
    News,
    get_check_in_for,
    messages_of,
    needs_crisis_card,
    news_for,
)
from moderation.care.wordings import find_wording, wordings, wordings_for
from moderation.cases import answers, operations, queries
from moderation.cases.invariants import check_invariants
from moderation.cases.models import Act, Case, CaseState, CloseReason, Door, Lane
from moderation.cases.opening import target_of
from moderation.cases.refusals import CaseChanged, HeldByOther, NotTrained, NotYours
from moderation.reports.operations import report_post
from moderation.risk.categories import CATEGORIES
from moderation.risk.levels import Level
from tests.factories import make_member, make_reply, make_room, make_thread, scan_all
from tests.pages import Page, csrf_token, send

WORDS = "zz-private-words"


def key() -> str:
    return secrets.token_hex(16)


@dataclass(frozen=True)
class Talk:
    """Who talks with whom about which case. Ids, because sessions come and go."""

    case_id: int
    check_in_id: int
    member_id: int
    moderator_id: int
    public_id: str
    case_public_id: str

    @property
    def case(self) -> Case:
        return db.session.get_one(Case, self.case_id, populate_existing=True)

    @property
    def check_in(self) -> CheckIn:
        return db.session.get_one(CheckIn, self.check_in_id, populate_existing=True)

    @property
    def member(self) -> Member:
        return db.session.get_one(Member, self.member_id)

    @property
    def moderator(self) -> Member:
        return db.session.get_one(Member, self.moderator_id)

    @property
    def open_case(self) -> Case:
        return db.session.scalars(
            select(Case)
            .where(Case.state != CaseState.CLOSED)
            .execution_options(populate_existing=True)
        ).one()

    def answer(self, quick: QuickAnswer = QuickAnswer.NONE, body: str = "") -> CheckInMessage:
        message = answers.answer(
            self.member, self.check_in, body=body, quick=quick, submission_key=key()
        )
        db.session.commit()
        return message

    def write(self, body: str = WORDS, seen: int | None = None) -> CheckInMessage:
        version = self.case.version if seen is None else seen
        message = operations.check_in(
            self.moderator, self.case, version, body=body, submission_key=key()
        )
        db.session.commit()
        return message

    def close(self) -> None:
        operations.close(self.moderator, self.case, self.case.version, CloseReason.ANSWERED, "")
        db.session.commit()


def begin(sign: str = "zzamber", role: Role = Role.MODERATOR, language: str = "en") -> Talk:
    """Let `pelan-ombak` write with a sign, and `sekar` claim the case and write to them."""
    member = make_member("pelan-ombak", language=language)
    moderator = make_member("sekar", role)
    make_thread(member, make_room("ruang-uji"), body=sign)
    scan_all()
    case = db.session.scalars(select(Case)).one()
    operations.claim(moderator, case, case.version)
    message = operations.check_in(moderator, case, case.version, body=WORDS, submission_key=key())
    db.session.commit()
    check_in = db.session.get_one(CheckIn, message.check_in_id)
    return Talk(case.id, check_in.id, member.id, moderator.id, check_in.public_id, case.public_id)


@pytest.fixture
def talk(context) -> Talk:
    return begin()


# What a moderator does


def test_a_check_in_is_an_act_on_the_case_and_one_exchange(talk):
    talk.write("And a second line.")
    acts = [decision.act for decision in queries.decisions_of(talk.case)]
    assert acts == [Act.CLAIM, Act.CHECK_IN, Act.CHECK_IN]
    assert not any(decision.note for decision in queries.decisions_of(talk.case))
    (exchange,) = queries.get_exchanges_for(talk.moderator, talk.case)
    assert [message.body for message, _ in exchange.messages] == [WORDS, "And a second line."]
    assert {message.who for message, _ in exchange.messages} == {Speaker.MODERATOR}
    assert db.session.scalar(select(func.count()).select_from(CheckIn)) == 1


def test_it_needs_the_claim_and_the_newest_version(talk):
    other = make_member("rani", Role.MODERATOR)
    case = talk.case
    with pytest.raises(HeldByOther):
        operations.check_in(other, case, case.version, body="x", submission_key=key())
    db.session.rollback()
    with pytest.raises(CaseChanged):
        talk.write(seen=talk.case.version - 1)
    db.session.rollback()
    operations.release(talk.moderator, talk.case, talk.case.version, "")
    db.session.commit()
    with pytest.raises(NotYours):
        talk.write()
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(CheckInMessage)) == 1


def test_an_answer_makes_a_version_that_must_be_seen_first(talk):
    seen = talk.case.version
    talk.answer(body="A quiet evening.")
    assert talk.case.version > seen
    with pytest.raises(CaseChanged):
        talk.write(seen=seen)
    db.session.rollback()


def test_a_form_that_a_moderator_sends_twice_is_one_message(talk):
    form = key()
    case = talk.case
    seen = case.version
    for _ in range(2):
        operations.check_in(talk.moderator, case, seen, body="Once.", submission_key=form)
        db.session.commit()
    assert db.session.scalar(select(func.count()).where(CheckInMessage.body == "Once.")) == 1
    assert talk.case.version == seen + 1


def test_a_volunteer_checks_in_on_amber_and_not_above(context):
    talk = begin(role=Role.VOLUNTEER)
    talk.case.level = int(Level.RED)
    db.session.commit()
    with pytest.raises(NotTrained):
        talk.write()


def test_a_report_never_sends_anything(context):
    opening = make_thread(make_member("pelan-ombak"), body="A calm day.")
    scan_all()
    report_post(make_member(), opening, Door.WORRY, "please write to them")
    report_post(make_member(), opening, Door.BREACH, "")
    db.session.commit()
    assert db.session.scalar(select(func.count()).select_from(CheckIn)) == 0
    assert news_for(opening.author).number == 0


# What a member answers


def test_not_safe_is_a_crisis_at_once(talk):
    talk.answer(QuickAnswer.NOT_SAFE)
    case = talk.case
    assert case.risk_level is Level.CRISIS
    assert case.due_at <= now() + target_of(Level.CRISIS)
    assert queries.is_held_by(case, talk.moderator_id)
    assert needs_crisis_card(messages_of([talk.check_in]))


@pytest.mark.parametrize("quick", list(QuickAnswer))
def test_an_answer_on_a_closed_case_reaches_the_queue(talk, quick):
    talk.close()
    assert talk.check_in.closed
    talk.answer(quick, body="" if quick is not QuickAnswer.NONE else "Hello again.")
    case = talk.open_case
    assert case.id != talk.case_id
    assert (case.state, case.lane) == (CaseState.WAITING, Lane.CHECK_IN)
    wanted = {QuickAnswer.NOT_SAFE: Level.CRISIS, QuickAnswer.WANT_TO_TALK: Level.RED}
    assert case.risk_level == wanted.get(quick, Level.GREEN)
    assert talk.check_in.case_id == case.id
    assert not talk.check_in.closed
    (exchange,) = queries.get_exchanges_for(talk.moderator, case)
    assert exchange.unread == 1


def test_wanting_to_talk_is_red_and_waits_unless_someone_has_it(talk):
    talk.answer(QuickAnswer.WANT_TO_TALK)
    assert talk.case.risk_level is Level.RED
    assert queries.is_held_by(talk.case, talk.moderator_id)
    operations.release(talk.moderator, talk.case, talk.case.version, "")
    db.session.commit()
    talk.answer(QuickAnswer.WANT_TO_TALK)
    assert queries.is_waiting(talk.case)


def test_wanting_to_talk_lowers_no_crisis(context):
    talk = begin("zzcrisis")
    talk.answer(QuickAnswer.WANT_TO_TALK)
    assert talk.case.risk_level is Level.CRISIS


def test_being_safe_is_told_and_lowers_nothing(context):
    talk = begin("zzcrisis")
    due = talk.case.due_at
    talk.answer(QuickAnswer.NOT_SAFE)
    talk.answer(QuickAnswer.SAFE)
    assert (talk.case.risk_level, talk.case.due_at) == (Level.CRISIS, due)
    assert talk.case.state is CaseState.CLAIMED
    assert not needs_crisis_card(messages_of([talk.check_in]))
    talk.answer(body="zzcrisis after all")
    assert needs_crisis_card(messages_of([talk.check_in]))


def test_a_case_that_rises_above_its_holder_waits_for_a_moderator_at_once(context):
    talk = begin(role=Role.VOLUNTEER)
    talk.answer(QuickAnswer.NOT_SAFE)
    case = talk.case
    assert (case.state, case.holder_id, case.claimed_until) == (CaseState.WAITING, None, None)
    assert queries.get_exchanges_for(talk.moderator, case) == []
    rani = make_member("rani", Role.MODERATOR)
    operations.claim(rani, case, case.version)
    db.session.commit()
    db.session.refresh(case)
    operations.check_in(rani, case, case.version, body="I am here.", submission_key=key())
    db.session.commit()
    (exchange,) = queries.get_exchanges_for(rani, case)
    assert [message.author.pseudonym for message, _ in exchange.messages] == [
        "sekar",
        "pelan-ombak",
        "rani",
    ]


@pytest.mark.parametrize(
    ("body", "level"),
    [("calm", 1), ("so zzamber", 1), ("so zzred", 2), ("zzcrisis", 3)],
)
def test_words_are_read_by_the_rules_and_raise_the_case(talk, body, level):
    message = talk.answer(body=body)
    assert talk.case.level == level
    marked = [piece.text for piece in queries.mark_message(message) if piece.rules]
    assert marked == ([body.split()[-1]] if body != "calm" else [])
    assert not any(finding.broken for finding in check_invariants())


def test_words_and_a_press_count_together(talk):
    message = talk.answer(QuickAnswer.SAFE, "zzcrisis")
    assert talk.case.risk_level is Level.CRISIS
    assert (message.answer, message.body) == (QuickAnswer.SAFE, "zzcrisis")


def test_words_that_no_rule_can_read_are_kept_and_red(talk, monkeypatch):
    def fail(*_: object) -> None:
        raise RuntimeError("zz")

    monkeypatch.setattr(answers, "assess", fail)
    message = talk.answer(body="Something.")
    assert (message.body, message.level) == ("Something.", None)
    assert talk.case.risk_level is Level.RED
    monkeypatch.undo()
    monkeypatch.setattr(answers, "rules_in_force", fail)
    talk.answer(QuickAnswer.NOT_SAFE, "More.")
    assert talk.case.risk_level is Level.CRISIS


def test_a_form_that_a_member_sends_twice_is_one_answer(talk):
    form = key()
    for _ in range(2):
        answers.answer(
            talk.member, talk.check_in, body="", quick=QuickAnswer.NOT_SAFE, submission_key=form
        )
        db.session.commit()
    version = talk.case.version
    answers.answer(
        talk.member, talk.check_in, body="", quick=QuickAnswer.NOT_SAFE, submission_key=form
    )
    db.session.commit()
    assert talk.case.version == version
    of_member = select(func.count()).where(CheckInMessage.who == Speaker.MEMBER)
    assert db.session.scalar(of_member) == 1


def test_answers_are_new_until_someone_acts_with_them_in_sight(talk):
    def unread() -> int:
        return queries.get_exchanges_for(talk.moderator, talk.case)[0].unread

    talk.answer(body="One.")
    talk.answer(QuickAnswer.SAFE)
    assert unread() == 2
    operations.release(talk.moderator, talk.case, talk.case.version, "please go on")
    db.session.commit()
    operations.claim(talk.moderator, talk.case, talk.case.version)
    db.session.commit()
    assert unread() == 2
    talk.write("I have read it.")
    assert unread() == 0


def test_a_member_has_news_until_they_open_it(talk):
    assert news_for(talk.member).unread
    shown = messages_of([talk.check_in])[-1].id
    talk.write("One more, while the first was being read.")
    note_reading(talk.check_in, shown)
    db.session.commit()
    assert news_for(talk.member).unread
    note_reading(talk.check_in, messages_of([talk.check_in])[-1].id)
    db.session.commit()
    assert news_for(talk.member) == News(1, unread=False)
    talk.write("And another.")
    assert news_for(talk.member).unread


def at_once(app, *presses: Callable[[], object]) -> list[str]:
    """Do all of it at the same moment, each in a session of its own; return how each ended."""
    db.session.remove()
    barrier, outcomes = threading.Barrier(len(presses)), []

    def run(press: Callable[[], object]) -> None:
        with app.app_context():
            db.session.execute(select(1))
            db.session.rollback()
            barrier.wait()
            try:
                press()
                db.session.commit()
                outcomes.append("done")
            except (CaseChanged, HeldByOther, NotYours):
                db.session.rollback()
                outcomes.append("told")

    threads = [threading.Thread(target=run, args=(press,)) for press in presses]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


def test_of_one_form_sent_twice_at_once_one_message_is_made(app, talk):
    form = key()

    def press() -> None:
        answers.answer(
            talk.member, talk.check_in, body="", quick=QuickAnswer.NOT_SAFE, submission_key=form
        )

    assert at_once(app, press, press, press) == ["done"] * 3
    of_member = select(func.count()).where(CheckInMessage.who == Speaker.MEMBER)
    assert db.session.scalar(of_member) == 1
    assert talk.case.risk_level is Level.CRISIS


@pytest.mark.parametrize("_", range(5))
def test_an_answer_while_the_case_is_being_closed_is_never_lost(app, talk, _):
    seen = talk.case.version

    def close() -> None:
        operations.close(talk.moderator, talk.case, seen, CloseReason.ANSWERED, "")

    outcome = at_once(app, close, lambda: talk.answer(QuickAnswer.NOT_SAFE))
    assert outcome in (["done", "done"], ["done", "told"])
    case = talk.open_case
    assert case.risk_level is Level.CRISIS
    assert (case.id == talk.case_id) is ("told" in outcome)
    (exchange,) = queries.get_exchanges_for(talk.moderator, case)
    assert exchange.unread == 1
    assert not any(finding.broken for finding in check_invariants())


# Who may read it


def test_only_the_two_sides_read_it(talk):
    stranger = make_member()
    assert get_check_in_for(talk.member, talk.public_id) is not None
    for other in (stranger, talk.moderator, make_member(role=Role.ADMIN)):
        assert get_check_in_for(other, talk.public_id) is None
    talk.case.level = int(Level.RED)
    db.session.commit()
    for role, may in (
        (Role.MEMBER, False),
        (Role.VOLUNTEER, False),
        (Role.MODERATOR, True),
        (Role.LEAD, True),
        (Role.ADMIN, True),
    ):
        found = queries.get_exchanges_for(make_member(role=role), talk.case)
        assert bool(found) is may, role


def test_staff_read_what_was_written_on_earlier_cases_if_they_might_answer_those(context):
    talk = begin("zzred")
    talk.close()
    opening = db.session.scalars(select(Post)).one()
    make_reply(opening, opening.author, body="zzamber")
    scan_all()
    now_open = talk.open_case
    # The engine reads a second sign within a week as more; here the case itself matters.
    now_open.level = int(Level.AMBER)
    db.session.commit()
    assert len(queries.get_exchanges_for(talk.moderator, now_open)) == 1
    assert queries.get_exchanges_for(make_member(role=Role.VOLUNTEER), now_open) == []


# The words to begin with


def test_every_wording_is_whole_and_keeps_the_rules_for_messages():
    names = {category.name for category in CATEGORIES.values()}
    assert len({wording.key for wording in wordings()}) == len(wordings()) > 10
    for wording in wordings():
        assert wording.levels, wording.key
        assert wording.categories <= names, wording.key
        assert wording.needs_review == ("clinician",)
        assert wording.situation_id
        assert wording.situation_en
        for text in (wording.text_id, wording.text_en):
            sentences = [part for part in text.replace("?", ".").split(". ") if part]
            assert len(sentences) <= 4, text
            assert text.count("?") == 1, text
            assert "!" not in text
            assert len(text.split()) / len(sentences) <= 12, text


@pytest.mark.parametrize("level", list(Level))
def test_every_level_has_words_to_begin_with(level):
    fitting, others = wordings_for(level, ())
    assert fitting
    assert {*fitting, *others} == set(wordings())
    assert not any(wording.categories for wording in fitting)


def test_what_a_case_is_about_comes_first():
    fitting, _ = wordings_for(Level.RED, {"self_harm"})
    assert fitting[0] == find_wording("self-harm")
    assert find_wording("no-such-words") is None


# Pages

SPOKEN = {
    "en": {
        "notice": "A volunteer has written to you",
        "signed": "volunteer sekar",
        "buttons": ("I'm safe now", "I'm not safe", "I want to talk"),
        "card": "You do not have to get through this alone",
        "duty": "Duty hours:",
        "new": "new",
        "crisis": "Crisis",
    },
    "id": {
        "notice": "Ada relawan yang menulis kepadamu",
        "signed": "relawan sekar",
        "buttons": ("Aku sudah aman", "Aku tidak aman", "Aku mau bicara"),
        "card": "Kamu tidak harus melewati ini sendirian",
        "duty": "Jam tugas:",
        "new": "baru",
        "crisis": "Krisis",
    },
}


@dataclass(frozen=True)
class Visit:
    """Two browsers, the case page, and what is said in their language."""

    desk: FlaskClient
    phone: FlaskClient
    case_page: str
    language: str

    @property
    def spoken(self) -> dict[str, Any]:
        return SPOKEN[self.language]


@pytest.fixture(params=["id", "en"])
def visit(app, browser_of, request) -> Visit:
    """`pelan-ombak` wrote something red, and `sekar` has claimed the case."""
    with app.app_context():
        member = make_member("pelan-ombak", language=request.param)
        make_member("sekar", Role.MODERATOR, language=request.param)
        make_thread(member, make_room("ruang-uji"), body="zzred")
        scan_all()
        address = f"/meja/kasus/{db.session.scalars(select(Case)).one().public_id}"
        db.session.rollback()
    desk = browser_of("sekar")
    send(desk, address, "/ambil")
    return Visit(desk, browser_of("pelan-ombak"), address, request.param)


def test_given_words_fill_the_box_in_the_members_language(visit):
    chosen = find_wording("are-you-safe")
    page = Page(visit.desk.get(f"{visit.case_page}?words=are-you-safe"))
    assert page.form("/sapa").values["body"] == chosen.text(visit.language)
    other = "en" if visit.language == "id" else "id"
    assert chosen.text(other) in page.text
    # The other language is asked for, and the version stays the one that was seen.
    asked = f"{visit.case_page}?words=are-you-safe&language={other}&version=1"
    form = Page(visit.desk.get(asked)).form("/sapa")
    assert (form.values["body"], form.values["version"]) == (chosen.text(other), "1")
    refused = visit.desk.post(form.action, data=form.values)
    assert refused.status_code == 409
    again = Page(refused).form("/sapa").values
    assert (again["body"], again["version"]) == (chosen.text(other), "2")
    for odd in ("words=none-such", "words=are-you-safe&language=xx&version=x"):
        assert visit.desk.get(f"{visit.case_page}?{odd}").status_code == 200


def test_a_notice_leads_to_the_words_and_says_nothing_of_them(visit):
    phone, spoken = visit.phone, visit.spoken
    assert spoken["notice"] not in Page(phone.get("/")).text
    assert "/kabar" not in Page(phone.get("/")).links
    send(visit.desk, visit.case_page, "/sapa", body=f"Halo, *pelan* saja. {WORDS}")
    for at in ("/", "/bantuan", "/ruang/ruang-uji"):
        text = phone.get(at).get_data(as_text=True)
        assert spoken["notice"] in text
        assert WORDS not in text
        assert not re.search(r"\bsekar\b", text)
    assert "/kabar" in Page(phone.get("/")).links
    listed = phone.get("/kabar")
    assert WORDS not in listed.get_data(as_text=True)
    assert "119" in Page(listed).text
    read = phone.get(check_in_of(phone))
    assert "<em>pelan</em>" in read.get_data(as_text=True)
    page = Page(read)
    for text in (spoken["signed"], spoken["duty"], "119", *spoken["buttons"]):
        assert text in page.text
    assert spoken["card"] not in page.text
    assert spoken["notice"] not in Page(phone.get("/")).text
    assert spoken["notice"] not in Page(visit.desk.get("/")).text


def test_every_answer_works_without_a_script_and_reaches_the_case(visit):
    phone, spoken = visit.phone, visit.spoken
    send(visit.desk, visit.case_page, "/sapa", body=WORDS)
    at = check_in_of(phone)
    assert send(phone, at, at).status_code == 422
    assert spoken["card"] not in Page(send_and_follow(phone, at, answer="want_to_talk")).text
    assert spoken["card"] in Page(send_and_follow(phone, at, answer="not_safe")).text
    assert spoken["card"] not in Page(send_and_follow(phone, at, answer="safe")).text
    assert "zzred" in Page(send_and_follow(phone, at, body="I am zzred")).text
    page = Page(visit.desk.get(visit.case_page))
    assert all(text in page.text for text in spoken["buttons"])
    assert page.marked[0].startswith("zzred")
    assert marks_of_new(visit) == 4
    assert spoken["crisis"] in page.text
    assert send(visit.desk, visit.case_page, "/sapa", body="I am here.").status_code == 302
    assert marks_of_new(visit) == 0
    assert spoken["notice"] in Page(phone.get("/")).text


def marks_of_new(visit: Visit) -> int:
    page = visit.desk.get(visit.case_page).get_data(as_text=True)
    return page.count(f"<strong>{visit.spoken['new']}</strong>")


def check_in_of(phone: FlaskClient) -> str:
    (address,) = {link for link in Page(phone.get("/kabar")).links if link.startswith("/kabar/")}
    return address


def send_and_follow(client, address: str, **typed: object):
    response = send(client, address, address, **typed)
    assert response.status_code == 302
    return client.get(response.location)


def test_a_press_counts_even_if_the_words_are_too_long(app, browser_of):
    with app.app_context():
        talk = begin()
        db.session.rollback()
    client = browser_of("pelan-ombak")
    at = f"/kabar/{talk.public_id}"
    response = send(client, at, at, answer="not_safe", body="a" * 10_001)
    assert response.status_code == 422
    form = Page(response).form(at)
    assert form.values["body"] == "a" * 10_001
    assert SPOKEN["en"]["card"] in Page(response).text
    shorter = form.values | {"body": "Short now."}
    assert client.post(at, data=shorter).status_code == 302
    with app.app_context():
        assert talk.case.risk_level is Level.CRISIS
        found = [(m.answer, m.body) for m in messages_of([talk.check_in])[1:]]
    assert found == [(QuickAnswer.NOT_SAFE, ""), (QuickAnswer.NONE, "Short now.")]


def test_the_pages_are_the_members_alone(app, browser_of):
    with app.app_context():
        talk = begin("zzred")
        for role in Role:
            make_member(f"{role.value}-kita", role)
        db.session.commit()
    at = f"/kabar/{talk.public_id}"
    for name in (*(f"{role.value}-kita" for role in Role), "sekar"):
        client = browser_of(name)
        assert client.get(at).status_code == 404, name
        data = {"csrf_token": csrf_token(client), "answer": "safe", "submission_key": key()}
        assert client.post(at, data=data).status_code == 404, name
        assert talk.public_id not in client.get("/kabar").get_data(as_text=True)
    assert app.test_client().get(at).location.startswith("/masuk")
    for name, may in (("volunteer-kita", False), ("moderator-kita", True), ("lead-kita", True)):
        seen = browser_of(name).get(f"/meja/kasus/{talk.case_public_id}").get_data(as_text=True)
        assert (WORDS in seen) is may, name


def test_help_is_never_limited_and_words_generously(app, browser_of):
    with app.app_context():
        talk = begin()
        db.session.rollback()
    client = browser_of("pelan-ombak")
    at = f"/kabar/{talk.public_id}"
    data = {"csrf_token": csrf_token(client)}

    def post(**typed: str) -> int:
        return client.post(at, data={**data, "submission_key": key(), **typed}).status_code

    # Within one minute, however long they take.
    with time_machine.travel(now(), tick=False):
        assert [post(body="A line.") for _ in range(20)] == [302] * 20
        assert post(body="A line.") == 429
        assert [post(answer="not_safe") for _ in range(25)] == [302] * 25


def test_pages_ask_the_database_little_however_long_the_talk(app, browser_of):
    with app.app_context():
        talk = begin("zzred")
        db.session.rollback()
        engine = db.engine
    phone, desk = browser_of("pelan-ombak"), browser_of("sekar")
    most = {
        (phone, "/bantuan"): 6,
        (phone, "/kabar"): 6,
        (phone, f"/kabar/{talk.public_id}"): 6,
        (desk, f"/meja/kasus/{talk.case_public_id}"): 39,
    }
    sent: list[str] = []

    def note(connection, cursor, statement, *_: object) -> None:
        sent.append(statement)

    def count() -> dict[str, int]:
        found = {}
        for client, at in most:
            client.get(at)
            sent.clear()
            assert client.get(at).status_code == 200
            found[at] = sum(not line.startswith(("BEGIN", "SAVEPOINT", "RELEASE")) for line in sent)
        return found

    event.listen(engine, "before_cursor_execute", note)
    try:
        few = count()
        with app.app_context():
            for number in range(15):
                talk.answer(body=f"zzred {number}")
                talk.write()
        many = count()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert many == few
    assert {at: many[at] for (_, at), limit in most.items() if many[at] > limit} == {}
