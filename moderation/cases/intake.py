"""How a case opens: what a scan found, what a member reported, what could not be scanned."""

import secrets
from datetime import timedelta

from sqlalchemy import case as choose
from sqlalchemy import func, or_, select, update
from sqlalchemy.exc import IntegrityError

from forum.accounts.models import Member
from forum.clock import now
from forum.extensions import db, setting
from forum.outbox import Handler
from forum.posts.masks import whole_text
from forum.posts.models import Post, Visibility
from forum.posts.operations import erase, set_visibility
from forum.posts.queries import alias_of
from moderation.care.operations import give_care_card
from moderation.cases.leases import IN_HAND, free
from moderation.cases.models import (
    Case,
    CaseState,
    Door,
    Flag,
    Lane,
    Reading,
    Report,
    ScanFailure,
)
from moderation.cases.newcomers import Wish, asks_to_wait, wish_for
from moderation.cases.operations import may_answer
from moderation.cases.worries import level_of_worry
from moderation.risk.assess import Assessment, Context, Match, assess
from moderation.risk.levels import Level
from moderation.rules.models import ShadowFlag
from moderation.rules.queries import LoadedRules, acting_rules

# A breach of the agreement is answered like amber, a worry as cases.worries says; only a human
# lowers either. A post that no scan can read could hold anything.
BREACH_LEVEL = Level.AMBER
UNREADABLE_LEVEL = Level.RED
WEEK = timedelta(days=7)
# Lanes that never change the lane of an open case, and those that any other one changes.
QUIET = (Lane.SAMPLE, Lane.NEWCOMER, Lane.ROOM)
YIELDING = (*QUIET, Lane.BREACH, Lane.SPAM)


def scan_post(post_id: int) -> None:
    """Read the present text of a post by the rules in force and act on what they find.

    Writes, in the caller's transaction: one flag per rule that fired, the case opened or
    raised, the care card, who may see the post, and which text was scanned. Doing it twice
    changes nothing. A text that changes meanwhile is left to the job of its edit. Some green
    posts, picked by chance, open a case of the sampling lane, and some for who posted how.
    """
    post = db.session.scalar(select(Post).where(Post.id == post_id).with_for_update())
    if post is None or post.is_scanned:
        return
    rules, shadow = acting_rules()
    text, context = whole_text(post), context_of(post)
    found = assess(text, rules.ruleset, context)
    if found.level > Level.GREEN:
        case = open_case(post, Lane.RISK, found.level)
        _add_flags(case, post, found, rules.version_id)
        give_care_card(post, found.level, found.categories)
    elif post.version > 1 and post.visibility in (Visibility.HELD, Visibility.HIDDEN):
        # The author was told that someone looks again after a change.
        open_case(post, Lane.CHANGED, Level.AMBER)
    elif not post.as_volunteer and secrets.randbelow(10_000) / 100 < setting("SAMPLE_PERCENT"):
        open_case(post, Lane.SAMPLE, Level.GREEN)
    wish = wish_for(post) if found.level == Level.GREEN else None
    if wish is not None:
        open_case(post, wish.lane, Level.GREEN)
    if shadow is not None:
        _note_shadow(post, assess(text, shadow.ruleset, context), shadow.version_id)
    post.scanned_version = post.version
    post.scanned_at = now()
    if post.visibility is Visibility.DELETED:
        erase(post)
    elif post.visibility is Visibility.PENDING:
        waits = _must_wait(found, wish) or asks_to_wait(post, found.level)
        set_visibility(post, Visibility.HELD if waits else Visibility.VISIBLE)


def raise_from_old_post(post: Post, rules: LoadedRules) -> bool:
    """Read an old post by newer rules; flags and cases are added, nothing is taken away.

    Returns whether a rule fired that had not fired on this text before.
    """
    found = assess(whole_text(post), rules.ruleset, Context(is_reply=not post.is_opening))
    if found.level == Level.GREEN or not _new_rules(post, found):
        return False
    case = open_case(post, Lane.RISK, found.level)
    _add_flags(case, post, found, rules.version_id)
    give_care_card(post, found.level, found.categories)
    return True


def give_up_scan(post_id: int, job_id: int) -> None:
    """Hand a post whose scan is dead to a human, and show it to nobody until then."""
    post = db.session.get_one(Post, post_id)
    case = open_case(post, Lane.SCAN_FAILED, UNREADABLE_LEVEL)
    db.session.add(ScanFailure(case_id=case.id, post_id=post_id, job_id=job_id, created_at=now()))
    post.given_up_version = post.version
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
    level = level_of_worry(reporter, post) if door is Door.WORRY else BREACH_LEVEL
    case = open_case(post, lane, level)
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
    """Return the open case of the post's author in its thread, opened or raised to the level."""
    return open_case_of(post.thread_id, post.author_id, lane, level)


