"""Appeals: once, within the days, read by somebody else than before."""

import threading
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError

from forum.accounts.models import Member, Role
from forum.clock import now
from forum.extensions import db
from forum.notices.models import Notice, NoticeKind
from forum.posts.models import Post, Visibility
from forum.posts.operations import set_visibility
from moderation.appeals.models import Appeal, AppealOutcome
from moderation.appeals.operations import MAX_APPEAL, NotAppealable, appeal, decide
from moderation.appeals.queries import reversals
from moderation.audit.models import Action, AuditEntry, SubjectKind
from moderation.cases import operations
from moderation.cases.eligibility import may_answer
from moderation.cases.invariants import check_invariants
from moderation.cases.models import Case, CaseState, CloseReason, Door, Lane, Recusal
from moderation.cases.queue import Wanted, read_desk
from moderation.cases.refusals import CaseChanged, NotTrained, OwnDecision, Undecided
from moderation.measures import accounts
from moderation.measures.models import Measure, MeasureKind, MeasureReason
from moderation.measures.operations import take_measure
from moderation.reports.operations import report_post
from moderation.risk.levels import Level
from tests.factories import let_undo_time_pass, make_member, make_room, make_thread, scan_all
from tests.pages import Page, csrf_token, send

UPHELD, OVERTURNED = AppealOutcome.UPHELD, AppealOutcome.OVERTURNED
BODY = "zz-please-look-again"


def person(name: str) -> Member:
    return db.session.scalars(select(Member).where(Member.pseudonym == name)).one()


def claim(moderator: Member, case: Case) -> None:
    operations.claim(moderator, case, case.version)
    db.session.commit()
    db.session.refresh(case)


def hide_post(moderator: Member, case: Case) -> Measure:
    """Cover the case's post and tell its author, as hiding with a reason does."""
    post = db.session.scalars(select(Post).order_by(Post.id)).first()
    set_visibility(post, Visibility.HIDDEN)
    return take_measure(
        moderator,
        case,
        MeasureKind.HIDE,
        case.subject_id,
        reason=MeasureReason.HEAVY,
        words="zz-words-of-rani",
        post=post,
    )


@pytest.fixture
def measure(context) -> Measure:
    """`rani`, a moderator, has covered the post of `pelan-ombak` and closed the case."""
    author = make_member("pelan-ombak")
    rani = make_member("rani", Role.MODERATOR)
    make_member("budi", Role.MODERATOR)
    make_thread(author, make_room("ruang-uji"), body="zzamber")
    scan_all()
    case = db.session.scalars(select(Case)).one()
    claim(rani, case)
    found = hide_post(rani, case)
    operations.close(rani, case, case.version, CloseReason.RULE_BREACH, "zz-note-of-rani")
    db.session.commit()
    return found


def send_in(measure: Measure, body: str = BODY) -> Appeal:
    made = appeal(measure.member, measure, body)
    db.session.commit()
    return made


def healthy() -> bool:
    return not [finding for finding in check_invariants() if finding.broken]


# What the member does


def test_an_appeal_is_a_case_of_its_own_in_the_one_queue(measure):
    made = send_in(measure)
    (case,) = read_desk(make_member("rani-baca", Role.MODERATOR), Wanted()).waiting
    assert (case.id, case.lane, case.risk_level) == (made.case_id, Lane.APPEAL, Level.AMBER)
    assert abs(case.due_at - now() - timedelta(hours=72)) < timedelta(minutes=1)
    assert case.thread_id == measure.thread_id
    assert healthy()


def test_it_is_one_appeal_however_often_it_is_sent(measure):
    first = send_in(measure)
    assert send_in(measure, "Other words.").id == first.id
    assert first.body == BODY
    assert db.session.scalar(select(func.count()).select_from(Case)) == 2


