"""Reads of notices. `get_notice_for` is a member's only way to one."""

from dataclasses import dataclass

from sqlalchemy import bindparam, func, select

from forum.accounts.models import Member
from forum.clock import now
from forum.database import DATABASE_TROUBLE, UtcDateTime, give_up
from forum.extensions import db
from forum.notices.models import Notice

NOTICES_PER_PAGE = 20
LATEST = 5
# A notice is shown to its member from a moment on, which is asked for at each execution.
IS_TOLD = Notice.visible_from <= bindparam(None, type_=UtcDateTime, callable_=now)
NEWS = select(func.count(Notice.id), func.count(Notice.seen_at)).where(
    Notice.member_id == bindparam("member_id"), IS_TOLD
)


@dataclass(frozen=True)
class NoticeNews:
    """How many notices a member has, and whether one of them has not been opened yet."""

    number: int
    unread: bool


@dataclass(frozen=True)
class NoticePage:
    """One page of a member's notices. `number` counts from 1."""

    items: list[Notice]
    number: int
    has_next: bool


def notice_news_for(member: Member | None) -> NoticeNews:
    """Return what every page says of a member's notices: one small statement, or none."""
    if member is None:
        return NoticeNews(0, unread=False)
    try:
        number, seen = db.session.execute(NEWS, {"member_id": member.id}).one()
    except DATABASE_TROUBLE:
        # A page that can be shown must not fail on a notice.
        give_up(db.session)
        return NoticeNews(0, unread=False)
    return NoticeNews(number, unread=seen < number)


def latest_notices_of(member: Member) -> list[Notice]:
    """Return a member's newest notices, the newest first."""
    return notices_of(member).items[:LATEST]


def notices_of(member: Member, number: int = 1) -> NoticePage:
    """Return a page of a member's notices, the newest first, in one statement."""
    rows = list(
        db.session.scalars(
            select(Notice)
            .where(Notice.member_id == member.id, IS_TOLD)
            .order_by(Notice.id.desc())
            .offset((number - 1) * NOTICES_PER_PAGE)
            .limit(NOTICES_PER_PAGE + 1)
        )
    )
    return NoticePage(rows[:NOTICES_PER_PAGE], number, len(rows) > NOTICES_PER_PAGE)


def get_notice_for(member: Member, public_id: str) -> Notice | None:
    """Return a notice that is told to this member, and to nobody else."""
    return db.session.scalar(
        select(Notice).where(Notice.public_id == public_id, Notice.member_id == member.id, IS_TOLD)
    )
