"""From an application to the desk: who opens what, and what the pages say on the way."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from forum.accounts.models import Member, Role
from forum.clock import now
from forum.extensions import db
from moderation.applications.models import Application
from moderation.care.wordings import wordings
from moderation.cases.models import Case
from moderation.risk.levels import Level
from moderation.rules import operations
from moderation.rules.queries import rules_in_force
from moderation.training import lessons
from moderation.training.models import Certificate, Module
from moderation.training.operations import admit
from moderation.volunteers.models import Shift
from moderation.volunteers.operations import begin_shift
from tests.factories import lapse, make_case, make_member, sign_in
from tests.pages import Page, csrf_token, send

WORDS = {
    "motivation": "I like to listen.",
    "times": "Tuesday evening",
    "languages": "Indonesian",
    "adult": "y",
    "limits": "y",
}


def answer_right(client, lesson) -> Page:
    """Answer a lesson's questions as agreed."""
    right = {
        question.key: next(choice.key for choice in question.choices if choice.is_right)
        for question in lesson.questions
    }
    return Page(send(client, f"/pelatihan/{lesson.module.value}/uji", **right))


def practise(client, case, *, agreed: bool = True) -> Page:
    """Judge a practice case."""

    def key(question):
        return next(choice.key for choice in question.choices if choice.is_right is agreed)

    chosen = {"level": case.level.word, "reply": key(case.reply), "step": key(case.step)}
    return Page(send(client, f"/pelatihan/latihan/{case.key}", **chosen))


def test_from_an_application_to_the_desk(app, site, browser_of):
    member = browser_of("other-pagi")
    assert member.get("/pelatihan").status_code == 403
    assert send(member, "/relawan", action="/relawan", motivation="").status_code == 422
    assert send(member, "/relawan", action="/relawan", **WORDS).status_code == 302
    assert "is with us" in Page(member.get("/relawan")).text

    lead = browser_of("lead-kita")
    people = Page(lead.get("/meja/relawan"))
    address = next(link for link in people.links if link.startswith("/meja/relawan/"))
    assert "I like to listen." in Page(lead.get(address)).text
    assert send(lead, address, action="/jawab", outcome="welcome").status_code == 302
    notice = next(
        link for link in Page(member.get("/pemberitahuan")).links if "/pemberitahuan/" in link
    )
    assert "You are welcome" in Page(member.get(notice)).text

    assert member.get("/pelatihan").status_code == 200
    assert member.get("/meja").status_code == 403
    for lesson in lessons.lessons():
        assert "Passed" in answer_right(member, lesson).text
    for case in lessons.practice().cases:
        assert "As agreed" in practise(member, case).text
    assert "done all of it" in Page(member.get("/pelatihan")).text

    assert give_word(lead, "other-pagi", app).status_code == 302
    assert member.get("/meja").status_code == 403
    assert give_word(lead, "other-pagi", app).status_code == 409
    assert give_word(browser_of("admin-kita"), "other-pagi", app).status_code == 302
    assert member.get("/meja").status_code == 302  # Their sessions have ended.
    volunteer = sign_in(app, "other-pagi")
    assert volunteer.get("/meja").status_code == 200


def give_word(client, pseudonym, app):
    with app.app_context():
        person = db.session.scalar(select(Member.id).where(Member.pseudonym == pseudonym))
    data = {"person": person, "role": "volunteer", "csrf_token": csrf_token(client)}
    return client.post("/meja/relawan/kata", data=data)


def test_a_try_that_does_not_pass_leaves_no_trace_and_says_why(app, site, browser_of):
    client = browser_of("volunteer-kita")
    with app.app_context():
        before = db.session.execute(select(Certificate.module, Certificate.given_at)).all()
    lesson = lessons.lessons()[0]
    wrong = {
        question.key: next(choice.key for choice in question.choices if not choice.is_right)
        for question in lesson.questions
    }
    page = Page(send(client, "/pelatihan/listening/uji", **wrong))
    assert "Not quite there yet" in page.text
    for question in lesson.questions:
        for choice in question.choices:
            assert choice.why.en in page.text
    assert send(client, "/pelatihan/listening/uji").status_code == 422
    with app.app_context():
        assert db.session.execute(select(Certificate.module, Certificate.given_at)).all() == before