def test_it_has_its_days_and_not_one_more(measure):
    late = measure.created_at + timedelta(days=20, minutes=1)
    with time_machine.travel(late), pytest.raises(NotAppealable):
        send_in(measure)
    with time_machine.travel(measure.created_at + timedelta(days=19, hours=23)):
        send_in(measure)


def test_only_its_member_appeals_and_only_what_stands(measure):
    with pytest.raises(NotAppealable):
        appeal(make_member(), measure, BODY)
    measure.undone_at = now()
    with pytest.raises(NotAppealable):
        send_in(measure)
    measure.undone_at, measure.kind = None, MeasureKind.RESTORE
    with pytest.raises(NotAppealable):
        send_in(measure)


def test_it_neither_joins_the_persons_case_nor_does_a_flag_join_it(measure):
    made = send_in(measure)
    opening = db.session.get_one(Post, measure.post_id)
    report_post(make_member(), opening, Door.WORRY, "")
    db.session.commit()
    cases = db.session.scalars(select(Case).where(Case.state != CaseState.CLOSED)).all()
    assert {(case.lane, case.risk_level) for case in cases} == {
        (Lane.APPEAL, Level.AMBER),
        (Lane.WORRY, Level.RED),
    }
    assert made.case.version == 1
    assert healthy()


@pytest.mark.parametrize(("sign", "level"), [("zzred", Level.RED), ("zzcrisis", Level.CRISIS)])
def test_danger_in_an_appeal_is_for_whoever_is_there(measure, sign, level):
    made = send_in(measure, f"If this stays, {sign}.")
    danger = db.session.get_one(Case, made.danger_case_id)
    assert (danger.lane, danger.risk_level, danger.state) == (Lane.RISK, level, CaseState.WAITING)
    assert made.case.risk_level is Level.AMBER
    # Even the one whose decision is questioned answers a person in danger.
    claim(person("rani"), danger)
    assert healthy()


def test_words_that_no_rule_could_read_count_as_danger(measure, monkeypatch):
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("moderation.cases.answers.assess", fail)
    made = send_in(measure)
    assert made.level is None
    assert db.session.get_one(Case, made.danger_case_id).risk_level is Level.RED


# Who decides


def test_who_took_the_measure_neither_takes_nor_decides_it(measure):
    made = send_in(measure)
    rani, budi = person("rani"), person("budi")
    assert not may_answer(rani, made.case)
    with pytest.raises(OwnDecision):
        operations.claim(rani, made.case, made.case.version)
    with pytest.raises(OwnDecision):
        decide(rani, made.case, made.case.version, UPHELD, "No.")
    db.session.rollback()
    claim(budi, made.case)
    with pytest.raises(OwnDecision):
        decide(rani, made.case, made.case.version, UPHELD, "No.")


def test_nor_does_it_help_to_hold_the_case_in_the_database(measure):
    made = send_in(measure)
    rani = person("rani")
    db.session.execute(
        update(Case)
        .where(Case.id == made.case_id)
        .values(
            state=CaseState.CLAIMED,
            holder_id=rani.id,
            claimed_until=now() + timedelta(minutes=5),
        )
    )
    db.session.commit()
    with pytest.raises(OwnDecision):
        decide(rani, made.case, made.case.version, UPHELD, "No.")
    db.session.rollback()
    with pytest.raises(IntegrityError):
        db.session.execute(update(Appeal).values(decided_by_id=rani.id))
    db.session.rollback()
    with pytest.raises(IntegrityError):
        db.session.execute(update(Appeal).values(decided_by_id=measure.member_id))
    db.session.rollback()


def test_a_recusal_taken_away_is_found_by_the_doctor(measure):
    send_in(measure)
    assert healthy()
    db.session.execute(text("DELETE FROM recusal"))
    broken = {finding.name for finding in check_invariants() if finding.broken}
    assert broken == {"appeals open to whom they question"}
    db.session.rollback()
    closed = {"state": CaseState.CLOSED, "closed_at": now(), "claimed_until": None}
    db.session.execute(update(Case).values(**closed))
    broken = {finding.name for finding in check_invariants() if finding.broken}
    assert broken == {"appeals that nobody sees"}
    db.session.rollback()


