"""Measures: each with a reason, told in kind words, undone for a while as if it had not been."""

import json
import re
import secrets
import threading
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from forum.accounts.models import Role
from forum.clock import now
from forum.extensions import db
from forum.notices.models import Notice, NoticeKind
from forum.posts import operations as posts
from forum.posts.masks import whole_text
from forum.posts.models import Post, Thread, Visibility
from forum.posts.operations import ThreadLocked, TooSoon
from forum.rooms.models import ContentWarning
from forum.text import COVERED
from moderation.audit.models import AuditEntry
from moderation.cases import operations as cases
from moderation.cases.brought import what_brought
from moderation.cases.invariants import check_invariants
from moderation.cases.models import Act, Case, CaseState, CloseReason, Decision, Door
from moderation.cases.refusals import CaseChanged, Refusal
from moderation.measures import operations
from moderation.measures.bulk import NotForBulk, clear, listed_for
from moderation.measures.merging import candidates_for, merge
from moderation.measures.models import Measure, MeasureKind, MeasureReason
from moderation.measures.operations import NothingToDo, Why, WordsNotThere
from moderation.measures.undoing import TooLate, offers_to, undo
from moderation.measures.wordings import REASONS, ready_sentences, ready_words, reasons_for
from moderation.reports.operations import report_post
from tests.factories import make_member, make_reply, make_room, make_thread, scan_all

pytestmark = pytest.mark.usefixtures("context")

HEAVY = Why(MeasureReason.HEAVY, "We covered it.", "for colleagues")
METHOD = Why(MeasureReason.METHOD, "One part is covered.")
AGAIN = Why(MeasureReason.SAFE_AGAIN, "It can be read again.")


@pytest.fixture
def rani(context):
    return make_member("rani", Role.MODERATOR)


@pytest.fixture
def post(context) -> Post:
    return make_thread(title="A secret title", body="zzred and **a secret** of mine.")


@pytest.fixture
def case(post, rani) -> Case:
    scan_all()
    found = db.session.scalars(select(Case)).one()
    act(cases.claim, rani, found)
    return found


def act(operation, moderator, case: Case, *args, **more) -> None:
    """Do something with a case on its present version, and commit."""
    operation(moderator, case, case.version, *args, **more)
    db.session.commit()
    db.session.refresh(case)


def cover(rani, case: Case, post: Post, words: str = "secret", **more) -> None:
    act(operations.mask, rani, case, post, METHOD, post_version=post.version, words=words, **more)


def state_of(case: Case) -> str:
    """Return everything that acts can change, as text; claims, versions and decisions aside."""
    db.session.expire_all()
    rows = {
        "posts": [
            (p.visibility, p.warning, p.least_warning, p.masks, p.body_html)
            for p in db.session.scalars(select(Post).order_by(Post.id))
        ],
        "threads": [
            (t.title, t.typed_title, t.room_id, t.warning, t.is_locked, t.slow_minutes)
            for t in db.session.scalars(select(Thread).order_by(Thread.id))
        ],
        "cases": [
            (c.state, c.level, str(c.due_at), c.close_reason, c.merged_into_id, c.holder_id)
            for c in db.session.scalars(select(Case).order_by(Case.id))
        ],
    }
    return json.dumps(rows)


ACTS = {
    "hide": lambda rani, case, post: act(operations.hide, rani, case, post, HEAVY),
    "hold": lambda rani, case, post: act(operations.hold, rani, case, post, HEAVY),
    "mask": cover,
    "warning": lambda rani, case, post: act(
        operations.warn_readers, rani, case, post, HEAVY, warning=ContentWarning.GRIEF
    ),
    "lock": lambda rani, case, _: act(operations.lock, rani, case, HEAVY),
    "slow": lambda rani, case, _: act(operations.slow_down, rani, case, HEAVY, minutes=15),
    "move": lambda rani, case, _: act(operations.move, rani, case, HEAVY, room=make_room()),
    "close": lambda rani, case, _: act(cases.close, rani, case, CloseReason.ANSWERED, ""),
}


@pytest.mark.parametrize("name", [name for name in ACTS if name != "close"])
def test_a_measure_is_written_down_told_and_recorded(case, rani, post, name):
    ACTS[name](rani, case, post)
    measure = db.session.scalars(select(Measure)).one()
    notice = db.session.scalars(select(Notice)).one()
    assert measure.kind.value == name
    assert (measure.moderator_id, measure.member_id) == (rani.id, post.author_id)
    assert measure.reason in (MeasureReason.HEAVY, MeasureReason.METHOD)
    assert measure.words
    assert measure.thread_id == post.thread_id
    assert (notice.subject_id, notice.member_id) == (measure.id, post.author_id)
    assert notice.visible_from - notice.created_at == timedelta(seconds=10)
    entry = db.session.scalar(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1))
    assert (entry.action, entry.actor_id) == (name, rani.id)
    assert "covered" not in json.dumps(entry.detail)