def test_the_desk_rests_for_who_is_not_certified_but_not_in_the_middle_of_a_case(
    app, site, browser_of
):
    client = browser_of("moderator-kita")
    with app.app_context():
        free, held = make_case(Level.AMBER), make_case(Level.AMBER)
        db.session.commit()
        free, held = free.public_id, held.public_id
    assert send(client, f"/meja/kasus/{held}", action="/ambil").status_code == 302
    with app.app_context():
        certificate = db.session.get(Certificate, (_id_of("moderator-kita"), Module.CRISIS))
        certificate.expires_at = now() - timedelta(seconds=1)
        db.session.commit()

    page = Page(client.get("/meja"))
    assert "A few lessons first" in page.text
    assert "In a crisis" in page.text
    assert f"/meja/kasus/{held}" in page.links
    assert f"/meja/kasus/{free}" not in page.links
    assert client.get(f"/meja/kasus/{free}").status_code == 302
    for page in ("/meja/spam", "/meja/teman"):
        assert client.get(page).status_code == 302
    taken = client.post(
        f"/meja/kasus/{free}/ambil", data={"csrf_token": csrf_token(client), "version": 1}
    )
    assert taken.status_code == 302
    with app.app_context():
        case = db.session.scalar(select(Case).where(Case.public_id == free))
        assert case.holder_id is None
    # What is in hand goes on to its end.
    assert client.get(f"/meja/kasus/{held}").status_code == 200
    closed = send(
        client, f"/meja/kasus/{held}", action="/tutup", reason="no_risk", note="calm again"
    )
    assert closed.status_code == 302
    assert client.get(f"/meja/kasus/{held}").status_code == 200

    assert "Passed" in answer_right(client, lessons.find_lesson("crisis")).text
    assert f"/meja/kasus/{free}" in Page(client.get("/meja")).links


def _id_of(pseudonym):
    return db.session.scalar(select(Member.id).where(Member.pseudonym == pseudonym))


def test_a_late_crisis_that_nobody_is_there_for_stays_open_to_who_can_answer(app, site):
    with app.app_context():
        make_member("rani", Role.MODERATOR, certified=False)
        make_member("budi", Role.VOLUNTEER, certified=False)
        case = make_case(Level.CRISIS, waited=timedelta(hours=1))
        db.session.commit()
        address = f"/meja/kasus/{case.public_id}"
    rani, budi = sign_in(app, "rani"), sign_in(app, "budi")
    assert address in Page(rani.get("/meja")).links
    assert address not in Page(budi.get("/meja")).links
    assert budi.get(address).status_code == 302
    assert send(rani, address, action="/tetap-ambil").status_code == 302
    with app.app_context():
        assert db.session.scalar(select(Case.holder_id).where(Case.level == 3)) == _id_of("rani")


def test_two_without_fresh_lessons_are_no_company_for_a_late_crisis(app, site):
    with app.app_context():
        people = [make_member(name, Role.MODERATOR) for name in ("rani", "tari")]
        for each in people:
            begin_shift(each)
            lapse(each)
        address = f"/meja/kasus/{make_case(Level.CRISIS, waited=timedelta(hours=1)).public_id}"
        db.session.commit()
    rani, tari = sign_in(app, "rani"), sign_in(app, "tari")
    assert address in Page(rani.get("/meja")).links
    assert address in Page(tari.get("/meja")).links
    assert send(rani, address, action="/tetap-ambil").status_code == 302
    with app.app_context():
        assert db.session.scalar(select(Case.holder_id).where(Case.level == 3)) == _id_of("rani")


