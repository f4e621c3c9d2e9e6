"""Texts that were replaced before their scan: read as well, seen by the desk, then forgotten."""

import pytest
from sqlalchemy import insert, select, update

from forum import outbox
from forum.accounts.models import Role
from forum.clock import now
from forum.extensions import db
from forum.outbox import MAX_ATTEMPTS, Job
from forum.posts.models import EarlierText, Post, Visibility
from forum.posts.operations import SCAN_POST, delete, edit
from forum.rooms.models import ContentWarning
from moderation.care.models import CareCard
from moderation.cases import intake, operations, taken_back
from moderation.cases.invariants import check_invariants
from moderation.cases.models import Case, Flag, Lane
from moderation.measures.merging import merge
from moderation.risk.levels import Level
from tests.factories import close_case, make_member, make_reply, make_thread, scan_all

pytestmark = pytest.mark.usefixtures("context")


def rewrite(post: Post, body: str) -> None:
    edit(post.author, post, body=body, warning=ContentWarning.NONE, title="Now calm")
    db.session.commit()


def earlier_texts() -> list[str]:
    return list(db.session.scalars(select(EarlierText.text).order_by(EarlierText.version)))


def cases() -> list[Case]:
    return list(db.session.scalars(select(Case).order_by(Case.id)))


def job_for(post: Post) -> dict[str, object]:
    moment = now()
    return {"kind": SCAN_POST, "subject_id": post.id, "created_at": moment, "run_at": moment}


def test_every_text_that_was_replaced_before_its_scan_is_read(app, browser_of):
    make_member("rani", Role.MODERATOR)
    post = make_thread(title="zzcrisis tonight", body="first")
    for body in ("zzamber & zzred now", "nothing at all", "calm"):
        rewrite(post, body)
    assert len(earlier_texts()) == 3
    scan_all()
    (case,) = cases()
    assert (case.risk_level, case.lane) == (Level.CRISIS, Lane.RISK)
    assert post.visibility is Visibility.HELD, "as if the scan had come before the edits"
    flags = db.session.execute(select(Flag.post_version, Flag.rule).order_by(Flag.id)).all()
    assert sorted(flags) == [(1, "test-now"), (2, "test-tired"), (2, "test-wish")]
    card = db.session.scalars(select(CareCard).where(CareCard.post_id == post.id)).one()
    assert card.risk_level is Level.CRISIS
    first, _ = earlier_texts()
    assert first == "zzcrisis tonight\n\nfirst", "what says nothing is not kept"
    assert [finding.name for finding in check_invariants() if finding.broken] == []
    # Doing it again changes nothing.
    version = case.version
    intake.scan_post(post.id)
    assert (case.version, len(earlier_texts())) == (version, 2)
    db.session.commit()
    page = browser_of("rani").get(f"/meja/kasus/{case.public_id}").get_data(as_text=True)
    assert page.count("What stood here before its writer changed it") == 2
    for words in ("zzcrisis", "zzamber", "zzred"):
        assert f"<mark>{words}<" in page
    assert "in an earlier text" in page
    close_case(case)
    scan_all()
    assert earlier_texts() == []


def test_a_calm_text_that_was_replaced_before_its_scan_is_forgotten_by_it():
    post = make_thread(body="one")
    rewrite(post, "two")
    rewrite(post, "zzamber")
    scan_all()
    assert earlier_texts() == []
    assert post.visibility is Visibility.VISIBLE
    rewrite(post, "three")
    assert earlier_texts() == [], "a text that was read is not kept"


def test_a_replaced_text_is_kept_for_another_case_that_is_open_again():
    post = make_thread(body="zzamber")
    scan_all()
    before = close_case(cases()[0])
    reply = make_reply(post, post.author, body="zzcrisis")
    edit(reply.author, reply, body="calm", warning=ContentWarning.NONE)
    taken_back.erase_kept(before.id)
    assert earlier_texts() == ["zzcrisis"], "no scan has read it yet"
    scan_all()
    taken_back.erase_kept(before.id)
    assert earlier_texts() == ["zzcrisis"], "its own case is open"
    close_case(cases()[-1])
    scan_all()
    assert earlier_texts() == []


def test_what_was_kept_for_a_case_is_erased_with_the_one_that_it_was_joined_to():
    post, moderator = make_thread(body="zzamber"), make_member(role=Role.MODERATOR)
    rewrite(post, "calm")
    make_reply(post, body="zzamber")
    scan_all()
    case, into = cases()
    operations.claim(moderator, case, case.version)
    db.session.refresh(case)
    merge(moderator, case, case.version, into, "")
    scan_all()
    assert len(earlier_texts()) == 1, "the other case goes on with it"
    close_case(into)
    scan_all()
    assert earlier_texts() == []


def test_a_text_whose_scan_was_given_up_is_read_by_a_human_and_then_erased(monkeypatch):
    post = make_thread(body="Nobody can read this.")
    rewrite(post, "Nor this.")
    monkeypatch.setattr(intake, "assess", lambda *_: 1 / 0)
    for job in db.session.scalars(select(Job.id)).all():
        for _ in range(MAX_ATTEMPTS + 1):
            outbox.run_job(job)
    monkeypatch.undo()
    assert len(earlier_texts()) == 1
    rewrite(post, "calm")
    scan_all()
    assert post.is_scanned, "the text that nobody can read keeps no later one from being read"
    assert len(earlier_texts()) == 2
    close_case(cases()[0])
    scan_all()
    assert earlier_texts() == []


def test_words_replaced_and_then_taken_back_are_read_once_and_then_erased():
    post = make_thread(body="zzcrisis")
    rewrite(post, "zzamber")
    delete(post.author, post)
    assert len(earlier_texts()) == 1
    scan_all()
    assert [case.risk_level for case in cases()] == [Level.CRISIS]
    assert (post.body, earlier_texts()) == ("", [])


def test_taking_back_a_text_that_changed_in_another_window_does_not_erase_it_unread():
    post = make_thread(body="calm")
    scan_all()
    change = update(Post).where(Post.id == post.id).values(body="zzcrisis", version=2)
    with db.engine.begin() as elsewhere:
        elsewhere.execute(change)
        elsewhere.execute(insert(Job).values(**job_for(post)))
    assert post.is_scanned, "what this window knows is old"
    delete(post.author, post)
    scan_all()
    assert [case.risk_level for case in cases()] == [Level.CRISIS]
    assert post.body == ""
