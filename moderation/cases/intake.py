"""What a scan of a post found, or could not find: flags, and the case that they open."""

import secrets
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import bindparam, func, select

from forum.clock import now
from forum.extensions import db, setting
from forum.outbox import Handler
from forum.posts.earlier import unread_texts
from forum.posts.masks import whole_text
from forum.posts.models import Post, Visibility
from forum.posts.operations import erase, set_visibility
from moderation.care.operations import give_care_card
from moderation.cases.models import (
    Case,
    CaseState,
    Flag,
    Lane,
    ScanFailure,
)
from moderation.cases.newcomers import Wish, asks_to_wait, wish_for
from moderation.cases.opening import note_signs, open_case
from moderation.risk.assess import Assessment, Context, Match, assess
from moderation.risk.categories import DISTRESS
from moderation.risk.levels import Level
from moderation.risk.signs import Sign
from moderation.rules.models import ShadowFlag
from moderation.rules.queries import LoadedRules, acting_rules

# A post that no scan can read could hold anything.
UNREADABLE_LEVEL = Level.RED
DAY, WEEK = timedelta(days=1), timedelta(days=7)
_BY_AUTHOR = (Post.author_id == bindparam("author_id"), Post.id != bindparam("post_id"))
# What counts as a sign: personal data or advice on medicine say nothing of how somebody is.
_IS_SIGN = (Flag.level >= Level.AMBER, Flag.category.in_(DISTRESS))
# Posts of a week with a sign, other posts, how bad others of the thread are, what was deleted
# within a day of a sign.
HISTORY = select(
    select(func.count(func.distinct(Flag.post_id)))
    .join(Post, Post.id == Flag.post_id)
    .where(*_BY_AUTHOR, *_IS_SIGN, Flag.created_at >= bindparam("a_week_ago"))
    .scalar_subquery(),
    select(func.count()).select_from(Post).where(*_BY_AUTHOR).scalar_subquery(),
    select(func.max(Case.level))
    .where(
        Case.thread_id == bindparam("thread_id"),
        Case.subject_id != bindparam("author_id"),
        Case.state != CaseState.CLOSED,
        Case.lane != Lane.APPEAL,
    )
    .scalar_subquery(),
    select(func.count())
    .select_from(Flag)
    .join(Post, Post.id == Flag.post_id)
    .where(
        *_BY_AUTHOR,
        *_IS_SIGN,
        Post.visibility == Visibility.DELETED,
        Flag.created_at >= bindparam("a_day_ago"),
    )
    .scalar_subquery(),
)


def scan_post(post_id: int) -> None:
    """Read the text of a post by the rules in force and act on what they find.

    Writes, in the caller's transaction: one flag per rule that fired, the case opened or
    raised, the care card, who may see the post, and which text was scanned. Doing it twice
    changes nothing. Texts that were replaced before a scan are read as well, and the worst counts:
    who writes words over within a second may be the one who needs someone. Some green posts open a
    calm case.
    """
    post = db.session.scalar(select(Post).where(Post.id == post_id).with_for_update())
    if post is None or post.is_scanned:
        return
    rules, shadow = acting_rules()
    context, replaced = context_of(post), unread_texts(post)
    texts = {
        **{earlier.version: earlier.text for earlier in replaced},
        post.version: whole_text(post),
    }
    readings = {version: assess(text, rules.ruleset, context) for version, text in texts.items()}
    level = max(found.level for found in readings.values())
    signs = {sign for found in readings.values() for sign in found.signs}
    wish = None
    if level > Level.GREEN:
        case = open_case(post, Lane.RISK, level)
        note_signs(case, signs)
        for version, found in readings.items():
            if found.level > Level.GREEN:
                _add_flags(case, post, version, found, rules.version_id)
                give_care_card(post, found.level, (*found.categories, *found.signs))
    else:
        wish = _open_calm_case(post, signs)
    if shadow is not None:
        for version, text in texts.items():
            _note_shadow(post, version, assess(text, shadow.ruleset, context), shadow.version_id)
    for earlier in replaced:
        if readings[earlier.version].level == Level.GREEN:
            db.session.delete(earlier)
    post.scanned_version = post.version
    post.scanned_at = now()
    if post.visibility is Visibility.DELETED:
        erase(post)
    elif post.visibility is Visibility.PENDING:
        waits = any(_must_wait(found, wish) for found in readings.values())
        waits = waits or asks_to_wait(post, level)
        set_visibility(post, Visibility.HELD if waits else Visibility.VISIBLE)


def raise_from_old_post(post: Post, rules: LoadedRules) -> bool:
    """Read an old post by newer rules; flags and cases are added, nothing is taken away.

    Returns whether a rule fired that had not fired on this text before, or only at a lower level.
    """
    found = assess(whole_text(post), rules.ruleset, context_alone(post))
    if found.level == Level.GREEN or not _is_news(post, found):
        return False
    case = open_case(post, Lane.RISK, found.level)
    _add_flags(case, post, post.version, found, rules.version_id)
    note_signs(case, found.signs)
    give_care_card(post, found.level, (*found.categories, *found.signs))
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


