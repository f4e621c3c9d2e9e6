"""How a case opens: what a scan found, what a member reported, what could not be scanned."""

from datetime import timedelta

from sqlalchemy import case as choose
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from forum.accounts.models import Member
from forum.clock import now
from forum.extensions import db, setting
from forum.outbox import Handler
from forum.posts.models import Post, Visibility
from forum.posts.operations import set_visibility
from moderation.care.operations import give_care_card
from moderation.cases.models import (
    Case,
    CaseState,
    Door,
    Flag,
    Lane,
    Report,
    ScanFailure,
)
from moderation.risk.assess import Assessment, Context, Match, assess
from moderation.risk.levels import Level
from moderation.rules.queries import rules_in_force

# A worry about a person is answered like red, a breach of the agreement like amber; only a
# human lowers either. A post that no scan can read could hold anything.
DOOR_LEVELS = {Door.WORRY: Level.RED, Door.BREACH: Level.AMBER}
UNREADABLE_LEVEL = Level.RED


def scan_post(post_id: int) -> None:
    """Read the present text of a post by the rules in force and act on what they find.

    Writes, in the caller's transaction: one flag per rule that fired, the case opened or
    raised, the care card, who may see the post, and which text was scanned. Doing it twice
    changes nothing. A text that changes meanwhile is left to the job of its edit.
    """
    post = db.session.scalar(select(Post).where(Post.id == post_id).with_for_update())
    if post is None or post.is_scanned:
        return
    rules = rules_in_force()
    found = assess(scanned_text(post), rules.ruleset, _context_of(post))
    if found.level > Level.GREEN:
        case = open_case(post, Lane.RISK, found.level)
        _add_flags(case, post, found, rules.version_id)
        give_care_card(post, found.level, found.categories)
    post.scanned_version = post.version
    post.scanned_at = now()
    if post.visibility is Visibility.PENDING:
        set_visibility(post, Visibility.HELD if _must_wait(found) else Visibility.VISIBLE)


def give_up_scan(post_id: int, job_id: int) -> None:
    """Hand a post whose scan is dead to a human, and show it to nobody until then."""
    post = db.session.get_one(Post, post_id)
    case = open_case(post, Lane.SCAN_FAILED, UNREADABLE_LEVEL)
    db.session.add(ScanFailure(case_id=case.id, post_id=post_id, job_id=job_id, created_at=now()))
    if post.visibility is Visibility.PENDING:
        set_visibility(post, Visibility.HELD)


SCAN_HANDLER = Handler(run=scan_post, bury=give_up_scan)


def report_post(reporter: Member, post: Post, door: Door, note: str) -> Report:
    """Take a member's report. The same person through the same door counts once."""
    known = db.session.scalar(
        select(Report).where(
            Report.post_id == post.id, Report.reporter_id == reporter.id, Report.door == door
        )
    )
    if known is not None:
        return known
    lane = Lane.WORRY if door is Door.WORRY else Lane.BREACH
    case = open_case(post, lane, DOOR_LEVELS[door])
    report = Report(
        case_id=case.id,
        post_id=post.id,
        reporter_id=reporter.id,
        door=door,
        note=note,
        created_at=now(),
    )
    db.session.add(report)
    return report


def open_case(post: Post, lane: Lane, level: Level) -> Case:
    """Return the open case of the post's author in its thread, opened or raised to the level.

    A case never sinks here, and its due time never moves back.
    """
    due_at = now() + target_of(level)
    for _ in range(3):
        raised = db.session.scalar(
            update(Case)
            .where(
                Case.thread_id == post.thread_id,
                Case.subject_id == post.author_id,
                Case.state != CaseState.CLOSED,
            )
            .values(
                version=Case.version + 1,
                level=choose((Case.level < level, int(level)), else_=Case.level),
                due_at=choose((Case.due_at > due_at, due_at), else_=Case.due_at),
            )
            .returning(Case.id)
        )
        if raised is not None:
            return db.session.get_one(Case, raised, populate_existing=True)
        opened = Case(
            thread_id=post.thread_id,
            subject_id=post.author_id,
            lane=lane,
            level=int(level),
            opened_at=now(),
            due_at=due_at,
        )
        try:
            with db.session.begin_nested():
                db.session.add(opened)
            return opened
        except IntegrityError:
            # Someone opened it, or closed it, between our two statements: look again.
            continue
    raise RuntimeError("the case opened and closed three times under our hands")


def target_of(level: Level) -> timedelta:
    """Return how long a case of this level may wait for a human."""
    minutes = {
        Level.CRISIS: setting("CRISIS_MINUTES"),
        Level.RED: setting("RED_MINUTES"),
    }.get(level, setting("AMBER_MINUTES"))
    return timedelta(minutes=minutes)


def scanned_text(post: Post) -> str:
    """Return what a scan reads: the body, under the title where the post opens a thread."""
    return f"{post.thread.title}\n\n{post.body}" if post.is_opening else post.body


def _context_of(post: Post) -> Context:
    return Context(is_reply=not post.is_opening, is_thread_start=post.is_opening)


def _must_wait(found: Assessment) -> bool:
    """Crisis posts are for trained helpers first, and some categories harm whoever reads them.

    Source: practice.md section 2, risk-lexicon.md section 8.
    """
    return found.level >= Level.CRISIS or found.holds


def _add_flags(case: Case, post: Post, found: Assessment, rules_version_id: int) -> None:
    """Write one flag per rule; the words themselves stay in the post alone."""
    by_rule: dict[str, list[Match]] = {}
    for match in found.matches:
        by_rule.setdefault(match.rule, []).append(match)
    known = set(
        db.session.scalars(
            select(Flag.rule).where(Flag.post_id == post.id, Flag.post_version == post.version)
        )
    )
    for rule, matches in by_rule.items():
        if rule in known:
            continue
        worst = max(matches, key=lambda match: match.level)
        db.session.add(
            Flag(
                case_id=case.id,
                post_id=post.id,
                post_version=post.version,
                rules_version_id=rules_version_id,
                rule=rule,
                category=worst.category,
                level=int(worst.level),
                spans=[
                    {"start": match.start, "end": match.end, "view": match.view}
                    for match in matches
                ],
                created_at=now(),
            )
        )
