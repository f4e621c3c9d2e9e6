"""How urgent a worry is: as urgent as it sounds, until somebody uses the door as a weapon.

The person whom it is about is never told of any report, so nothing here shows to them. A worry
beyond the bounds is still read by a human, like a breach and not before others.
"""

from datetime import timedelta

from sqlalchemy import func, select

from forum.accounts.models import Member
from forum.clock import now
from forum.extensions import db, setting
from forum.posts.models import Post
from moderation.cases.models import Case, CloseReason, Door, Lane, Report
from moderation.risk.levels import Level

DAY = timedelta(days=1)
# From one reporter about one person in a day; later ones say nothing new.
ABOUT_ONE = 2
# Looked at by a human within a day and found without risk so often, a worry alone is not red.
FOUND_CALM = 2


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
