"""How heavy cases end: with a state and a plan, a referral, or two people's judgement."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from forum.accounts.models import Member, Role
from forum.clock import now
from forum.extensions import db
from forum.posts.models import Post
from moderation.audit.models import AuditEntry
from moderation.cases import operations as cases
from moderation.cases import queries as case_queries
from moderation.cases.invariants import check_invariants
from moderation.cases.models import Act, Case, CaseState, CloseReason, Decision, Reading
from moderation.cases.queue import Wanted, read_desk
from moderation.cases.refusals import (
    CaseChanged,
    ForLeads,
    HeldByOther,
    NotYours,
    OpinionFirst,
    ReadAlready,
)
from moderation.closing import operations, queries
from moderation.closing.models import (
    Consent,
    Ending,
    Judgement,
    Opinion,
    Outcome,
    Referral,
    Service,
    Taken,
)
from moderation.closing.operations import Closing, NoReferral, NotAnswered, StateMissing
from moderation.crisis import operations as crisis
from moderation.crisis.models import Step
from moderation.follow_ups.models import FollowUp
from moderation.measures import operations as measures
from moderation.measures.held import Verdict
from moderation.measures.models import MeasureKind, MeasureReason
from moderation.measures.operations import Why
from tests.factories import make_member, make_reply, make_thread, scan_all, sign_in
from tests.moderation.test_crisis import race
from tests.pages import Form, Page

NO_RISK = Closing(CloseReason.NO_RISK, "zznote")
SHOW = Verdict(MeasureKind.RESTORE, MeasureReason.SAFE_AGAIN)
CARED = Closing(CloseReason.ANSWERED, "", Outcome.SAFE, Consent.YES)


def people() -> tuple[Member, Member, Member]:
    return (
        make_member("rani-zzfirst", Role.MODERATOR),
        make_member("budi-kedua", Role.MODERATOR),
        make_member("lead-utama", Role.LEAD),
    )


def a_case(word: str = "zzred") -> Case:
    make_thread(make_member("pulang"), body=word)
    scan_all()
    return db.session.scalars(select(Case).order_by(Case.id.desc()).limit(1)).one()


def take(moderator: Member, case: Case) -> None:
    cases.claim(moderator, case, case.version)
    db.session.commit()
    db.session.refresh(case)


def write(moderator: Member, case: Case) -> None:
    cases.check_in(moderator, case, case.version, body="Hello.", submission_key="k" * 16)
    db.session.commit()
    db.session.refresh(case)


def close(moderator: Member, case: Case, closing: Closing) -> bool:
    closed = operations.close(moderator, case, case.version, closing)
    db.session.commit()
    db.session.refresh(case)
    return closed


def judge(moderator: Member, case: Case, judgement: Judgement, note: str = "") -> bool:
    agreed = operations.give_opinion(moderator, case, case.version, judgement, note, held=SHOW)
    db.session.commit()
    db.session.refresh(case)
    return agreed


def broken() -> dict[str, int]:
    return {finding.name: finding.broken for finding in check_invariants() if finding.broken}


@pytest.mark.parametrize("word", ["zzred", "zzcrisis"])
@pytest.mark.parametrize(
    "reason", [CloseReason.NO_RISK, CloseReason.DUPLICATE, CloseReason.RULE_BREACH]
)
def test_a_heavy_case_without_care_goes_back_for_a_blind_opinion(context, word, reason):
    rani, budi, _ = people()
    case = a_case(word)
    take(rani, case)
    assert close(rani, case, Closing(reason, "why")) is False
    assert (case.state, case.reading) == (CaseState.WAITING, Reading.BLIND)
    assert (case.holder_id, case.claimed_until) == (None, None)
    assert case_queries.is_waiting(case)
    with pytest.raises(ReadAlready):
        cases.claim(rani, case, case.version)
    assert broken() == {}
    take(budi, case)
    assert judge(budi, case, Judgement.NO_ACTION)
    assert (case.state, case.reading) == (CaseState.CLOSED, Reading.ORDINARY)
    assert case.close_reason is reason
    assert broken() == {}
    assert queries.judgement_pairs() == {(Judgement.NO_ACTION, Judgement.NO_ACTION): 1}
    opinion = db.session.scalars(select(Opinion)).one()
    assert (opinion.first_id, opinion.second_id, opinion.level) == (rani.id, budi.id, case.level)
    assert db.session.scalar(select(func.count()).select_from(FollowUp)) == 0


def test_an_amber_case_is_closed_by_one(context):
    rani, _, _ = people()
    case = a_case("zzamber")
    take(rani, case)
    assert close(rani, case, NO_RISK) is True
    assert case.state is CaseState.CLOSED
    assert broken() == {}


def test_two_who_differ_leave_it_to_a_lead_who_sees_both(context):
    rani, budi, lead = people()
    case = a_case()
    take(rani, case)
    close(rani, case, NO_RISK)
    take(budi, case)
    assert judge(budi, case, Judgement.NEEDS_ANSWER, "second note") is False
    assert (case.state, case.reading, case.holder_id) == (CaseState.WAITING, Reading.LEADS, None)
    for moderator in (rani, budi, make_member("lain", Role.MODERATOR)):
        with pytest.raises(ForLeads):
            cases.claim(moderator, case, case.version)
    take(lead, case)
    assert close(lead, case, NO_RISK) is True
    assert broken() == {}
    opinion = db.session.scalars(select(Opinion)).one()
    assert (opinion.lead_id, opinion.lead) == (lead.id, Judgement.NO_ACTION)
    assert queries.judgement_pairs() == {(Judgement.NO_ACTION, Judgement.NEEDS_ANSWER): 1}


def test_a_lead_who_answers_closes_with_state_and_plan(context):
    rani, budi, lead = people()
    case = a_case()
    take(rani, case)
    close(rani, case, NO_RISK)
    take(budi, case)
    judge(budi, case, Judgement.NEEDS_ANSWER)
    take(lead, case)
    write(lead, case)
    assert close(lead, case, CARED)
    assert db.session.scalars(select(Opinion)).one().lead is Judgement.NEEDS_ANSWER
    assert db.session.scalar(select(func.count()).select_from(FollowUp)) == 3
    assert broken() == {}


def test_who_reads_blind_can_do_nothing_else_with_it(context):
    rani, budi, _ = people()
    case = a_case()
    take(rani, case)
    close(rani, case, NO_RISK)
    take(budi, case)
    post = db.session.scalars(select(Post)).first()
    for act in (
        lambda: operations.close(budi, case, case.version, NO_RISK),
        lambda: operations.close(budi, case, case.version, CARED),
        lambda: operations.refer(budi, case, case.version, service=Service.LINE),
        lambda: cases.reply(budi, case, case.version, body="x", submission_key="k" * 16),
        lambda: cases.check_in(budi, case, case.version, body="x", submission_key="k" * 16),
        lambda: measures.hide(budi, case, case.version, post, Why(MeasureReason.HEAVY)),
        lambda: crisis.tick(budi, case, Step.ASKED),
        lambda: crisis.write_note(budi, case, "x"),
        lambda: crisis.ask_for_company(budi, case),
    ):
        with pytest.raises((OpinionFirst, NotAnswered)):
            act()
        db.session.rollback()
        db.session.refresh(case)
    cases.release(budi, case, case.version, "")
    db.session.commit()
    db.session.refresh(case)
    assert (case.state, case.reading) == (CaseState.WAITING, Reading.BLIND)
    with pytest.raises(ReadAlready):
        cases.claim(rani, case, case.version)


def test_the_queue_offers_a_case_only_to_those_who_may_take_it(context):
    rani, budi, lead = people()
    case = a_case()

    def offered() -> list[str]:
        return [
            person.pseudonym
            for person in (rani, budi, lead)
            if read_desk(person, Wanted()).next_case is not None
        ]

    take(rani, case)
    close(rani, case, NO_RISK)
    assert offered() == ["budi-kedua", "lead-utama"]
    take(budi, case)
    judge(budi, case, Judgement.NEEDS_ANSWER)
    assert offered() == ["lead-utama"]


def test_who_kept_company_knows_and_is_kept_from_it_too(context):
    rani, budi, lead = people()
    case = a_case("zzcrisis")
    take(rani, case)
    crisis.ask_for_company(rani, case)
    crisis.join(budi, case)
    db.session.commit()
    close(rani, case, NO_RISK)
    with pytest.raises(ReadAlready):
        cases.claim(budi, case, case.version)
    take(lead, case)
    assert judge(lead, case, Judgement.NO_ACTION)


def test_something_new_makes_it_an_ordinary_case_again(context):
    rani, budi, _ = people()
    case = a_case()
    take(rani, case)
    close(rani, case, NO_RISK)
    take(budi, case)
    seen = case.version
    post = db.session.scalars(select(Post)).first()
    make_reply(post, author=post.author, body="zzcrisis")
    scan_all()
    db.session.refresh(case)
    assert (case.reading, case.level) == (Reading.ORDINARY, 3)
    with pytest.raises(CaseChanged):
        operations.give_opinion(budi, case, seen, Judgement.NO_ACTION, "")
    db.session.rollback()
    assert broken() == {}
    assert queries.judgement_pairs() == {}
    db.session.refresh(case)
    # And it can be asked for once more, on what is known now.
    close(budi, case, NO_RISK)
    take(rani, case)
    assert judge(rani, case, Judgement.NO_ACTION)
    assert broken() == {}


def test_nobody_judges_without_having_it(context):
    rani, budi, lead = people()
    case = a_case()
    take(rani, case)
    with pytest.raises(CaseChanged):
        operations.give_opinion(rani, case, case.version, Judgement.NO_ACTION, "")
    close(rani, case, NO_RISK)
    for moderator in (rani, budi):
        with pytest.raises(NotYours):
            operations.give_opinion(moderator, case, case.version, Judgement.NO_ACTION, "")
        db.session.rollback()
        db.session.refresh(case)
    take(budi, case)
    with pytest.raises(HeldByOther):
        operations.give_opinion(lead, case, case.version, Judgement.NO_ACTION, "")
    db.session.rollback()
    with time_machine.travel(now() + timedelta(minutes=11)):
        db.session.refresh(case)
        assert case_queries.is_waiting(case)
        with pytest.raises(NotYours):
            operations.give_opinion(budi, case, case.version, Judgement.NO_ACTION, "")


def test_of_two_answers_at_once_one_counts(app):
    with app.app_context():
        rani, budi, _ = people()
        case = a_case()
        take(rani, case)
        close(rani, case, NO_RISK)
        take(budi, case)
        case_id, budi_id, seen = case.id, budi.id, case.version
        db.session.remove()
        for _ in range(1):

            def answer(judgement: Judgement):
                return lambda: operations.give_opinion(
                    db.session.get_one(Member, budi_id),
                    db.session.get_one(Case, case_id),
                    seen,
                    judgement,
                    "",
                )

            results = race(app, *(answer(one) for one in (*Judgement, *Judgement)))
        assert results.count("done") == 1
        acts = select(func.count()).where(Decision.act == Act.OPINION)
        assert db.session.scalar(acts) == 1
        assert broken() == {}


CANARIES = ("zzcanary", "rani-zzfirst", "No risk after reading", "Belongs to another case")


@pytest.fixture
def blind(app) -> str:
    """The address of a case that rani-zzfirst has handled in every way and wants to close."""
    with app.app_context():
        rani, _, _ = people()
        make_member("admin-utama", Role.ADMIN)
        make_member("kiki", Role.VOLUNTEER)
        case = a_case("zzcrisis")
        take(rani, case)
        crisis.tick(rani, case, Step.ASKED)
        crisis.write_note(rani, case, "zzcanary line")
        cases.release(rani, case, case.version, "zzcanary handover")
        db.session.refresh(case)
        take(rani, case)
        cases.reply(rani, case, case.version, body="A reply.", submission_key="r" * 16)
        db.session.refresh(case)
        write(rani, case)
        operations.refer(rani, case, case.version, service=Service.LINE, name="zzcanary service")
        db.session.refresh(case)
        close(rani, case, Closing(CloseReason.DUPLICATE, "zzcanary reason"))
        address, number = f"/meja/kasus/{case.public_id}", case.id
        db.session.rollback()
    app.blind_case_id = number
    return address


@pytest.mark.parametrize("name", ["budi-kedua", "lead-utama", "admin-utama", "kiki"])
def test_the_second_page_tells_nothing_of_the_first(app, blind, name):
    # The first one still has the page open.
    assert sign_in(app, "rani-zzfirst").get(blind).status_code == 200
    client = sign_in(app, name)
    pages = [client.get(blind), client.get("/meja")]
    if name != "kiki":
        form = Page(pages[0]).form("/ambil")
        assert client.post(form.action, data=form.values).status_code == 302
        pages += [client.get(blind), client.post(f"{blind}/pendapat", data=form.values)]
    if name in ("lead-utama", "admin-utama"):
        pages += [
            client.get("/catatan"),
            client.get(f"/catatan?kind=case&subject={app.blind_case_id}"),
            client.get("/catatan?action=ask_second"),
        ]
        record = " ".join(pages[-2].get_data(as_text=True).split())
        # The name stands in the choice of actors, as every name of staff does.
        assert "<option" in record
    for page in pages:
        text = page.get_data(as_text=True)
        text = re.sub(r"<option[^>]*>[^<]*</option>", "", text)
        for canary in CANARIES:
            assert canary not in text, (name, page.request.path, canary)
        assert '<a href="/catatan?kind=case' not in text
    if name != "kiki":
        held = Page(pages[2])
        assert {form.action.rsplit("/", 1)[-1] for form in held.forms if blind in form.action} == {
            "pendapat",
            "lepas",
            "tahan",
            "masih-di-sini",
        }


def test_the_first_still_sees_what_they_wrote_and_cannot_take_it(app, blind):
    client = sign_in(app, "rani-zzfirst")
    page = Page(client.get(blind))
    assert "zzcanary reason" in page.text
    assert "fresh eyes" in page.text
    assert not [form for form in page.forms if form.action.endswith("/ambil")]


@pytest.mark.parametrize("judgement", list(Judgement))
def test_after_the_opinion_everything_is_open_again(app, blind, judgement):
    client = sign_in(app, "budi-kedua")
    form = Page(client.get(blind)).form("/ambil")
    client.post(form.action, data=form.values)
    form = Page(client.get(blind)).form("/pendapat")
    answer = client.post(
        form.action,
        data={
            **form.values,
            "judgement": judgement.value,
            "held": "restore",
            "note": "zzsecond",
        },
    )
    assert answer.status_code == 302
    page = Page(client.get(blind))
    for words in ("zzcanary reason", "rani-zzfirst", "zzsecond", "zzcanary line"):
        assert words in page.text
    lead = sign_in(app, "lead-utama")
    record = Page(lead.get(f"/catatan?kind=case&subject={app.blind_case_id}")).text
    assert "asked for a second opinion" in record
    can_take = [f for f in Page(lead.get(blind)).forms if f.action.endswith("/ambil")]
    assert len(can_take) == (judgement is Judgement.NEEDS_ANSWER)


# Closing with care


def test_a_heavy_case_ends_with_a_state_and_a_plan(context):
    rani, budi, _ = people()
    case = a_case()
    take(rani, case)
    with pytest.raises(NotAnswered):
        operations.close(rani, case, case.version, CARED)
    write(rani, case)
    for half in (
        Closing(CloseReason.ANSWERED),
        Closing(CloseReason.ANSWERED, outcome=Outcome.SAFE),
        Closing(CloseReason.ANSWERED, consent=Consent.YES),
    ):
        with pytest.raises(StateMissing):
            operations.close(rani, case, case.version, half)
    assert close(
        rani,
        case,
        Closing(CloseReason.ANSWERED, "", Outcome.SAFE, Consent.NOT_ASKED, owner_id=budi.id),
    )
    ending = db.session.scalars(select(Ending)).one()
    assert (ending.outcome, ending.consent) == (Outcome.SAFE, Consent.NOT_ASKED)
    planned = list(db.session.scalars(select(FollowUp).order_by(FollowUp.hours)))
    assert [one.hours for one in planned] == [24, 72, 168]
    assert {one.owner_id for one in planned} == {budi.id}
    assert broken() == {}


@pytest.mark.parametrize(
    ("consent", "declined", "count"),
    [
        (Consent.YES, "", 3),
        (Consent.NOT_ASKED, "", 3),
        (Consent.NO, "", 0),
        (Consent.YES, "they are in hospital", 0),
    ],
)
def test_follow_ups_can_be_declined(context, consent, declined, count):
    rani, _, _ = people()
    case = a_case()
    take(rani, case)
    write(rani, case)
    close(rani, case, Closing(CloseReason.ANSWERED, "", Outcome.UNKNOWN, consent, declined))
    assert db.session.scalar(select(func.count()).select_from(FollowUp)) == count
    assert broken() == {}


def test_the_doctor_finds_a_heavy_case_that_ended_without_either(context):
    rani, _, _ = people()
    case = a_case()
    take(rani, case)
    cases.close(rani, case, case.version, CloseReason.ANSWERED, "")
    db.session.commit()
    assert broken() == {"heavy cases closed without state and plan": 1}


def test_referred_needs_a_referral_and_what_came_of_it_can_be_noted_later(context):
    rani, budi, _ = people()
    case = a_case()
    take(rani, case)
    referred = Closing(CloseReason.REFERRED, "", Outcome.HANDED_OVER, Consent.NO)
    with pytest.raises(NoReferral):
        operations.close(rani, case, case.version, referred)
    operations.refer(rani, case, case.version, service=Service.PUSKESMAS, name="Puskesmas")
    db.session.commit()
    db.session.refresh(case)
    assert case_queries.decisions_of(case)[-1].note == "Puskesmas"
    assert close(rani, case, referred)
    referral = db.session.scalars(select(Referral)).one()
    assert referral.taken is Taken.UNKNOWN
    operations.note_taken(budi, case, referral, Taken.YES)
    db.session.commit()
    assert (referral.taken, referral.noted_by_id) == (Taken.YES, budi.id)
    noted = select(func.count()).where(AuditEntry.action == "note_taken")
    assert db.session.scalar(noted) == 1


def close_form(page: Page) -> Form:
    return next(form for form in page.forms if form.action.endswith("/tutup"))


def test_the_close_form_asks_for_what_is_missing_and_keeps_the_rest(app):
    with app.app_context():
        rani, _, _ = people()
        case = a_case()
        take(rani, case)
        write(rani, case)
        address = f"/meja/kasus/{case.public_id}"
        db.session.rollback()
    client = sign_in(app, "rani-zzfirst")
    form = close_form(Page(client.get(address)))
    answer = client.post(
        form.action, data={**form.values, "reason": "answered", "note": "zz kept", "owner": "x"}
    )
    assert answer.status_code == 422
    page = Page(answer)
    assert "Please say how they are now." in page.text
    assert close_form(page).values["note"] == "zz kept"
    form = close_form(page)
    answer = client.post(form.action, data={**form.values, "outcome": "safe", "consent": "yes"})
    assert answer.location == "/meja"
    page = Page(client.get(address))
    assert "Safe, as they say themselves" in page.text
    assert "after 3 days" in page.text
