"""Warnings, pauses and closed accounts: for what people do, never for what they feel."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from forum.accounts.models import Member, Role, SignIn
from forum.accounts.operations import start_sign_in
from forum.clock import now
from forum.extensions import db
from forum.notices.models import Notice, NoticeKind
from forum.posts.models import Post
from forum.posts.operations import Paused
from moderation.audit.models import Action, AuditEntry, SubjectKind
from moderation.cases import operations
from moderation.cases.models import Act, Case, CaseState, Decision, Door
from moderation.cases.refusals import CaseChanged, HeldByOther, NotYours
from moderation.measures import accounts
from moderation.measures.account_queries import find_asking, is_in_danger
from moderation.measures.models import Measure, MeasureKind, MeasureReason
from moderation.reports.operations import report_post
from tests.factories import (
    let_undo_time_pass,
    make_member,
    make_reply,
    make_room,
    make_thread,
    scan_all,
)
from tests.pages import Page, csrf_token, send

SPAM, HEAVY = MeasureReason.SPAM, MeasureReason.HEAVY
WORDS = "zz-to-the-member"


def case_of(body: str = "zzamber", role: Role = Role.MEMBER) -> Case:
    """Open the case of `pelan-ombak`, claimed by `rani`, a moderator."""
    member = make_member("pelan-ombak", role)
    make_thread(member, make_room("ruang-uji"), body=body)
    scan_all()
    case = db.session.scalars(select(Case)).one()
    claim(make_member("rani", Role.MODERATOR), case)
    return case


def claim(moderator: Member, case: Case) -> None:
    operations.claim(moderator, case, case.version)
    db.session.commit()
    db.session.refresh(case)


def hand_over(holder: Member, case: Case, to: Member) -> None:
    operations.release(holder, case, case.version, "")
    db.session.commit()
    claim(to, case)


def member(name: str) -> Member:
    return db.session.scalars(select(Member).where(Member.pseudonym == name)).one()


@pytest.fixture
def case(context) -> Case:
    return case_of()


@pytest.fixture
def rani(case) -> Member:
    return member("rani")


def test_a_warning_is_told_written_down_and_changes_nothing_else(case, rani):
    accounts.warn(rani, case, case.version, MeasureReason.METHOD, WORDS)
    db.session.commit()
    measure = db.session.scalars(select(Measure)).one()
    notice = db.session.scalars(select(Notice)).one()
    assert (measure.kind, measure.words) == (MeasureKind.WARN, WORDS)
    assert (notice.kind, notice.subject_id) == (NoticeKind.MEASURE, measure.id)
    assert notice.member_id == case.subject_id == measure.member_id
    assert not case.subject.is_paused
    acts = db.session.scalars(select(Decision.act).order_by(Decision.id)).all()
    assert acts == [Act.CLAIM, Act.WARN]
    entry = db.session.scalars(
        select(AuditEntry).where(AuditEntry.subject_kind == SubjectKind.MEASURE)
    ).one()
    assert (entry.action, entry.actor_id, entry.subject_id) == (
        Action.WARN,
        rani.id,
        measure.id,
    )
    assert entry.detail == {"reason": "method"}


def test_a_pause_keeps_from_posting_and_ends_by_itself(case, rani):
    accounts.pause(rani, case, case.version, SPAM, WORDS, hours=24)
    db.session.commit()
    opening = db.session.scalars(select(Post)).one()
    person = case.subject
    for write in (
        lambda: make_reply(opening, person),
        lambda: make_thread(person, opening.thread.room),
    ):
        with pytest.raises(Paused) as paused:
            write()
        assert abs(paused.value.until - now() - timedelta(hours=24)) < timedelta(minutes=1)
    with time_machine.travel(now() + timedelta(hours=24, minutes=1)):
        make_reply(opening, person)
    db.session.commit()
    assert db.session.scalar(select(func.count()).select_from(Post)) == 2


def test_a_shorter_pause_does_not_cut_a_longer_one_and_lifting_ends_all(case, rani):
    accounts.pause(rani, case, case.version, SPAM, WORDS, hours=72)
    db.session.commit()
    accounts.pause(rani, case, case.version, SPAM, WORDS, hours=6)
    db.session.commit()
    assert case.subject.paused_until > now() + timedelta(hours=70)
    accounts.lift_pause(rani, case, case.version, "Welcome back.")
    db.session.commit()
    assert not case.subject.is_paused
    kinds = db.session.execute(select(Measure.kind, Measure.undone_at.is_(None))).all()
    assert [tuple(row) for row in kinds] == [
        (MeasureKind.PAUSE, False),
        (MeasureKind.PAUSE, False),
        (MeasureKind.LIFT_PAUSE, True),
    ]
    assert db.session.scalar(select(func.count()).select_from(Notice)) == 3
    with pytest.raises(accounts.NotPaused):
        accounts.lift_pause(rani, case, case.version, "Again.")


@pytest.mark.parametrize("reason", sorted(set(MeasureReason) - set(accounts.BEHAVIOURS)))
def test_feelings_are_no_reason_to_shut_out(case, rani, reason):
    with pytest.raises(accounts.NotABehaviour):
        accounts.pause(rani, case, case.version, reason, WORDS, hours=6)
    with pytest.raises(accounts.NotABehaviour):
        accounts.ask_to_close(rani, case, case.version, reason, WORDS)
    assert db.session.scalar(select(func.count()).select_from(Measure)) == 0


@pytest.mark.parametrize("sign", ["zzred", "zzcrisis", "zzpush and zzred"])
def test_who_may_be_in_danger_is_not_shut_out(context, sign):
    case = case_of(sign)
    rani = member("rani")
    for act in (
        lambda: accounts.pause(rani, case, case.version, SPAM, WORDS, hours=6),
        lambda: accounts.ask_to_close(rani, case, case.version, SPAM, WORDS),
    ):
        with pytest.raises(accounts.InDanger):
            act()
    accounts.warn(rani, case, case.version, SPAM, WORDS)


def test_who_pushes_others_can_be_paused_though_the_case_is_red(context):
    case = case_of("zzpush")
    accounts.pause(member("rani"), case, case.version, MeasureReason.PUSHING, WORDS, hours=6)
    assert case.subject.is_paused


def test_a_worry_or_danger_elsewhere_counts_until_its_case_is_closed(context):
    case = case_of("zzpush")
    rani, person = member("rani"), case.subject
    assert not is_in_danger(person.id)
    opening = db.session.scalars(select(Post)).one()
    report_post(make_member(), opening, Door.WORRY, "")
    db.session.commit()
    assert is_in_danger(person.id)
    db.session.refresh(case)
    with pytest.raises(accounts.InDanger):
        accounts.pause(rani, case, case.version, MeasureReason.PUSHING, WORDS, hours=6)
    db.session.rollback()
    case.state = CaseState.CLOSED
    make_thread(person, opening.thread.room, body="zzred")
    scan_all()
    assert is_in_danger(person.id)
    for other in db.session.scalars(select(Case)):
        other.state = CaseState.CLOSED
    assert not is_in_danger(person.id)


def test_closing_takes_two_people(case, rani):
    lead = make_member("laras", Role.LEAD)
    start_sign_in(case.subject)
    accounts.ask_to_close(rani, case, case.version, SPAM, WORDS)
    db.session.commit()
    assert not case.subject.is_closed
    assert db.session.scalar(select(func.count()).select_from(Notice)) == 0
    with pytest.raises(accounts.AlreadyAsked):
        accounts.ask_to_close(rani, case, case.version, SPAM, WORDS)
    # A moderator does not confirm, nor does a lead who asked, nor one who does not hold the case.
    with pytest.raises(accounts.NeedsAnother):
        accounts.confirm_closing(rani, case, case.version)
    with pytest.raises(HeldByOther):
        accounts.confirm_closing(lead, case, case.version)
    db.session.rollback()
    hand_over(rani, case, lead)
    accounts.confirm_closing(lead, case, case.version)
    db.session.commit()
    measure = db.session.scalars(select(Measure)).one()
    assert case.subject.is_closed
    assert measure.confirmed_by_id == lead.id
    assert db.session.scalar(select(func.count()).select_from(SignIn)) == 0
    assert db.session.scalars(select(Notice.subject_id)).all() == [measure.id]
    with pytest.raises(accounts.AlreadyClosed):
        accounts.warn(lead, case, case.version, SPAM, WORDS)


def test_a_lead_who_asked_does_not_confirm(case, rani):
    lead, admin = make_member("laras", Role.LEAD), make_member("wening", Role.ADMIN)
    hand_over(rani, case, lead)
    accounts.ask_to_close(lead, case, case.version, SPAM, WORDS)
    db.session.commit()
    with pytest.raises(accounts.NeedsAnother):
        accounts.confirm_closing(lead, case, case.version)
    hand_over(lead, case, admin)
    accounts.decline_closing(admin, case, case.version, "Talk to them first.")
    db.session.commit()
    assert find_asking(case) is None
    assert not case.subject.is_closed
    assert db.session.scalar(select(func.count()).select_from(Notice)) == 0
    with pytest.raises(accounts.NothingAsked):
        accounts.confirm_closing(admin, case, case.version)


def test_danger_that_came_up_since_stops_the_closing(case, rani):
    lead = make_member("laras", Role.LEAD)
    accounts.ask_to_close(rani, case, case.version, SPAM, WORDS)
    db.session.commit()
    make_thread(case.subject, make_room(), body="zzred")
    scan_all()
    db.session.refresh(case)
    hand_over(rani, case, lead)
    with pytest.raises(accounts.InDanger):
        accounts.confirm_closing(lead, case, case.version)
    assert not case.subject.is_closed


def test_who_may_measure_whom(context):
    case = case_of(role=Role.VOLUNTEER)
    rani, admin = member("rani"), make_member("wening", Role.ADMIN)
    with pytest.raises(accounts.StaffAccount):
        accounts.warn(rani, case, case.version, SPAM, WORDS)
    hand_over(rani, case, admin)
    accounts.warn(admin, case, case.version, SPAM, WORDS)
    db.session.commit()
    case.subject.role = Role.MEMBER
    volunteer = make_member("kiki", Role.VOLUNTEER)
    hand_over(admin, case, volunteer)
    with pytest.raises(accounts.NeedsModerator):
        accounts.warn(volunteer, case, case.version, SPAM, WORDS)


def test_it_needs_the_claim_and_the_newest_version(case, rani):
    with pytest.raises(CaseChanged):
        accounts.warn(rani, case, case.version - 1, SPAM, WORDS)
    db.session.rollback()
    operations.release(rani, case, case.version, "")
    db.session.commit()
    with pytest.raises(NotYours):
        accounts.pause(rani, case, case.version, SPAM, WORDS, hours=6)
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Measure)) == 0


# In pages


@pytest.fixture
def desk(app):
    with app.app_context():
        case = case_of()
        found = case.public_id
        make_member("laras", Role.LEAD)
        db.session.commit()
    return f"/meja/kasus/{found}"


def test_a_moderator_pauses_by_the_page_and_the_member_reads_why(app, desk, browser_of):
    rani, phone = browser_of("rani"), browser_of("pelan-ombak")
    typed = {"measure": "pause", "hours": "24", "reason": "spam", "words": WORDS}
    assert send(rani, desk, "/akun", **typed).status_code == 302
    assert "Paused until" in Page(rani.get(desk)).text
    with app.app_context():
        let_undo_time_pass()
    inbox = Page(phone.get("/kabar"))
    link = next(link for link in inbox.links if link.startswith("/pemberitahuan/"))
    assert WORDS not in inbox.text
    page = Page(phone.get(link))
    assert WORDS in page.text
    assert "Point 5" in page.text
    assert "rani" not in page.text
    assert any(link.startswith("/banding/") for link in page.links)


def test_what_a_paused_person_typed_is_given_back_and_the_rest_stays_open(app, desk, browser_of):
    phone = browser_of("pelan-ombak")
    with app.app_context():
        thread = db.session.scalars(select(Post)).one().thread.public_id
    form = Page(phone.get(f"/utas/{thread}")).form("/balas")
    typed = {"measure": "pause", "hours": "24", "reason": "spam", "words": WORDS}
    send(browser_of("rani"), desk, "/akun", **typed)
    answer = phone.post(form.action, data=form.values | {"body": "An hour of words."})
    page = Page(answer)
    assert answer.status_code == 403
    assert "An hour of words." in answer.get_data(as_text=True)
    assert "119" in page.text
    assert "WIB" in page.text
    assert phone.get("/ruang/ruang-uji/tulis").status_code == 403
    thread_page = Page(phone.get(f"/utas/{thread}"))
    assert not any("/balas" in form.action for form in thread_page.forms)
    for open_page in ("/bantuan", "/kabar", "/pemberitahuan", "/", "/ruang/ruang-uji"):
        assert phone.get(open_page).status_code == 200
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Post)) == 1


def test_a_refusal_is_kind_and_keeps_the_words(app, desk, browser_of):
    rani = browser_of("rani")
    with app.app_context():
        make_thread(member("pelan-ombak"), make_room(), body="zzcrisis")
        scan_all()
    typed = {"measure": "pause", "hours": "24", "reason": "spam", "words": WORDS}
    answer = send(rani, desk, "/akun", **typed)
    assert answer.status_code == 409
    text = answer.get_data(as_text=True)
    assert "may be in danger now" in text
    assert WORDS in text
    answer = send(rani, desk, "/akun", measure="ask_to_close", reason="method", words="")
    assert answer.status_code == 422
    assert "for a warning alone" in answer.get_data(as_text=True)


def test_a_closed_account_reads_messages_finds_help_and_nothing_else(app, desk, browser_of):
    rani, lead = browser_of("rani"), browser_of("laras")
    before = browser_of("pelan-ombak")
    send(rani, desk, "/akun", measure="ask_to_close", reason="spam", words=WORDS)
    assert "/tutup-akun" not in rani.get(desk).get_data(as_text=True)
    send(rani, desk, "/lepas")
    send(lead, desk, "/ambil")
    assert send(lead, desk, "/tutup-akun", answer="close").status_code == 302
    assert "/masuk" in before.get("/kabar").location
    phone = browser_of("pelan-ombak")
    for closed in ("/", "/ruang/ruang-uji", "/kode", "/ruang/ruang-uji/tulis", "/meja"):
        answer = phone.get(closed)
        assert (answer.status_code, answer.location) == (302, "/kabar"), closed
    token = csrf_token(phone)
    assert phone.post("/ruang/ruang-uji/tulis", data={"csrf_token": token}).location == "/kabar"
    answer = phone.post("/ruang/ruang-uji/tulis", data={"csrf_token": token, "body": "zztyped"})
    assert answer.status_code == 403
    assert "zztyped" in answer.text, "what was typed is not lost"
    inbox = Page(phone.get("/kabar"))
    assert "Your account is closed" in inbox.text
    for still_open in ("/bantuan", "/pemberitahuan", "/keluar", "/batas"):
        assert phone.get(still_open).status_code in (200, 302), still_open
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Post)) == 1
