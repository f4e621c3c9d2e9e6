"""What must be true of the database at every moment, each as one query that finds breaches."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import Select, and_, exists, func, literal, not_, or_, select

from forum.extensions import db
from forum.outbox import Job, JobState
from forum.posts.models import Post
from forum.posts.operations import SCAN_POST
from moderation.audit.queries import verify
from moderation.care.models import CheckIn, CheckInMessage, Speaker
from moderation.cases.models import Case, CaseState, Decision, Flag, ScanFailure
from moderation.rules.queries import damaged_rules

SAMPLE = 5


@dataclass(frozen=True)
class Finding:
    """What a check found: how many rows break it, and the ids of a few."""

    name: str
    broken: int
    sample: tuple[int, ...]


def _posts_without_scan_or_job() -> Select[tuple[int]]:
    waiting = exists().where(
        Job.kind == SCAN_POST, Job.subject_id == Post.id, Job.state != JobState.DONE
    )
    return select(Post.id).where(Post.scanned_version < Post.version, ~waiting)


def _flags_without_case() -> Select[tuple[int]]:
    return select(Flag.id).where(~exists().where(Case.id == Flag.case_id))


def _flags_above_their_case() -> Select[tuple[int]]:
    return (
        select(Flag.id)
        .join(Case, Case.id == Flag.case_id)
        .where(Case.state != CaseState.CLOSED, Flag.level > Case.level)
    )


def _duplicate_flags() -> Select[tuple[int]]:
    return (
        select(func.min(Flag.id))
        .group_by(Flag.post_id, Flag.post_version, Flag.rule)
        .having(func.count() > literal(1))
    )


def _dead_jobs_without_case() -> Select[tuple[int]]:
    known = exists().where(ScanFailure.job_id == Job.id)
    return select(Job.id).where(Job.state == JobState.DEAD, Job.kind == SCAN_POST, ~known)


def _duplicate_decisions() -> Select[tuple[int]]:
    return (
        select(func.min(Decision.id))
        .group_by(Decision.case_id, Decision.case_version)
        .having(func.count() > literal(1))
    )


def _cases_in_no_state() -> Select[tuple[int]]:
    """Find what is neither waiting, nor with someone until some time, nor closed."""
    with_someone = and_(Case.holder_id.is_not(None), Case.claimed_until.is_not(None))
    with_nobody = and_(
        Case.holder_id.is_(None), Case.claimed_until.is_(None), Case.hold_reason.is_(None)
    )
    states = (
        and_(Case.state == CaseState.WAITING, with_nobody),
        and_(Case.state == CaseState.CLAIMED, with_someone, Case.hold_reason.is_(None)),
        and_(Case.state == CaseState.HELD, with_someone, Case.hold_reason.is_not(None)),
        and_(
            Case.state == CaseState.CLOSED,
            Case.closed_at.is_not(None),
            Case.claimed_until.is_(None),
        ),
    )
    return select(Case.id).where(not_(or_(*states)))


def _answers_that_nobody_sees() -> Select[tuple[int]]:
    """Find what a member answered in a check-in and no open case shows as new."""
    return (
        select(CheckInMessage.id)
        .join(CheckIn, CheckIn.id == CheckInMessage.check_in_id)
        .join(Case, Case.id == CheckIn.case_id)
        .where(
            CheckInMessage.who == Speaker.MEMBER,
            CheckInMessage.read_at.is_(None),
            Case.state == CaseState.CLOSED,
        )
    )


CHECKS = {
    "posts with neither scan nor job": _posts_without_scan_or_job,
    "flags without case": _flags_without_case,
    "flags above their open case": _flags_above_their_case,
    "duplicate flags": _duplicate_flags,
    "dead jobs without case": _dead_jobs_without_case,
    "duplicate decisions": _duplicate_decisions,
    "cases neither waiting, claimed, held nor closed": _cases_in_no_state,
    "answers that nobody sees": _answers_that_nobody_sees,
}


def run_checks(checks: Mapping[str, Callable[[], Select[tuple[int]]]]) -> list[Finding]:
    """Return one finding for each check, broken or not."""
    findings = []
    for name, check in checks.items():
        broken = check().subquery()
        number = db.session.scalar(select(func.count()).select_from(broken)) or 0
        sample = tuple(db.session.scalars(select(broken).limit(SAMPLE))) if number else ()
        findings.append(Finding(name, number, sample))
    return findings


def check_invariants() -> list[Finding]:
    """Return one finding for each of CHECKS, and those for the audit chain and the rules."""
    broken_entry = verify().broken
    ids = (broken_entry.id,) if broken_entry else ()
    damaged = tuple(damaged_rules())
    return [
        *run_checks(CHECKS),
        Finding("damaged rules", len(damaged), damaged),
        Finding("audit chain", len(ids), ids),
    ]