@pytest.mark.parametrize("name", ACTS)
def test_undoing_leaves_everything_as_it_was_and_tells_nobody(case, rani, post, name):
    before = state_of(case)
    ACTS[name](rani, case, post)
    assert state_of(case) != before
    (offer,) = offers_to(rani)
    assert (offer.case.id, offer.act.value) == (case.id, name)
    act(undo, rani, case)
    assert state_of(case) == before
    assert db.session.scalar(select(func.count()).select_from(Notice)) == 0
    assert all(measure.undone_at for measure in db.session.scalars(select(Measure)))
    entry = db.session.scalar(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1))
    assert (entry.action, entry.detail["undone"]) == ("undo", name)
    assert offers_to(rani) == [], "undoing is not undone"
    assert not any(finding.broken for finding in check_invariants())


@pytest.mark.parametrize("name", ACTS)
def test_after_ten_seconds_it_is_too_late_and_the_member_may_read_it(case, rani, post, name):
    ACTS[name](rani, case, post)
    after = state_of(case)
    with time_machine.travel(now() + timedelta(seconds=10.5), tick=False):
        assert offers_to(rani) == []
        with pytest.raises(TooLate):
            undo(rani, case, case.version)
        db.session.rollback()
        notices = db.session.scalars(select(Notice).where(Notice.visible_from <= now())).all()
        assert len(notices) == (0 if name == "close" else 1)
    assert state_of(case) == after


def test_nobody_undoes_what_someone_else_did(case, rani, post):
    act(operations.hide, rani, case, post, HEAVY)
    budi = make_member("budi", Role.MODERATOR)
    with pytest.raises(Refusal):
        undo(budi, case, case.version)
    assert offers_to(budi) == []


def test_what_is_no_measure_can_not_be_undone(case, rani):
    with pytest.raises(CaseChanged):
        undo(rani, case, case.version)
    act(cases.release, rani, case, "")
    assert offers_to(rani) == []


def test_a_closing_is_not_undone_once_the_next_case_is_open(case, rani, post):
    act(cases.close, rani, case, CloseReason.ANSWERED, "")
    make_reply(post, post.author, body="zzred again")
    scan_all()
    with pytest.raises(CaseChanged):
        undo(rani, case, case.version)
    db.session.rollback()
    states = db.session.scalars(select(Case.state).order_by(Case.id)).all()
    assert states == [CaseState.CLOSED, CaseState.WAITING]


def test_a_text_that_changed_meanwhile_is_not_overwritten(case, rani, post):
    cover(rani, case, post)
    posts.edit(post.author, post, title="Calm", body="A secret place.", warning=ContentWarning.NONE)
    db.session.commit()
    with pytest.raises(CaseChanged):
        undo(rani, case, case.version)
    db.session.rollback()
    assert COVERED in db.session.get_one(Post, post.id).body_html


def test_a_post_that_was_scanned_while_it_was_hidden_is_scanned_again(rani, post, case):
    reply = make_reply(post, post.author, body="zzpush")
    db.session.commit()
    db.session.refresh(case)
    act(operations.hide, rani, case, reply, HEAVY)
    scan_all()
    db.session.refresh(case)
    assert (reply.visibility, reply.is_scanned) == (Visibility.HIDDEN, True)
    act(undo, rani, case)
    scan_all()
    assert reply.is_scanned
    assert reply.visibility in (Visibility.VISIBLE, Visibility.HELD)


def test_what_was_kept_for_a_case_is_erased_only_when_its_closing_stays(case, rani, post):
    reply = make_reply(post, post.author, body="gone")
    posts.delete(post.author, reply)
    reply.scanned_version = reply.version
    db.session.commit()
    db.session.refresh(case)
    act(cases.close, rani, case, CloseReason.ANSWERED, "")
    act(undo, rani, case)
    with time_machine.travel(now() + timedelta(seconds=20)):
        scan_all()
        assert db.session.get_one(Post, reply.id).body == "gone"
        act(cases.claim, rani, case)
        act(cases.close, rani, case, CloseReason.ANSWERED, "")
    with time_machine.travel(now() + timedelta(seconds=60)):
        scan_all()
        db.session.expire_all()
        assert db.session.get_one(Post, reply.id).body == ""


# Covering words