def test_volunteers_do_not_decide_appeals_and_nobody_closes_one(measure):
    made = send_in(measure)
    with pytest.raises(NotTrained):
        operations.claim(make_member("kiki", Role.VOLUNTEER), made.case, made.case.version)
    claim(person("budi"), made.case)
    with pytest.raises(Undecided):
        operations.close(person("budi"), made.case, made.case.version, CloseReason.NO_RISK, "")


def test_no_new_measure_is_taken_with_an_appeal(measure):
    made = send_in(measure)
    claim(person("budi"), made.case)
    with pytest.raises(accounts.NotOnAppeal):
        accounts.warn(person("budi"), made.case, made.case.version, MeasureReason.SPAM, "x")


# What a decision does


def test_overturned_shows_the_post_again_tells_the_member_and_is_written_down(measure):
    made = send_in(measure)
    budi = person("budi")
    claim(budi, made.case)
    decide(budi, made.case, made.case.version, OVERTURNED, "zz-you-were-right")
    db.session.commit()
    post = db.session.get_one(Post, measure.post_id)
    assert post.visibility is Visibility.VISIBLE
    assert measure.undone_at is not None
    assert (made.outcome, made.decided_by_id) == (OVERTURNED, budi.id)
    assert (made.case.state, made.case.close_reason) == (CaseState.CLOSED, CloseReason.OVERTURNED)
    notice = db.session.scalars(select(Notice).order_by(Notice.id.desc())).first()
    assert (notice.kind, notice.subject_id, notice.member_id) == (
        NoticeKind.APPEAL_DECIDED,
        made.id,
        measure.member_id,
    )
    actions = db.session.execute(
        select(AuditEntry.action, AuditEntry.subject_kind).where(AuditEntry.actor_id == budi.id)
    ).all()
    assert [tuple(row) for row in actions] == [
        (Action.CLAIM, SubjectKind.CASE),
        (Action.DECIDE_APPEAL, SubjectKind.CASE),
        (Action.REVERSE, SubjectKind.MEASURE),
    ]
    with pytest.raises(CaseChanged):
        decide(budi, made.case, made.case.version, UPHELD, "Or not.")
    db.session.rollback()
    assert healthy()


def test_upheld_changes_nothing(measure):
    made = send_in(measure)
    claim(person("budi"), made.case)
    decide(person("budi"), made.case, made.case.version, UPHELD, "It stays.")
    db.session.commit()
    assert db.session.get_one(Post, measure.post_id).visibility is Visibility.HIDDEN
    assert measure.undone_at is None
    assert healthy()


def test_a_post_that_two_measures_cover_stays_covered_until_both_are_gone(measure):
    made = send_in(measure)
    second = hide_post(person("rani"), measure.case)
    db.session.commit()
    claim(person("budi"), made.case)
    decide(person("budi"), made.case, made.case.version, OVERTURNED, "Yes.")
    db.session.commit()
    post = db.session.get_one(Post, measure.post_id)
    assert post.visibility is Visibility.HIDDEN
    other = send_in(second)
    claim(person("budi"), other.case)
    decide(person("budi"), other.case, other.case.version, OVERTURNED, "Yes.")
    db.session.commit()
    assert post.visibility is Visibility.VISIBLE


def test_what_its_author_took_back_meanwhile_stays_gone(measure):
    made = send_in(measure)
    db.session.get_one(Post, measure.post_id).visibility = Visibility.DELETED
    db.session.commit()
    claim(person("budi"), made.case)
    decide(person("budi"), made.case, made.case.version, OVERTURNED, "Yes.")
    db.session.commit()
    assert db.session.get_one(Post, measure.post_id).visibility is Visibility.DELETED


