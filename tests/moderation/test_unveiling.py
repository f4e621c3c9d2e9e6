"""Whether two names are one person: two of the team, a day, and a record that tells of it."""

import re
from datetime import timedelta
from functools import partial

import pytest
import time_machine
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from forum.accounts.models import Member, Role
from forum.clock import now
from forum.extensions import db
from forum.notices.models import Notice, NoticeKind
from forum.posts.operations import start_thread
from forum.rooms.models import ContentWarning
from moderation.audit.models import Action, AuditEntry, SubjectKind
from moderation.audit.queries import verify
from moderation.cases.models import Case, Lane
from moderation.cases.opening import open_case
from moderation.cases.refusals import CaseChanged
from moderation.insight.models import PublishedMonth
from moderation.insight.operations import figures_of, publish_months
from moderation.insight.periods import WIB, month_of
from moderation.measures.merging import candidates_for, merge
from moderation.risk.levels import Level
from moderation.unveiling.models import Ground, PersonQuestion
from moderation.unveiling.operations import (
    AboutYourself,
    NeedsAnother,
    NothingToAsk,
    Over,
    ask,
    decide,
    read_answer,
)
from tests.factories import make_case, make_member, make_room
from tests.moderation.test_crisis import race
from tests.pages import Page, send

OWN, ALIAS = "hangat-kenari-64", "sore-melati-27"
WHY = "She may be in danger, and answers in the other room."


@pytest.fixture
def lina(context) -> Member:
    person = make_member("lina", Role.LEAD)
    db.session.commit()
    return person


@pytest.fixture
def adi(context) -> Member:
    person = make_member("adi", Role.ADMIN)
    db.session.commit()
    return person


@pytest.fixture
def cases(context) -> tuple[Case, Case]:
    return two_cases()


def two_cases() -> tuple[Case, Case]:
    """Add two cases of one person, under a name each."""
    person = make_member(OWN)
    made = []
    for number, name in enumerate((None, ALIAS)):
        opening = start_thread(
            person, make_room(), title="T", body="B", warning=ContentWarning.NONE,
            submission_key=f"{number:016}", name=name,
        )  # fmt: skip
        made.append(open_case(opening, Lane.RISK, Level.RED))
    db.session.commit()
    return made[0], made[1]


@pytest.fixture
def addresses(app) -> list[str]:
    """The addresses of two such cases, with a lead and an admin, and no context left open."""
    with app.app_context():
        make_member("lina", Role.LEAD)
        make_member("adi", Role.ADMIN)
        found = [f"/meja/kasus/{case.public_id}" for case in two_cases()]
        db.session.commit()
    return found


def actions_of(question: PersonQuestion) -> list[tuple[str, int | None]]:
    rows = db.session.execute(
        select(AuditEntry.action, AuditEntry.actor_id)
        .where(
            AuditEntry.subject_kind == SubjectKind.PERSON_QUESTION,
            AuditEntry.subject_id == question.id,
        )
        .order_by(AuditEntry.id)
    )
    return [(row.action, row.actor_id) for row in rows]


def test_two_people_open_it_and_each_step_is_in_the_record(cases, lina, adi):
    question = ask(lina, *cases, Ground.DANGER, WHY)
    told = db.session.scalars(
        select(Notice.member_id).where(Notice.kind == NoticeKind.PERSON_QUESTION)
    ).all()
    assert told == [adi.id]
    with pytest.raises(NeedsAnother):
        decide(lina, question, allow=True)
    for person in (lina, adi):
        with pytest.raises(Over):
            read_answer(person, question)
    decide(adi, question, allow=True)
    assert read_answer(lina, question) is True
    assert read_answer(adi, question) is True
    assert actions_of(question) == [
        (Action.ASK_PERSON, lina.id),
        (Action.ALLOW_PERSON, adi.id),
        (Action.READ_PERSON, lina.id),
        (Action.READ_PERSON, adi.id),
    ]
    entries = db.session.scalars(select(AuditEntry)).all()
    assert all(
        set(entry.detail) == {"case", "other", "ground"}
        for entry in entries
        if entry.subject_kind == SubjectKind.PERSON_QUESTION
    )
    assert verify().broken is None


def test_two_people_may_be_two_people(cases, lina, adi):
    question = ask(lina, cases[0], make_case(Level.RED), Ground.HARM, WHY)
    decide(adi, question, allow=True)
    assert read_answer(lina, question) is False


def test_a_third_lead_reads_nothing(cases, lina, adi):
    question = ask(lina, *cases, Ground.DANGER, WHY)
    decide(adi, question, allow=True)
    with pytest.raises(Over):
        read_answer(make_member("maya", Role.LEAD), question)


def test_after_a_day_it_is_over(cases, lina, adi):
    question = ask(lina, *cases, Ground.DANGER, WHY)
    with time_machine.travel(now() + timedelta(hours=25)), pytest.raises(Over):
        decide(adi, question, allow=True)
    decide(adi, question, allow=True)
    with time_machine.travel(now() + timedelta(hours=25)), pytest.raises(Over):
        read_answer(lina, question)


