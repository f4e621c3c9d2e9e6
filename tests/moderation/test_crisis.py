"""The protocol on a case: steps and notes by several people at once, and company."""

import threading
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from forum.accounts.models import Member, Role
from forum.clock import now
from forum.extensions import db
from moderation.audit.models import AuditEntry
from moderation.care.wordings import find_wording
from moderation.cases import operations as cases
from moderation.cases import queries as case_queries
from moderation.cases.models import Case, Door
from moderation.cases.refusals import HeldByOther, NotYours
from moderation.crisis import operations, queries
from moderation.crisis.models import Company, Entry, Step
from moderation.crisis.operations import CompanyFound, NotWithThem
from moderation.crisis.views import STEP_WORDINGS
from moderation.reports.operations import report_post
from tests.factories import make_member, make_thread, scan_all, sign_in
from tests.pages import Page


@pytest.fixture
def rani(context) -> Member:
    return make_member("rani", Role.MODERATOR)


@pytest.fixture
def budi(context) -> Member:
    return make_member("budi", Role.MODERATOR)


@pytest.fixture
def case(context, rani) -> Case:
    """A crisis case that rani has taken."""
    return open_crisis(rani)


def open_crisis(rani: Member) -> Case:
    make_thread(make_member("pulang"), body="zzcrisis")
    scan_all()
    case = db.session.scalars(select(Case)).one()
    cases.claim(rani, case, case.version)
    db.session.commit()
    db.session.refresh(case)
    return case


def steps(case: Case) -> dict[Step, str]:
    return {entry.step: entry.moderator.pseudonym for entry in queries.entries_of(case)}


def test_a_step_is_noted_with_who_and_when_and_no_version_changes(case, rani):
    before = case.version
    operations.tick(rani, case, Step.ASKED)
    operations.tick(rani, case, Step.ASKED)
    db.session.commit()
    entry = db.session.scalars(select(Entry)).one()
    assert (entry.step, entry.moderator_id) == (Step.ASKED, rani.id)
    assert abs(now() - entry.created_at) < timedelta(minutes=1)
    db.session.refresh(case)
    assert case.version == before
    ticks = select(func.count()).where(AuditEntry.action == "tick")
    assert db.session.scalar(ticks) == 1


def test_a_step_renews_the_claim(case, rani):
    with time_machine.travel(now() + timedelta(minutes=9)):
        operations.tick(rani, case, Step.LINE)
        db.session.commit()
    with time_machine.travel(now() + timedelta(minutes=15)):
        db.session.refresh(case)
        assert case_queries.is_held_by(case, rani.id)


def test_only_the_holder_and_those_who_joined_write(case, rani, budi):
    for act in (
        lambda: operations.tick(budi, case, Step.ASKED),
        lambda: operations.untick(budi, case, Step.ASKED),
        lambda: operations.write_note(budi, case, "a note"),
    ):
        with pytest.raises(NotWithThem):
            act()
        db.session.rollback()
    with time_machine.travel(now() + timedelta(minutes=11)), pytest.raises(NotWithThem):
        operations.tick(rani, case, Step.ASKED)


def test_a_second_moderator_is_asked_joins_and_does_not_decide(case, rani, budi):
    assert queries.calls_for(budi) == []
    operations.ask_for_company(rani, case)
    operations.ask_for_company(rani, case)
    db.session.commit()
    assert db.session.scalar(select(func.count()).select_from(Company)) == 1
    assert queries.calls_for(budi) == [case]
    assert queries.calls_for(rani) == []
    assert queries.calls_for(make_member("kiki", Role.VOLUNTEER)) == []
    operations.join(budi, case)
    db.session.commit()
    assert queries.calls_for(make_member("sari", Role.LEAD)) == []
    operations.tick(budi, case, Step.LINE)
    operations.write_note(budi, case, "looked up a number")
    db.session.commit()
    assert steps(case) == {Step.COMPANY: "rani", Step.LINE: "budi", None: "budi"}
    with pytest.raises(HeldByOther):
        cases.release(budi, case, case.version, "")
    db.session.rollback()
    operations.leave(budi, case)
    db.session.commit()
    with pytest.raises(NotWithThem):
        operations.write_note(budi, case, "late")


def test_one_takes_back_ones_own_step_and_the_holder_any(case, rani, budi):
    operations.ask_for_company(rani, case)
    operations.join(budi, case)
    operations.tick(rani, case, Step.ASKED)
    operations.tick(budi, case, Step.LINE)
    operations.tick(budi, case, Step.SOMEONE)
    operations.untick(budi, case, Step.ASKED)
    operations.untick(budi, case, Step.LINE)
    operations.untick(rani, case, Step.SOMEONE)
    db.session.commit()
    assert set(steps(case)) == {Step.COMPANY, Step.ASKED}


def test_nobody_joins_themselves_uncalled_or_untrained(case, rani, budi):
    with pytest.raises(CompanyFound):
        operations.join(budi, case)
    operations.ask_for_company(rani, case)
    with pytest.raises(NotYours):
        operations.join(rani, case)
    with pytest.raises(NotYours):
        operations.join(make_member("kiki", Role.VOLUNTEER), case)
    with pytest.raises(NotYours):
        operations.ask_for_company(budi, case)