def test_the_reversal_rate_counts_decided_appeals(measure):
    assert reversals().rate is None
    made = send_in(measure)
    second = hide_post(person("rani"), measure.case)
    db.session.commit()
    other = send_in(second)
    for case, outcome in ((made.case, OVERTURNED), (other.case, UPHELD)):
        claim(person("budi"), case)
        decide(person("budi"), case, case.version, outcome, "Words.")
        db.session.commit()
    assert (reversals().decided, reversals().overturned, reversals().rate) == (2, 1, 0.5)
    assert reversals(now() + timedelta(days=1)).decided == 0


# Accounts


def closed_account() -> tuple[Measure, Member, Member]:
    """Let `rani` ask and `laras`, a lead, confirm that the account of `pelan-ombak` closes."""
    author = make_member("pelan-ombak")
    rani = make_member("rani", Role.MODERATOR)
    make_member("budi", Role.MODERATOR)
    laras = make_member("laras", Role.LEAD)
    make_thread(author, make_room("ruang-uji"), body="zzamber")
    scan_all()
    case = db.session.scalars(select(Case)).one()
    claim(rani, case)
    found = accounts.ask_to_close(rani, case, case.version, MeasureReason.SPAM, "zz-closed")
    db.session.commit()
    operations.release(rani, case, case.version, "")
    db.session.commit()
    claim(laras, case)
    accounts.confirm_closing(laras, case, case.version)
    db.session.commit()
    return found, rani, laras


def test_neither_who_asked_nor_who_confirmed_reads_the_appeal_of_a_closed_account(context):
    measure, rani, laras = closed_account()
    made = send_in(measure)
    for barred in (rani, laras):
        with pytest.raises(OwnDecision):
            operations.claim(barred, made.case, made.case.version)
        db.session.rollback()
    assert set(db.session.scalars(select(Recusal.member_id))) == {rani.id, laras.id}
    claim(person("budi"), made.case)
    decide(person("budi"), made.case, made.case.version, OVERTURNED, "Welcome back.")
    db.session.commit()
    assert not measure.member.is_closed


def test_a_pause_that_is_taken_back_is_over(context):
    author = make_member("pelan-ombak")
    rani, budi = make_member("rani", Role.MODERATOR), make_member("budi", Role.MODERATOR)
    make_thread(author, body="zzamber")
    scan_all()
    case = db.session.scalars(select(Case)).one()
    claim(rani, case)
    long = accounts.pause(rani, case, case.version, MeasureReason.SPAM, "x", hours=72)
    db.session.commit()
    accounts.pause(rani, case, case.version, MeasureReason.SPAM, "x", hours=6)
    db.session.commit()
    made = send_in(long)
    claim(budi, made.case)
    decide(budi, made.case, made.case.version, OVERTURNED, "Shorter was enough.")
    db.session.commit()
    left = author.paused_until - now()
    assert timedelta(hours=5) < left < timedelta(hours=7)


# Races


def race(app, *calls) -> list[str]:
    """Let calls begin at the same moment, each in a context of its own; return what came out."""
    barrier, outcomes = threading.Barrier(len(calls)), []

    def run(call) -> None:
        with app.app_context():
            try:
                call(barrier)
                db.session.commit()
                outcomes.append("done")
            except Exception as error:
                db.session.rollback()
                outcomes.append(type(error).__name__)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


def test_of_all_who_reach_for_an_appeal_at_once_only_somebody_else_gets_it(app, measure):
    made = send_in(measure)
    case_id, seen = made.case_id, made.case.version
    names = ("rani", "rani", "budi", "rani")
    db.session.remove()

    def reach(name):
        def call(barrier) -> None:
            who, case = person(name), db.session.get_one(Case, case_id)
            db.session.rollback()
            barrier.wait()
            operations.claim(who, case, seen)

        return call

    outcomes = race(app, *(reach(name) for name in names))
    assert outcomes == ["OwnDecision", "OwnDecision", "OwnDecision", "done"]
    db.session.rollback()
    holder = db.session.scalars(select(Case.holder_id).where(Case.id == case_id)).one()
    assert holder == person("budi").id