def test_covered_words_are_gone_for_others_and_come_back(case, rani, post):
    cover(rani, case, post)
    assert post.thread.title == f"A {COVERED} title"
    assert "secret" not in post.body_html
    places = [(mask["start"], mask["end"]) for mask in post.masks]
    act(operations.unmask, rani, case, post, AGAIN, places=places[1:])
    assert post.thread.title == f"A {COVERED} title"
    assert "<strong>a secret</strong>" in post.body_html
    act(operations.unmask, rani, case, post, AGAIN, places=places[:1])
    assert post.thread.title == "A secret title"
    kinds = db.session.scalars(select(Measure.kind).order_by(Measure.id)).all()
    assert kinds == [MeasureKind.MASK, MeasureKind.UNMASK, MeasureKind.UNMASK]


def test_words_that_do_not_stand_there_or_stand_on_an_older_text_are_refused(case, rani, post):
    seen = case.version
    with pytest.raises(WordsNotThere):
        operations.mask(rani, case, seen, post, METHOD, post_version=1, words="elsewhere")
    with pytest.raises(WordsNotThere):
        operations.mask(rani, case, seen, post, METHOD, post_version=2, places=[(0, 3)])
    with pytest.raises(NothingToDo):
        operations.mask(rani, case, seen, post, METHOD, post_version=1, places=[(900, 901)])
    cover(rani, case, post)
    with pytest.raises(NothingToDo):
        cover(rani, case, post)


def test_quotes_of_the_words_in_other_posts_are_covered_and_their_writers_told(case, rani, post):
    quoting = make_reply(post, body="> and a secret of mine\n\nThank you for a secret.")
    saying = make_reply(post, body="I have a secret too.")
    scan_all()
    db.session.refresh(case)
    before = state_of(case)
    cover(rani, case, post, in_quotes=True)
    text = whole_text(quoting)
    assert [text[m["start"] : m["end"]] for m in quoting.masks] == ["secret"]
    assert f"and a {COVERED} of mine" in quoting.body_html
    assert saying.masks == []
    told = set(
        db.session.scalars(select(Notice.member_id).where(Notice.kind == NoticeKind.MEASURE))
    )
    assert told == {post.author_id, quoting.author_id}
    act(undo, rani, case)
    assert state_of(case) == before


