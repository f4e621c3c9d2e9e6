"""Reading old posts with other rules, batch by batch: the back-test and the re-scan."""

from collections import Counter
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from forum.accounts.models import Member
from forum.clock import now
from forum.extensions import db
from forum.outbox import Handler, enqueue
from forum.posts.masks import whole_text
from forum.posts.models import Post, Visibility
from moderation.audit.models import Action, SubjectKind
from moderation.audit.operations import record
from moderation.cases.intake import context_alone, raise_from_old_post
from moderation.cases.models import Case, CaseState, CloseReason, Lane
from moderation.risk.assess import Assessment, assess
from moderation.risk.levels import Level
from moderation.rules.models import RulesRun, RulesVersion, RunKind
from moderation.rules.queries import LoadedRules, find_version, load_version, newest_version_id

RULES_RUN = "rules_run"
# One batch is one job and one transaction: about half a second, so that new posts come between.
BATCH = 200
SAMPLES = 20


class NothingToDo(Exception):
    """There is no version that this run could read with."""


def start_back_test(admin: Member, draft: RulesVersion, days: int) -> RulesRun:
    """Compare a draft with the rules in force over the posts of the last days."""
    return _start(admin, RunKind.BACK_TEST, draft.id, newest_version_id(), days)


def start_re_scan(admin: Member, days: int) -> RulesRun:
    """Read the posts of the last days again by the rules in force; it only raises.

    Raises NothingToDo.
    """
    version_id = newest_version_id()
    if version_id is None:
        raise NothingToDo
    return _start(admin, RunKind.RE_SCAN, version_id, None, days)


def read_batch(run_id: int) -> None:
    """Read the next posts of a run and leave the rest to a new job."""
    run = db.session.get_one(RulesRun, run_id)
    if run.finished_at is not None:
        return
    since = run.started_at - timedelta(days=run.days)
    posts = list(
        db.session.scalars(
            select(Post)
            .where(
                Post.id > run.cursor,
                Post.created_at >= since,
                Post.created_at <= run.started_at,
                Post.visibility != Visibility.DELETED,
            )
            .options(joinedload(Post.thread))
            .order_by(Post.id)
            .limit(BATCH)
        )
    )
    if not posts:
        run.finished_at = now()
        return
    version = load_version(_version(run.version_id))
    if run.kind is RunKind.BACK_TEST and run.base_id is not None:
        run.found = _compare(run, posts, load_version(_version(run.base_id)), version)
    else:
        raised = sum(raise_from_old_post(post, version) for post in posts)
        run.found = {"raised": run.found.get("raised", 0) + raised}
    run.done += len(posts)
    run.cursor = posts[-1].id
    enqueue(RULES_RUN, run.id)


def fail_run(run_id: int, job_id: int) -> None:
    """Mark a run that can't go on; nothing that it has found is lost."""
    run = db.session.get_one(RulesRun, run_id)
    run.failed = True
    run.finished_at = now()


RUN_HANDLER = Handler(run=read_batch, bury=fail_run)


def _start(
    admin: Member, kind: RunKind, version_id: int, base_id: int | None, days: int
) -> RulesRun:
    moment = now()
    total = db.session.scalar(
        select(func.count()).where(
            Post.created_at >= moment - timedelta(days=days),
            Post.visibility != Visibility.DELETED,
        )
    )
    run = RulesRun(
        kind=kind,
        version_id=version_id,
        base_id=base_id,
        days=days,
        total=total or 0,
        found={},
        author_id=admin.id,
        started_at=moment,
    )
    db.session.add(run)
    db.session.flush()
    enqueue(RULES_RUN, run.id)
    record(admin, Action(kind.value), SubjectKind.RULES_RUN, run.id, version=version_id, days=days)
    return run


def _version(version_id: int) -> RulesVersion:
    version = find_version(version_id)
    if version is None:
        raise LookupError(f"rules version {version_id} is gone")
    return version


def _compare(
    run: RulesRun, posts: list[Post], base: LoadedRules, draft: LoadedRules
) -> dict[str, Any]:
    """Return the run's findings with those of these posts added."""
    found = run.found
    gained, lost = Counter(found.get("gained", {})), Counter(found.get("lost", {}))
    levels = Counter(found.get("levels", {}))
    counts = Counter(found.get("counts", {}))
    samples = list(found.get("samples", []))
    verdicts = _verdicts(posts)
    for post in posts:
        text, context = whole_text(post), context_alone(post)
        before, after = assess(text, base.ruleset, context), assess(text, draft.ruleset, context)
        counts["flagged_before"] += before.level > Level.GREEN
        counts["flagged_after"] += after.level > Level.GREEN
        gained.update(_rules(after) - _rules(before))
        lost.update(_rules(before) - _rules(after))
        if before.level == after.level:
            continue
        levels[f"{before.level.word} > {after.level.word}"] += 1
        verdict = verdicts.get((post.thread_id, post.author_id))
        counts["confirmed_lost"] += verdict is True and after.level < before.level
        counts["benign_gained"] += verdict is False and after.level > before.level
        if len(samples) < SAMPLES:
            samples.append([post.public_id, before.level.word, after.level.word])
    return {
        "gained": dict(gained),
        "lost": dict(lost),
        "levels": dict(levels),
        "counts": dict(counts),
        "samples": samples,
    }


def _verdicts(posts: list[Post]) -> dict[tuple[int, int], bool]:
    """Return what people decided on these posts' cases: True for a sign that was real."""
    rows = db.session.execute(
        select(Case.thread_id, Case.subject_id, Case.close_reason).where(
            Case.thread_id.in_({post.thread_id for post in posts}),
            Case.state == CaseState.CLOSED,
            Case.close_reason.not_in((CloseReason.DUPLICATE, CloseReason.MEMBER_LEFT)),
            Case.lane != Lane.APPEAL,
        )
    )
    return {
        (thread_id, subject_id): reason is not CloseReason.NO_RISK
        for thread_id, subject_id, reason in rows
    }


def _rules(assessment: Assessment) -> set[str]:
    return {match.rule for match in assessment.matches if match.level > Level.GREEN}