def test_declined_is_declined(cases, lina, adi):
    question = ask(lina, *cases, Ground.DANGER, WHY)
    decide(adi, question, allow=False)
    with pytest.raises(Over):
        read_answer(lina, question)
    with pytest.raises(Over):
        decide(make_member("maya", Role.LEAD), question, allow=True)
    assert [action for action, _ in actions_of(question)] == [
        Action.ASK_PERSON,
        Action.DECLINE_PERSON,
    ]


def test_asking_twice_is_asking_once_and_nobody_asks_about_themselves(cases, lina, adi):
    question = ask(lina, *cases, Ground.DANGER, WHY)
    assert ask(adi, cases[1], cases[0], Ground.LAW, "x") is question
    own = make_case(Level.AMBER, subject=lina)
    with pytest.raises(AboutYourself):
        ask(lina, cases[0], own, Ground.HARM, WHY)
    about_lina = ask(adi, cases[0], own, Ground.HARM, WHY)
    with pytest.raises(AboutYourself):
        decide(lina, about_lina, allow=True)
    for other in (None, cases[0]):
        with pytest.raises(NothingToAsk):
            ask(lina, cases[0], other, Ground.HARM, WHY)


def test_the_database_itself_wants_two_people(cases, lina):
    question = ask(lina, *cases, Ground.DANGER, WHY)
    question.decided_by_id = lina.id
    with pytest.raises(IntegrityError):
        db.session.flush()
    db.session.rollback()


def test_of_two_who_decide_at_once_one_decides(app, cases, lina, adi):
    question = ask(lina, *cases, Ground.DANGER, WHY)
    db.session.commit()
    number, deciders = question.id, [adi.id, make_member("maya", Role.LEAD).id]
    db.session.commit()

    def choose(who: int, *, allow: bool) -> None:
        found = db.session.get_one(PersonQuestion, number)
        decide(db.session.get_one(Member, who), found, allow=allow)

    acts = [
        partial(choose, who, allow=allow)
        for who, allow in zip(deciders, (True, False), strict=True)
    ]
    found = race(app, *acts)
    assert sorted(map(str, found)) == sorted(["done", str(Over)])


def test_joining_cases_is_no_way_around_it(cases):
    rani = make_member("rani", Role.MODERATOR)
    assert candidates_for(cases[0]) == []
    with pytest.raises(CaseChanged):
        merge(rani, cases[0], cases[0].version, cases[1], "")


def test_how_often_it_was_asked_is_public_and_exact(app, client, cases, lina, adi):
    question = ask(lina, *cases, Ground.DANGER, WHY)
    decide(adi, question, allow=True)
    ask(lina, cases[0], make_case(Level.RED), Ground.HARM, WHY)
    db.session.commit()
    # The month after: 32 days from the end of January would be two months later.
    this = month_of(now().astimezone(WIB).date().replace(day=1))
    assert figures_of(this)["person_questions"] == (2, 1)
    with time_machine.travel(this.end + timedelta(hours=1)):
        assert publish_months() == 1
        db.session.commit()
    assert db.session.scalar(select(func.count()).select_from(PublishedMonth)) == 1
    text = Page(client.get("/keterbukaan", headers={"Accept-Language": "en"})).text
    assert re.search(r"names are one person 2, 1 allowed", text)


def test_the_pages_lead_through_it(addresses, browser_of):
    """Asked on a case by its pasted address, allowed by another, read by a button alone."""
    asker, second = browser_of("lina"), browser_of("adi")
    sent = send(
        asker, addresses[0], "/satu-orang",
        other=f"http://localhost{addresses[1]}?x=1#talk", ground="danger", known=WHY,
    )  # fmt: skip
    assert sent.status_code == 302
    waiting = Page(asker.get("/meja/satu-orang"))
    assert "waits for a second person" in waiting.text
    assert not [form for form in waiting.forms if "putuskan" in form.action]
    listed = Page(second.get("/pemberitahuan")).links
    news = next(link for link in listed if link.startswith("/pemberitahuan/"))
    assert "/meja/satu-orang" in Page(second.get(news)).links
    page = Page(second.get("/meja/satu-orang"))
    form = next(form for form in page.forms if form.values.get("answer") == "allow")
    assert second.post(form.action, data=form.values).status_code == 302
    page = Page(asker.get("/meja/satu-orang"))
    assert "It is one person" not in page.text
    form = page.form("/jawaban")
    assert "It is one person" in Page(asker.post(form.action, data=form.values)).text
    record = next(link for link in page.links if "person_question" in link)
    assert "read whether two names are one person" in Page(asker.get(record)).text
    with time_machine.travel(now() + timedelta(hours=25)):
        late = Page(browser_of("lina").get("/meja/satu-orang"))
        assert not [form for form in late.forms if "jawaban" in form.action]
        assert browser_of("lina").post(form.action, data=form.values).status_code in (400, 409)


@pytest.mark.parametrize("lack", ["other", "ground", "known"])
def test_a_question_needs_its_reason(app, addresses, browser_of, lack):
    typed = {"other": addresses[1], "ground": "law", "known": WHY} | {lack: ""}
    client = browser_of("lina")
    form = Page(client.get(addresses[0])).form("/satu-orang")
    sent = client.post(form.action, data={**form.values, **typed})
    assert sent.status_code == 422
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(PersonQuestion)) == 0