def test_a_form_sent_twice_at_once_is_one_appeal(app, measure):
    measure_id = measure.id
    db.session.remove()

    def press(barrier) -> None:
        mine = db.session.get_one(Measure, measure_id)
        member = mine.member
        _ = mine.case
        db.session.rollback()
        barrier.wait()
        appeal(member, mine, BODY)

    assert race(app, press, press, press) == ["done", "done", "done"]
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Appeal)) == 1
    assert db.session.scalar(select(func.count()).where(Case.lane == Lane.APPEAL)) == 1
    assert healthy()


# In pages


@pytest.fixture
def door(app) -> str:
    """The address where `pelan-ombak` appeals against a covered post."""
    with app.app_context():
        author = make_member("pelan-ombak")
        rani = make_member("rani", Role.MODERATOR)
        make_member("budi", Role.MODERATOR)
        make_thread(author, make_room("ruang-uji"), body="zzamber zz-the-post")
        scan_all()
        case = db.session.scalars(select(Case)).one()
        claim(rani, case)
        found = hide_post(rani, case)
        operations.close(rani, case, case.version, CloseReason.RULE_BREACH, "zz-note-of-rani")
        let_undo_time_pass()
        return f"/banding/{found.public_id}"


def case_address(client) -> str:
    return next(link for link in Page(client.get("/meja")).links if "/meja/kasus/" in link)


def test_from_the_notice_to_the_answer(app, door, browser_of):
    phone, budi = browser_of("pelan-ombak"), browser_of("budi")
    notice = next(link for link in Page(phone.get("/kabar")).links if "/pemberitahuan/" in link)
    assert door in Page(phone.get(notice)).links
    assert send(phone, door, words=BODY).status_code == 302
    assert BODY in Page(phone.get(door)).text
    assert not any(form.action == "" for form in Page(phone.get(door)).forms)

    at = case_address(budi)
    page = Page(budi.get(at))
    for seen in (BODY, "zz-words-of-rani", "zz-the-post"):
        assert seen in page.text
    assert "rani" not in page.text.replace("zz-words-of-rani", "")
    with app.app_context():
        reading = select(AuditEntry).where(AuditEntry.action == Action.READ)
        assert db.session.scalars(reading).one().subject_id == db.session.scalar(select(Post.id))
    send(budi, at, "/ambil")
    page = Page(budi.get(at))
    assert not any("/tutup" in form.action for form in page.forms)
    assert send(budi, at, "/banding", outcome="overturned", words="").status_code == 422
    answer = send(budi, at, "/banding", outcome="overturned", words="zz-you-were-right")
    assert answer.status_code == 302
    news = Page(phone.get("/kabar"))
    assert "zz-you-were-right" not in news.text
    newest = next(link for link in news.links if "/pemberitahuan/" in link)
    page = Page(phone.get(newest))
    assert "zz-you-were-right" in page.text
    assert "budi" not in page.text
    stranger = app.test_client()
    assert "zz-the-post" in stranger.get(post_page(app)).get_data(as_text=True)


def post_page(app) -> str:
    with app.app_context():
        return f"/utas/{db.session.scalars(select(Post)).one().thread.public_id}"


def test_the_same_moderator_is_refused_kindly_by_the_pages_too(app, door, browser_of):
    send(browser_of("pelan-ombak"), door, words=BODY)
    rani = browser_of("rani")
    at = case_address(rani)
    page = Page(rani.get(at))
    assert "somebody else reads it" in page.text
    # The page may say that it is open; nothing else can be sent.
    assert {form.action for form in page.forms if form.action.startswith(at)} == {
        f"{at}/masih-di-sini"
    }
    queue = Page(rani.get("/meja"))
    assert not any(form.action.endswith("/ambil") for form in queue.forms)
    token = csrf_token(rani)
    for act, typed in (
        ("ambil", {}),
        ("banding", {"outcome": "upheld", "words": "No."}),
        ("tutup", {"reason": "no_risk"}),
        ("lepas", {}),
    ):
        data = {"csrf_token": token, "version": "1", **typed}
        answer = rani.post(f"{at}/{act}", data=data)
        assert answer.status_code == 409, act
    with app.app_context():
        case = db.session.scalars(select(Case).where(Case.lane == Lane.APPEAL)).one()
        assert (case.state, case.version) == (CaseState.WAITING, 1)
        assert db.session.scalars(select(Appeal.outcome)).one() is None


