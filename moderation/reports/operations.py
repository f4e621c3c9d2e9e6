"""What members report, and how urgent it is.

A worry is as urgent as it sounds, until somebody uses the door as a weapon: beyond the bounds it
is still read by a human, like a breach and not before others. The person whom it is about is never
told of any report, so nothing here shows to them.
"""

from datetime import timedelta

from sqlalchemy import func, select

from forum.accounts.models import Member
from forum.clock import now
from forum.extensions import db, setting
from forum.posts.models import Post
from moderation.cases.models import Case, CaseState, CloseReason, Door, Lane, Report
from moderation.cases.opening import open_case
from moderation.risk.levels import Level

DAY = timedelta(days=1)
# A breach of the agreement is answered like amber; only a human lowers it, or a worry.
BREACH_LEVEL = Level.AMBER
# From one reporter about one person in a day; later ones say nothing new.
ABOUT_ONE = 2
# Looked at by a human within a day and found without risk so often, a worry alone is not red.
FOUND_CALM = 2


def report_post(reporter: Member, post: Post, door: Door, note: str) -> Report:
    """Take a member's report.

    The same person through the same door counts once about a text, while its case is open: they
    are told that somebody reads it, so a changed text, or a case that is over, makes it new.
    """
    known = db.session.scalar(
        select(Report)
        .join(Case, Case.id == Report.case_id)
        .where(
            Report.post_id == post.id,
            Report.post_version == post.version,
            Report.reporter_id == reporter.id,
            Report.door == door,
            Case.state != CaseState.CLOSED,
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
        post_version=post.version,
        reporter_id=reporter.id,
        door=door,
        note=note,
        created_at=now(),
    )
    db.session.add(report)
    return report


def level_of_worry(reporter: Member, post: Post) -> Level:
    """Return the level of a worry about a post's writer. Two statements, or none for staff."""
    if reporter.is_staff:
        return Level.RED
    since = now() - DAY
    told, of_them = db.session.execute(
        select(func.count(), func.count().filter(Post.author_id == post.author_id))
        .select_from(Report)
        .join(Post, Post.id == Report.post_id)
        .where(
            Report.reporter_id == reporter.id,
            Report.door == Door.WORRY,
            Report.created_at > since,
        )
    ).one()
    if told >= setting("WORRIES_PER_DAY") or of_them >= ABOUT_ONE:
        return Level.AMBER
    calm = db.session.scalar(
        select(func.count()).where(
            Case.subject_id == post.author_id,
            Case.lane == Lane.WORRY,
            Case.close_reason == CloseReason.NO_RISK,
            Case.closed_at > since,
        )
    )
    return Level.AMBER if (calm or 0) >= FOUND_CALM else Level.RED
