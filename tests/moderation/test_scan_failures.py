"""Scans that were given up: a human has the post, no alarm waits for it, a repair reads it."""

from datetime import timedelta

import flask_migrate
import pytest
import time_machine
from sqlalchemy import select, text

from forum import outbox
from forum.accounts.models import Role
from forum.clock import now
from forum.extensions import db
from forum.outbox import MAX_ATTEMPTS, Job, JobState
from forum.posts.models import Post, Visibility
from forum.posts.operations import edit
from forum.rooms.models import ContentWarning
from forum.settings import find_folder
from forum.web.health import unscanned_seconds
from moderation.cases import intake, operations
from moderation.cases.invariants import check_invariants
from moderation.cases.models import Case, CaseState, Lane, ScanFailure
from moderation.cases.queries import queue_state
from moderation.cases.unscanned import scan_again, unscanned
from tests.factories import make_member, make_thread, scan_all

FOLDER = str(find_folder("migrations"))

pytestmark = pytest.mark.usefixtures("context")


def fail(*_: object) -> None:
    raise ValueError


def give_up(post: Post) -> Job:
    """Run the newest job of a post until it is dead; the rules are broken meanwhile."""
    db.session.commit()
    job = db.session.scalars(
        select(Job).where(Job.subject_id == post.id).order_by(Job.id.desc()).limit(1)
    ).one()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(intake, "assess", fail)
        for _ in range(MAX_ATTEMPTS):
            outbox.run_job(job.id)
    db.session.refresh(job)
    assert job.state is JobState.DEAD
    return job


def late() -> tuple[bool, int, int]:
    """Return what health, the desk and the figures say of posts that wait for their scan."""
    return unscanned_seconds() > 60, unscanned().number, queue_state().unscanned


def test_a_dead_scan_is_with_a_human_and_the_next_text_waits_for_the_rules_again():
    post = make_thread(body="calm")
    give_up(post)
    with time_machine.travel(now() + timedelta(hours=1)):
        assert late() == (False, 0, 0)
        other = make_thread(body="calm too")
        edit(post.author, post, body="changed", warning=ContentWarning.NONE, title="T")
        db.session.commit()
    with time_machine.travel(now() + timedelta(hours=2)):
        assert late() == (True, 2, 2)
        scan_all()
        assert late() == (False, 0, 0)
    assert post.is_scanned
    assert other.is_scanned


def test_after_a_repair_dead_scans_are_read_and_what_a_human_decided_stays():
    post, dangerous = make_thread(body="calm"), make_thread(body="zzcrisis")
    jobs = [give_up(post), give_up(dangerous)]
    rani = make_member("rani", Role.MODERATOR)
    case = db.session.scalars(select(Case).where(Case.thread_id == post.thread_id)).one()
    operations.claim(rani, case, case.version)
    db.session.commit()
    assert scan_again() == 2
    assert scan_again() == 0
    scan_all()
    assert all(read.is_scanned and read.visibility is Visibility.HELD for read in (post, dangerous))
    lanes = dict(db.session.execute(select(Case.thread_id, Case.lane)).all())
    assert lanes == {post.thread_id: Lane.SCAN_FAILED, dangerous.thread_id: Lane.RISK}
    assert case.holder_id == rani.id
    assert not any(finding.broken for finding in check_invariants())
    with time_machine.travel(now() + timedelta(days=2)):
        assert outbox.forget_done_jobs() == len(jobs)


def test_a_scan_that_fails_again_comes_to_a_human_again():
    post = make_thread(body="calm")
    give_up(post)
    case = db.session.scalars(select(Case)).one()
    case.state, case.closed_at = CaseState.CLOSED, now()
    db.session.commit()
    scan_again()
    give_up(post)
    failure = db.session.scalars(select(ScanFailure)).one()
    assert (
        failure.case_id
        == db.session.scalars(select(Case.id).where(Case.state == CaseState.WAITING)).one()
    )


def test_what_was_given_up_before_is_known_afterwards(app):
    with app.app_context():
        dead, edited, waiting = make_thread(), make_thread(), make_thread()
        give_up(dead)
        give_up(edited)
        edit(edited.author, edited, body="new", warning=ContentWarning.NONE, title="T")
        db.session.commit()
        ids = [dead.id, edited.id, waiting.id]
        db.session.remove()
        flask_migrate.downgrade(directory=FOLDER, revision="0024_scan_failures-1")
        flask_migrate.upgrade(directory=FOLDER)
        found = db.session.execute(text("SELECT id, given_up_version FROM post ORDER BY id"))
        assert found.all() == list(zip(ids, (1, 0, 0), strict=True))