def open_case_of(thread_id: int, subject_id: int, lane: Lane, level: Level) -> Case:
    """Return the open case of this person in this thread, opened or raised to the level.

    A case never sinks here, and its due time never moves back. It changes to the lane that raised
    it; a calm lane or one of spam also changes to an equal cause, so that nothing about a person in
    need is cleared away as spam. It is back in the queue at once if
    it rose above what its holder may answer, or if something urgent came in while it was held.
    What someone thought of it before this came in is no opinion about it any more, and a
    follow-up is nobody's own any more.
    """
    due_at = now() + target_of(level)
    yields = or_(Case.level < level, Case.lane.in_(YIELDING))
    for _ in range(3):
        raised = db.session.scalar(
            update(Case)
            .where(
                Case.thread_id == thread_id,
                Case.subject_id == subject_id,
                Case.state != CaseState.CLOSED,
                Case.lane != Lane.APPEAL,
            )
            .values(
                version=Case.version + 1,
                lane=Case.lane if lane in QUIET else choose((yields, lane), else_=Case.lane),
                level=choose((Case.level < level, int(level)), else_=Case.level),
                due_at=choose((Case.due_at > due_at, due_at), else_=Case.due_at),
                reading=Reading.ORDINARY,
                owner_id=None,
                owner_until=None,
            )
            .returning(Case.id)
        )
        if raised is not None:
            case = db.session.get_one(Case, raised, populate_existing=True)
            _free_for_others(case, level)
            return case
        opened = Case(
            thread_id=thread_id,
            subject_id=subject_id,
            alias_id=alias_of(thread_id, subject_id),
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


def _free_for_others(case: Case, news: Level) -> None:
    is_urgent_news = case.state is CaseState.HELD and news >= Level.RED
    if is_urgent_news or (
        case.state in IN_HAND and case.holder and not may_answer(case.holder, case)
    ):
        free(case)


def target_of(level: Level) -> timedelta:
    """Return how long a case of this level may wait for a human."""
    minutes = {
        Level.CRISIS: setting("CRISIS_MINUTES"),
        Level.RED: setting("RED_MINUTES"),
    }.get(level, setting("AMBER_MINUTES"))
    return timedelta(minutes=minutes)


def context_of(post: Post) -> Context:
    """Return what the author's and the thread's history say, in one statement."""
    moment = now()
    by_author = (Post.author_id == post.author_id, Post.id != post.id)
    ambers = (
        select(func.count(func.distinct(Flag.post_id)))
        .join(Post, Post.id == Flag.post_id)
        .where(*by_author, Flag.level == Level.AMBER, Flag.created_at >= moment - WEEK)
    )
    others = select(func.count()).select_from(Post).where(*by_author)
    thread_level = select(func.max(Case.level)).where(
        Case.thread_id == post.thread_id,
        Case.subject_id != post.author_id,
        Case.state != CaseState.CLOSED,
        Case.lane != Lane.APPEAL,
    )
    deleted = (
        select(func.count())
        .select_from(Flag)
        .join(Post, Post.id == Flag.post_id)
        .where(
            *by_author,
            Post.visibility == Visibility.DELETED,
            Flag.created_at >= moment - timedelta(days=1),
        )
    )
    row = db.session.execute(
        select(
            ambers.scalar_subquery(),
            others.scalar_subquery(),
            thread_level.scalar_subquery(),
            deleted.scalar_subquery(),
        )
    ).one()
    return Context(
        is_reply=not post.is_opening,
        is_thread_start=post.is_opening,
        is_first_post=row[1] == 0,
        ambers_last_7_days=row[0],
        amber_recent=row[0] > 0,
        deleted_after_flag=row[3] > 0,
        thread_level=Level(row[2]) if row[2] is not None else None,
    )


def _must_wait(found: Assessment, wish: Wish | None) -> bool:
    """Crisis posts are for trained helpers first, and some categories harm whoever reads them.

    Others wait for who posts how, which says nothing against what somebody in need has written.

    Source: practice.md section 2, risk-lexicon.md section 8.
    """
    return found.level >= Level.CRISIS or found.holds or (wish is not None and wish.waits)


def _known_rules(post: Post) -> set[str]:
    return set(
        db.session.scalars(
            select(Flag.rule).where(Flag.post_id == post.id, Flag.post_version == post.version)
        )
    )


def _new_rules(post: Post, found: Assessment) -> set[str]:
    fired = {match.rule for match in found.matches if match.level > Level.GREEN}
    return fired - _known_rules(post)


def _by_rule(found: Assessment) -> dict[str, list[Match]]:
    by_rule: dict[str, list[Match]] = {}
    for match in found.matches:
        by_rule.setdefault(match.rule, []).append(match)
    return by_rule


def _note_shadow(post: Post, found: Assessment, version_id: int) -> None:
    """Write down what a shadow version would have flagged; nothing follows from it."""
    known = set(
        db.session.scalars(
            select(ShadowFlag.rule).where(
                ShadowFlag.rules_version_id == version_id,
                ShadowFlag.post_id == post.id,
                ShadowFlag.post_version == post.version,
            )
        )
    )
    for rule, matches in _by_rule(found).items():
        if rule not in known:
            db.session.add(
                ShadowFlag(
                    rules_version_id=version_id,
                    post_id=post.id,
                    post_version=post.version,
                    rule=rule,
                    level=int(max(match.level for match in matches)),
                    created_at=now(),
                )
            )


def _add_flags(case: Case, post: Post, found: Assessment, rules_version_id: int) -> None:
    """Write one flag per rule; the words themselves stay in the post alone."""
    known = _known_rules(post)
    for rule, matches in _by_rule(found).items():
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
