"""From a post to a case: what scanning writes, and that it writes it once."""

import pytest
from sqlalchemy import select

from forum import outbox
from forum.extensions import db
from forum.outbox import MAX_ATTEMPTS, Job, JobState
from forum.posts.masks import whole_text
from forum.posts.models import Visibility
from forum.posts.operations import delete, edit
from forum.rooms.models import ContentWarning
from moderation.care.models import CareCard
from moderation.cases import intake
from moderation.cases.invariants import check_invariants
from moderation.cases.models import Case, CaseState, Flag, Lane
from moderation.cases.opening import target_of
from moderation.risk.levels import Level
from tests.factories import make_reply, make_thread, scan_all

pytestmark = pytest.mark.usefixtures("context")


def cases() -> list[Case]:
    return list(db.session.scalars(select(Case).order_by(Case.id)))


def test_a_calm_post_is_shown_and_opens_nothing():
    post = make_thread()
    scan_all()
    assert post.visibility is Visibility.VISIBLE
    assert post.is_scanned
    assert cases() == []


@pytest.mark.parametrize(
    ("word", "level", "visibility"),
    [
        ("zzamber", Level.AMBER, Visibility.VISIBLE),
        ("zzred", Level.RED, Visibility.VISIBLE),
        ("zzcrisis", Level.CRISIS, Visibility.HELD),
        ("zzpush", Level.RED, Visibility.HELD),
    ],
)
def test_a_sign_opens_a_case_of_its_level(word, level, visibility):
    post = make_thread(body=f"Today {word} all day.")
    scan_all()
    (case,) = cases()
    assert (case.risk_level, case.lane, case.state) == (level, Lane.RISK, CaseState.WAITING)
    assert case.due_at - case.opened_at <= target_of(level)
    assert post.visibility is visibility
    (flag,) = db.session.scalars(select(Flag))
    span = flag.spans[0]
    assert whole_text(post)[span["start"] : span["end"]] == word
    card = db.session.scalar(select(CareCard).where(CareCard.post_id == post.id))
    assert card is not None
    assert card.risk_level is level


def test_a_sign_in_the_title_counts():
    make_thread(title="zzred again", body="nothing else")
    scan_all()
    assert [case.risk_level for case in cases()] == [Level.RED]


def test_a_second_sign_of_one_person_in_one_thread_raises_their_case():
    opening = make_thread(body="zzamber")
    scan_all()
    (case,) = cases()
    due_before, version_before = case.due_at, case.version
    make_reply(opening, author=opening.author, body="zzcrisis")
    scan_all()
    (case,) = cases()
    assert case.risk_level is Level.CRISIS
    assert case.due_at < due_before
    assert case.version > version_before


def test_another_person_in_the_thread_has_a_case_of_their_own():
    opening = make_thread(body="zzamber")
    make_reply(opening, body="zzamber too")
    scan_all()
    assert len({case.subject_id for case in cases()}) == 2


def test_scanning_twice_changes_nothing():
    post = make_thread(body="zzred and zzamber")
    scan_all()
    post.scanned_version = 0
    db.session.flush()
    intake.scan_post(post.id)
    db.session.commit()
    assert len(cases()) == 1
    assert sorted(db.session.scalars(select(Flag.rule))) == ["test-tired", "test-wish"]


def test_an_edited_post_is_scanned_again_and_unseen_until_then():
    post = make_thread(body="calm")
    scan_all()
    edit(post.author, post, body="zzred", warning=ContentWarning.NONE)
    db.session.commit()
    assert post.visibility is Visibility.PENDING
    scan_all()
    assert post.visibility is Visibility.VISIBLE
    assert [case.risk_level for case in cases()] == [Level.RED]


def test_an_edit_does_not_free_a_held_post():
    post = make_thread(body="zzcrisis")
    scan_all()
    edit(post.author, post, body="calm", warning=ContentWarning.NONE)
    scan_all()
    assert post.visibility is Visibility.HELD


def test_words_taken_back_before_their_scan_are_read_once_and_then_erased():
    post = make_thread(title="zzcrisis", body="calm")
    delete(post.author, post)
    db.session.commit()
    assert post.thread.title == "", "nobody else reads it any more"
    assert "zzcrisis" in post.body, "but the scan does"
    scan_all()
    assert [case.risk_level for case in cases()] == [Level.CRISIS]
    assert (post.visibility, post.body, post.body_html, post.thread.title) == (
        Visibility.DELETED,
        "",
        "",
        "",
    )
    assert not any(finding.broken for finding in check_invariants())


def test_words_taken_back_after_their_scan_are_erased_at_once():
    post = make_thread(body="calm")
    scan_all()
    delete(post.author, post)
    assert (post.visibility, post.body) == (Visibility.DELETED, "")


def test_a_change_of_a_hidden_post_is_looked_at_again():
    post = make_thread(body="calm")
    scan_all()
    post.visibility = Visibility.HIDDEN
    edit(post.author, post, body="calmer", warning=ContentWarning.NONE)
    scan_all()
    (case,) = cases()
    assert (case.lane, case.risk_level) == (Lane.CHANGED, Level.AMBER)
    assert post.visibility is Visibility.HIDDEN


def test_a_scan_that_never_works_becomes_a_case_and_shows_nothing(monkeypatch):
    post = make_thread(body="calm")
    db.session.commit()
    job = db.session.scalar(select(Job))

    def fail(*_: object) -> None:
        raise ValueError("the words of a member")

    monkeypatch.setattr(intake, "assess", fail)
    for _ in range(MAX_ATTEMPTS + 2):
        outbox.run_job(job.id)
    db.session.refresh(job)
    assert (job.state, job.attempts, job.last_error) == (JobState.DEAD, MAX_ATTEMPTS, "ValueError")
    (case,) = cases()
    assert case.lane is Lane.SCAN_FAILED
    assert post.visibility is Visibility.HELD
    assert not any(finding.broken for finding in check_invariants())


def test_the_doctor_finds_what_is_broken():
    assert not any(finding.broken for finding in check_invariants())
    make_thread()
    db.session.execute(db.delete(Job))
    broken = {finding.name for finding in check_invariants() if finding.broken}
    assert broken == {"posts with neither scan nor job"}