def test_an_edit_and_a_covering_at_once_never_show_the_words(app, case, rani, post):
    """Whoever comes second sees what the first has done: ten times, in both orders."""
    post_id, case_id, rani_id = post.id, case.id, rani.id
    for number in range(10):
        version = case.version
        post.masks = []
        db.session.commit()
        db.session.remove()
        barrier = threading.Barrier(2)

        def run(work) -> None:
            with app.app_context():
                found = db.session.get_one(Post, post_id)
                its_case = db.session.get_one(Case, case_id)
                assert found.thread.title
                db.session.rollback()
                barrier.wait()  # noqa: B023 (the threads end within the round)
                try:
                    work(found, its_case)
                    db.session.commit()
                except WordsNotThere:
                    db.session.rollback()
                db.session.remove()

        def edit(found: Post, its_case: Case, number: int = number) -> None:
            body = f"Round {number}: a longer beginning, then a secret of mine."
            posts.edit(found.author, found, title="T", body=body, warning=ContentWarning.NONE)

        def mask(found: Post, its_case: Case, version: int = version) -> None:
            moderator = db.session.get_one(type(rani), rani_id)
            operations.mask(
                moderator, its_case, version, found, METHOD, post_version=0, words="secret"
            )

        threads = [threading.Thread(target=run, args=(work,)) for work in (edit, mask)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        post, case = db.session.get_one(Post, post_id), db.session.get_one(Case, case_id)
        assert post.masks
        assert "secret" not in post.body_html
        assert COVERED in post.body_html


# The thread


def test_in_a_locked_thread_staff_alone_answer(case, rani, post):
    act(operations.lock, rani, case, HEAVY)
    with pytest.raises(ThreadLocked):
        make_reply(post)
    make_reply(post, author=rani)
    with pytest.raises(NothingToDo):
        act(operations.lock, rani, case, HEAVY)
    act(operations.unlock, rani, case, AGAIN)
    make_reply(post)


def test_in_slow_mode_each_member_writes_once_in_a_while(case, rani, post):
    act(operations.slow_down, rani, case, HEAVY, minutes=15)
    other = make_member()
    make_reply(post, other)
    with pytest.raises(TooSoon) as refusal:
        make_reply(post, other)
    assert refusal.value.minutes == 15
    make_reply(post, make_member())
    make_reply(post, rani)
    make_reply(post, rani)
    with time_machine.travel(now() + timedelta(minutes=14.5)), pytest.raises(TooSoon) as refusal:
        make_reply(post, other)
    assert refusal.value.minutes == 1
    with time_machine.travel(now() + timedelta(minutes=15.1)):
        make_reply(post, other)


def test_the_same_form_sent_twice_is_no_second_post(case, rani, post):
    act(operations.slow_down, rani, case, HEAVY, minutes=15)
    other, key = make_member(), secrets.token_hex(16)
    first = posts.reply(other, post.thread, body="Hi.", submission_key=key)
    assert posts.reply(other, post.thread, body="Hi.", submission_key=key) is first


# Joining cases


def test_joined_cases_are_one_and_know_each_other(case, rani, post):
    elsewhere = make_thread(post.author)
    report_post(make_member(), elsewhere, Door.BREACH, "")
    db.session.commit()
    other = db.session.scalar(select(Case).where(Case.thread_id == elsewhere.thread_id))
    assert candidates_for(case) == [other]
    assert (other.level, case.level) == (1, 2)
    due = case.due_at
    before = state_of(case)
    act(merge, rani, case, other, "same story")
    db.session.refresh(other)
    assert (case.state, case.close_reason) == (CaseState.CLOSED, CloseReason.DUPLICATE)
    assert case.merged_into_id == other.id
    assert (other.state, other.level, other.due_at) == (CaseState.WAITING, 2, due)
    _, joined = what_brought(other)
    assert joined.case.id == case.id
    assert [flag.rule for flag in joined.flags] == ["test-wish"]
    act(undo, rani, case)
    assert state_of(case) == before
    assert not any(finding.broken for finding in check_invariants())


def test_cases_about_different_things_are_not_joined(case, rani):
    make_thread(body="zzred")
    scan_all()
    stranger = db.session.scalar(select(Case).where(Case.id != case.id))
    with pytest.raises(CaseChanged):
        merge(rani, case, case.version, stranger, "")
    with pytest.raises(CaseChanged):
        merge(rani, case, case.version, case, "")


# Many at once

SPAM = Why(MeasureReason.SPAM, "It reads like an advertisement.")


def report(post: Post, door: Door = Door.BREACH) -> Case:
    report_post(make_member(), post, door, "")
    db.session.commit()
    return db.session.scalar(select(Case).where(Case.subject_id == post.author_id))


def test_spam_is_hidden_and_closed_each_case_by_its_own_decision(rani):
    opening = make_thread()
    replies = [make_reply(opening, body=f"Buy {number}.") for number in range(3)]
    scan_all()
    found = [report(reply) for reply in replies]
    assert [listed.case.id for listed in listed_for(rani)] == [case.id for case in found]
    before = state_of(found[0])
    for case in found:
        act(clear, rani, case, SPAM)
    assert {reply.visibility for reply in replies} == {Visibility.HIDDEN}
    assert {case.close_reason for case in found} == {CloseReason.RULE_BREACH}
    acts = db.session.scalars(select(Decision.act)).all()
    assert acts == [Act.BULK] * 3
    assert opening.visibility is Visibility.VISIBLE
    assert len(offers_to(rani)) == 3
    for case in found:
        act(undo, rani, case)
    assert state_of(found[0]) == before


@pytest.mark.parametrize("body", ["zzamber", "zzred", "zzcrisis"])
def test_what_has_a_risk_flag_is_never_closed_with_others(rani, body):
    post = make_thread(body=body)
    scan_all()
    case = report(post)
    assert listed_for(rani) == []
    with pytest.raises(NotForBulk):
        clear(rani, case, case.version, SPAM)


def test_a_worry_is_never_closed_with_others(rani):
    post = make_thread()
    scan_all()
    case = report(post)
    report(post, Door.WORRY)
    db.session.refresh(case)
    assert listed_for(rani) == []
    with pytest.raises(NotForBulk):
        clear(rani, case, case.version, SPAM)


def test_what_came_in_since_the_list_was_shown_must_be_seen(rani):
    post = make_thread()
    scan_all()
    case = report(post)
    seen = case.version
    report(post)
    with pytest.raises(CaseChanged):
        clear(rani, case, seen, SPAM)
    assert post.visibility is Visibility.VISIBLE


# Words


def test_every_reason_of_every_act_has_words_in_both_languages():
    assert set(REASONS) == set(MeasureReason)
    for ready in ready_sentences():
        for language in ("id", "en"):
            text = ready_words(ready.act, ready.reason, language)
            assert len(text) > 20
            assert "!" not in text
            sentences = re.split(r"(?<=[.?:])\s", text)
            assert all(len(sentence.split()) <= 26 for sentence in sentences)
    kinds = {
        MeasureKind(name) for name in (*ACTS, "restore", "unmask", "unlock") if name != "close"
    }
    assert {ready.act for ready in ready_sentences()} == kinds - {MeasureKind.HOLD}
    for reason in reasons_for(MeasureKind.HIDE):
        assert ready_words(MeasureKind.HOLD, reason, "id") == ready_words(
            MeasureKind.HIDE, reason, "id"
        )