def context_alone(post: Post) -> Context:
    """Return what is known of a post by itself, without anybody's history."""
    return Context(is_reply=not post.is_opening, is_thread_start=post.is_opening)


def context_of(post: Post) -> Context:
    """Return what is known of a post with its author's and its thread's history; one statement."""
    moment = now()
    asked = {
        "post_id": post.id,
        "author_id": post.author_id,
        "thread_id": post.thread_id,
        "a_week_ago": moment - WEEK,
        "a_day_ago": moment - DAY,
    }
    ambers, others, thread_level, deleted = db.session.execute(HISTORY, asked).one()
    return replace(
        context_alone(post),
        is_first_post=others == 0,
        ambers_last_7_days=ambers,
        amber_recent=ambers > 0,
        deleted_after_flag=deleted > 0,
        thread_level=Level(thread_level) if thread_level is not None else None,
    )


def _open_calm_case(post: Post, signs: set[Sign]) -> Wish | None:
    """Open a case of a post in which no rule saw a risk, if a human should read it anyway.

    Because its author was told that someone looks again after a change, because chance picked it,
    because its writer may be grieving or under 18, or for who posted how: that is returned.
    """
    if post.version > 1 and post.visibility in (Visibility.HELD, Visibility.HIDDEN):
        open_case(post, Lane.CHANGED, Level.AMBER)
    elif not post.as_volunteer and secrets.randbelow(10_000) / 100 < setting("SAMPLE_PERCENT"):
        open_case(post, Lane.SAMPLE, Level.GREEN)
    if signs and not post.as_volunteer:
        note_signs(open_case(post, Lane.CARE, Level.GREEN), signs)
    wish = wish_for(post)
    if wish is not None:
        open_case(post, wish.lane, Level.GREEN)
    return wish


def _must_wait(found: Assessment, wish: Wish | None) -> bool:
    """Crisis posts are for trained helpers first, and some categories harm whoever reads them.

    Others wait for who posts how, which says nothing against what somebody in need has written.

    Source: practice.md section 2, risk-lexicon.md section 8.
    """
    return found.level >= Level.CRISIS or found.holds or (wish is not None and wish.waits)


def _known_flags(post: Post, version: int) -> dict[str, Flag]:
    """Return the flags on one text of a post, by rule."""
    flags = db.session.scalars(
        select(Flag).where(Flag.post_id == post.id, Flag.post_version == version)
    )
    return {flag.rule: flag for flag in flags}


def _is_news(post: Post, found: Assessment) -> bool:
    """Return whether a rule fired at a level that it has not on the present text so far."""
    known = {rule: flag.level for rule, flag in _known_flags(post, post.version).items()}
    return any(match.level > known.get(match.rule, Level.GREEN) for match in found.matches)


def _by_rule(found: Assessment) -> dict[str, list[Match]]:
    by_rule: dict[str, list[Match]] = {}
    for match in found.matches:
        by_rule.setdefault(match.rule, []).append(match)
    return by_rule


def _note_shadow(post: Post, version: int, found: Assessment, version_id: int) -> None:
    """Write down what a shadow version would have flagged; nothing follows from it."""
    known = set(
        db.session.scalars(
            select(ShadowFlag.rule).where(
                ShadowFlag.rules_version_id == version_id,
                ShadowFlag.post_id == post.id,
                ShadowFlag.post_version == version,
            )
        )
    )
    for rule, matches in _by_rule(found).items():
        if rule not in known:
            db.session.add(
                ShadowFlag(
                    rules_version_id=version_id,
                    post_id=post.id,
                    post_version=version,
                    rule=rule,
                    level=int(max(match.level for match in matches)),
                    created_at=now(),
                )
            )


def _add_flags(
    case: Case, post: Post, version: int, found: Assessment, rules_version_id: int
) -> None:
    """Write one flag per rule on one text of a post; the words themselves stay there alone.

    The flag of a rule that now says more goes on in the case that this opened or raised.
    """
    known = _known_flags(post, version)
    for rule, matches in _by_rule(found).items():
        worst = max(matches, key=lambda match: match.level)
        flag = known.get(rule)
        if flag is None:
            flag = Flag(post_id=post.id, post_version=version, rule=rule, created_at=now())
            db.session.add(flag)
        elif worst.level <= flag.level:
            continue
        flag.case_id = case.id
        flag.rules_version_id = rules_version_id
        flag.category = worst.category
        flag.level = int(worst.level)
        flag.spans = [
            {"start": match.start, "end": match.end, "view": match.view} for match in matches
        ]
