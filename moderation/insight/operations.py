"""Publishing a month's figures, coarsely enough that nobody is found in them."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select

from forum.clock import now
from forum.extensions import db
from forum.posts.models import Post
from moderation.cases.models import Case, Report
from moderation.insight.models import PublishedMonth
from moderation.insight.periods import WIB, Period, month_of
from moderation.insight.queries import level_figures
from moderation.lab.ledger import Share
from moderation.measures.models import Measure
from moderation.risk.levels import Level
from moderation.unveiling.queries import count_questions

# Under this a number could point at one person; and all others are rounded, so that no
# difference of two figures gives a small number back.
FEWEST = 10
STEP = 5
# A share of fewer says little, and its parts could be worked out.
FEWEST_FOR_SHARE = 20
# How far back a site that was switched off makes up.
MOST_MONTHS = 12


def publish_months() -> int:
    """Publish each month that is over and not yet published. Returns how many that were.

    Months before the first post are left out. Safe to repeat.
    """
    first = db.session.scalar(select(func.min(Post.created_at)))
    if first is None:
        return 0
    known = set(db.session.scalars(select(PublishedMonth.month)))
    published = 0
    for month in _months_before(now().astimezone(WIB).date()):
        if month < first.astimezone(WIB).date().replace(day=1):
            break
        if month not in known:
            db.session.add(
                PublishedMonth(month=month, figures=figures_of(month_of(month)), created_at=now())
            )
            published += 1
    return published


def figures_of(period: Period) -> dict[str, Any]:
    """Return the public figures of a period: whole numbers or percent, None where too small."""
    opened = _count_by(Case.level, Case.opened_at, period)
    measures = _count_by(Measure.kind, Measure.created_at, period)
    levels = level_figures(period)
    return {
        "posts": coarse(_count(Post.created_at, period)),
        "reports": coarse(_count(Report.created_at, period)),
        "cases": {level.word: coarse(opened.get(int(level), 0)) for level in Level},
        "in_time": {found.level.word: coarse_share(found.in_time) for found in levels},
        "half_waited": {
            found.level.word: round(found.taken.p50)
            if found.taken.p50 is not None and found.taken.cases >= FEWEST_FOR_SHARE
            else None
            for found in levels
        },
        "measures": {kind.value: coarse(number) for kind, number in measures.items()},
        # Exact: it counts what the team did, and tells of no member.
        "person_questions": count_questions(period.start, period.end),
    }


def coarse(number: int) -> int | None:
    """Return a number rounded to STEP, or None if it is small. Zero is told."""
    if number == 0:
        return 0
    if number < FEWEST:
        return None
    return STEP * round(number / STEP)


def coarse_share(share: Share) -> int | None:
    """Return a share in whole percent, or None where it is of few."""
    return round(100 * share.value) if share.whole >= FEWEST_FOR_SHARE else None


def _months_before(day: date) -> list[date]:
    months = []
    first = day.replace(day=1)
    for _ in range(MOST_MONTHS):
        first = (first - timedelta(days=1)).replace(day=1)
        months.append(first)
    return months


def _count(column: Any, period: Period) -> int:
    statement = select(func.count()).where(column >= period.start, column < period.end)
    return db.session.scalar(statement) or 0


def _count_by(group: Any, column: Any, period: Period) -> dict[Any, int]:
    rows = db.session.execute(
        select(group, func.count())
        .where(column >= period.start, column < period.end)
        .group_by(group)
    )
    return {row[0]: row[1] for row in rows}