def test_the_break_glass_rests_too_without_fresh_lessons(app, site, browser_of):
    client = browser_of("lead-kita")
    assert client.get("/meja/satu-orang").status_code == 200
    with app.app_context():
        lapse(db.session.get_one(Member, _id_of("lead-kita")))
        db.session.commit()
    assert client.get("/meja/satu-orang").location == "/meja"


def test_a_shift_without_fresh_lessons_leads_to_the_lessons(app, site, browser_of):
    client = browser_of("moderator-kita")
    with app.app_context():
        lapse(db.session.get_one(Member, _id_of("moderator-kita")))
        db.session.commit()
    sent = send(client, "/meja/giliran", action="/mulai")
    assert sent.location == "/pelatihan"
    assert "wants refreshing first" in Page(client.get(sent.location)).text
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Shift)) == 0


def test_the_page_of_an_applicant_in_danger_shows_the_ways_to_help(app, site, browser_of):
    client = browser_of("other-pagi")
    send(client, "/relawan", action="/relawan", **WORDS | {"motivation": "zzred, and I listen"})
    page = Page(client.get("/relawan"))
    assert "tel:119" in page.links
    assert (
        "signs of danger"
        in Page(
            browser_of("admin-kita").get(
                next(
                    link
                    for link in Page(browser_of("admin-kita").get("/meja/relawan")).links
                    if link.startswith("/meja/relawan/")
                )
            )
        ).text
    )


def test_a_no_is_kind_and_says_from_when_on_to_ask_again(app, site, browser_of):
    member, lead = browser_of("other-pagi"), browser_of("lead-kita")
    send(member, "/relawan", action="/relawan", **WORDS)
    with app.app_context():
        address = f"/meja/relawan/{db.session.scalars(select(Application)).one().public_id}"
    assert send(lead, address, action="/jawab", outcome="not_now").status_code == 302
    token = csrf_token(lead)
    again = lead.post(f"{address}/jawab", data={"outcome": "welcome", "csrf_token": token})
    assert again.status_code == 409
    page = Page(member.get("/relawan"))
    assert "Not now, and thank you" in page.text
    refused = member.post("/relawan", data=WORDS | {"csrf_token": csrf_token(member)})
    assert refused.status_code == 409
    with time_machine.travel(now() + timedelta(days=91)):
        client = sign_in(app, "other-pagi")
        assert send(client, "/relawan", action="/relawan", **WORDS).status_code == 302


@pytest.mark.parametrize("path", ["", "/listening", "/listening/uji", "/latihan"])
def test_lessons_are_for_those_who_were_welcomed(app, site, browser_of, path):
    client = browser_of("other-pagi")
    assert client.get(f"/pelatihan{path}").status_code == 403
    with app.app_context():
        admit(_id_of("other-pagi"))
        db.session.commit()
    assert client.get(f"/pelatihan{path}").status_code == 200


def test_what_waits_for_approval_says_so(app, site, browser_of):
    """Lessons and ready words on one page, and each rule in the list of rules."""
    waiting = [each for each in wordings() if each.needs_review]
    page = Page(browser_of("lead-kita").get("/meja/pelatihan"))
    assert f"{len(waiting)} of {len(wordings())} wait for approval." in page.text
    assert page.text.count("to be approved by: a ") == len(lessons.lessons()) + 2
    admin = browser_of("admin-kita")
    assert "to be approved by" not in Page(admin.get("/aturan")).text
    with app.app_context():
        rule = replace(rules_in_force().lexicon.rules[0], needs_review=("lawyer",))
        changed = operations.with_rules(rules_in_force().lexicon, [rule])
        operations.publish(None, operations.prepare(changed, gate=False), "to be looked at")
        db.session.commit()
    assert "to be approved by: a lawyer" in Page(admin.get("/aturan")).text
    rules = len(changed.rules)
    assert f"1 of {rules} wait for approval." in Page(admin.get("/meja/pelatihan")).text