def race(app, *acts) -> list[object]:
    """Carry acts out at the same moment, each in a thread and session of its own."""
    gate, results = threading.Barrier(len(acts)), []

    def run(act) -> None:
        with app.app_context():
            gate.wait()
            try:
                act()
                db.session.commit()
                results.append("done")
            except Exception as error:
                db.session.rollback()
                results.append(type(error))
            db.session.remove()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_ticks_at_the_same_moment_are_all_kept(app, case, rani, budi):
    operations.ask_for_company(rani, case)
    operations.join(budi, case)
    db.session.commit()
    case_id, people = case.id, (rani.id, budi.id)
    db.session.remove()
    wanted = [step for step in Step if step is not Step.COMPANY]

    def tick(member_id: int, step: Step):
        return lambda: operations.tick(
            db.session.get_one(Member, member_id), db.session.get_one(Case, case_id), step
        )

    # Each step by both at once: one row, and nobody is refused.
    for step in wanted:
        assert race(app, *(tick(person, step) for person in people)) == ["done", "done"]
    # And many different ones at once.
    db.session.execute(Entry.__table__.delete())
    db.session.commit()
    acts = [tick(people[number % 2], step) for number, step in enumerate(wanted)]
    assert race(app, *acts) == ["done"] * len(wanted)
    found = list(db.session.scalars(select(Entry.step)))
    assert sorted(found) == sorted(wanted)


def test_of_many_who_come_one_joins(app, case, rani):
    people = [make_member(f"teman-{number}", Role.MODERATOR).id for number in range(4)]
    operations.ask_for_company(rani, case)
    db.session.commit()
    case_id = case.id
    db.session.remove()

    def join(member_id: int):
        return lambda: operations.join(
            db.session.get_one(Member, member_id), db.session.get_one(Case, case_id)
        )

    results = race(app, *(join(person) for person in people))
    assert results.count("done") == 1
    assert results.count(CompanyFound) == 3


def test_the_words_for_each_step_exist(context):
    for keys in STEP_WORDINGS.values():
        for key in keys:
            wording = find_wording(key)
            assert wording is not None, key
            assert wording.needs_review
            for text in (wording.text_id, wording.text_en):
                assert text.count("?") == 1, key
                assert "!" not in text


@pytest.mark.parametrize("body", ["calm", "zzamber"])
def test_a_gentle_case_takes_notes_too_and_stays_with_who_writes_them(app, body):
    """The key of a note leads to one, and not to handing the case over."""
    with app.app_context():
        rani = make_member("rani", Role.VOLUNTEER)
        make_member("budi", Role.VOLUNTEER)
        post = make_thread(body=body)
        report_post(make_member(), post, Door.BREACH, "")
        scan_all()
        case = db.session.scalars(select(Case)).one()
        cases.claim(rani, case, case.version)
        db.session.commit()
        address = f"/meja/kasus/{case.public_id}"
        db.session.rollback()
    holder, other = sign_in(app, "rani"), sign_in(app, "budi")
    page = Page(holder.get(address))
    keys = {at.get("data-key"): at.get("action") for tag, at in page.tags if tag == "form"}
    assert keys["n"].endswith("/lini-masa")
    assert keys["b"].endswith("/lepas")
    assert "Step by step" not in page.text
    assert "Notes for colleagues" not in Page(other.get(address)).text
    form = page.form("/lini-masa")
    assert holder.post(form.action, data=form.values | {"note": " "}).status_code == 422
    sent = holder.post(form.action, data=form.values | {"note": "zz a note"})
    assert sent.location.endswith("#notes")
    read = Page(other.get(address))
    assert "zz a note" in read.text
    assert not [form for form in read.forms if "/lini-masa" in form.action]
    assert "with you" in Page(holder.get(address)).text


def test_the_page_carries_steps_notes_and_words_into_the_boxes(app):
    with app.app_context():
        make_member("budi", Role.MODERATOR)
        case = open_crisis(make_member("rani", Role.MODERATOR))
        address, version = f"/meja/kasus/{case.public_id}", case.version
        db.session.rollback()
    holder, helper = sign_in(app, "rani"), sign_in(app, "budi")

    def press(client, action: str, **typed: str):
        form = Page(client.get(address)).form(action)
        return client.post(form.action, data=form.values | typed)

    assert press(holder, "/minta-teman").status_code == 302
    assert "Someone asks for company" in Page(helper.get("/meja")).text
    assert "Someone asks for company" not in Page(holder.get("/meja")).text
    assert press(helper, "/temani").location.endswith("#protocol")
    page = Page(helper.get(address))
    ticks = [form for form in page.forms if form.action.endswith("/langkah")]
    assert len(ticks) == len(Step) - 1
    helper.post(ticks[0].action, data=ticks[0].values)
    assert press(helper, "/lini-masa", note="zz a note").status_code == 302
    page = Page(holder.get(address))
    assert "zz a note" in page.text
    assert "budi keeps company" in page.text
    assert not [form for form in Page(helper.get(address)).forms if "/tutup" in form.action]
    refused = press(holder, "/lini-masa", note=" ")
    assert refused.status_code == 422

    for into, action in (("check-in", "/sapa"), ("reply", "/balas")):
        link = f"{address}?words=make-distance&language=id&version={version}&into={into}"
        form = Page(holder.get(link)).form(action)
        assert "Aku ingin malam ini lebih aman" in form.values["body"]
        other = Page(holder.get(link)).form("/sapa" if into == "reply" else "/balas")
        assert other.values["body"] == ""