def test_too_many_words_are_counted_kindly_and_kept(app, door, browser_of):
    phone = browser_of("pelan-ombak")
    typed = "a" * (MAX_APPEAL + 7)
    answer = send(phone, door, words=typed)
    page = Page(answer)
    assert "2007 characters, and 2000 fit" in page.text
    assert page.form().values["words"] == typed
    assert send(phone, door, words="  ").status_code == 200
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Appeal)) == 0
    assert send(phone, door, words="a" * MAX_APPEAL).status_code == 302


def test_after_the_days_the_page_says_so_and_gives_the_words_back(app, door, browser_of):
    phone = browser_of("pelan-ombak")
    form = Page(phone.get(door)).form()
    with app.app_context():
        db.session.execute(update(Measure).values(created_at=now() - timedelta(days=21)))
        db.session.commit()
    answer = phone.post(door, data=form.values | {"words": BODY})
    assert answer.status_code == 409
    assert BODY in answer.get_data(as_text=True)
    assert not any(form.action == "" for form in Page(phone.get(door)).forms)


def test_whoever_is_in_danger_sees_help_first_after_appealing(app, door, browser_of):
    phone, rani = browser_of("pelan-ombak"), browser_of("rani")
    send(phone, door, words="zzcrisis")
    text = phone.get(door).get_data(as_text=True)
    assert text.index("tel:119") < text.index("<h1")
    page = Page(rani.get(case_address(rani)))
    assert "need somebody now" in page.text
    assert any(form.action.endswith("/ambil") for form in page.forms)


def test_nobody_else_finds_a_members_appeal_or_notices(app, door, browser_of):
    with app.app_context():
        make_member("lain-pagi")
        db.session.commit()
        notice = db.session.scalars(select(Notice.public_id)).one()
    for name in ("lain-pagi", "rani", "budi"):
        client = browser_of(name)
        assert client.get(door).status_code == 404
        assert client.get(f"/pemberitahuan/{notice}").status_code == 404
        data = {"csrf_token": csrf_token(client), "words": BODY}
        assert client.post(door, data=data).status_code == 404


def test_a_closed_account_appeals_and_comes_back(app, browser_of):
    with app.app_context():
        measure, _, _ = closed_account()
        door = f"/banding/{measure.public_id}"
    phone, budi = browser_of("pelan-ombak"), browser_of("budi")
    assert phone.get("/").location == "/kabar"
    assert send(phone, door, words=BODY).status_code == 302
    at = case_address(budi)
    send(budi, at, "/ambil")
    send(budi, at, "/banding", outcome="overturned", words="Welcome back.")
    assert phone.get("/").status_code == 200
    assert phone.get("/ruang/ruang-uji/tulis").status_code == 200


def test_who_asked_only_is_not_told_and_can_not_be_appealed(app, browser_of):
    with app.app_context():
        make_member("pelan-ombak")
        rani = make_member("rani", Role.MODERATOR)
        make_thread(person("pelan-ombak"), body="zzamber")
        scan_all()
        case = db.session.scalars(select(Case)).one()
        claim(rani, case)
        asked = accounts.ask_to_close(rani, case, case.version, MeasureReason.SPAM, "x")
        db.session.commit()
        address = f"/banding/{asked.public_id}"
    assert browser_of("pelan-ombak").get(address).status_code == 404
