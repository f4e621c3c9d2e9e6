"""Reads of cards, pins and check-ins. `get_check_in_for` is a member's only way to one."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import joinedload

from forum.accounts.models import Member
from forum.database import DATABASE_TROUBLE, give_up
from forum.extensions import db
from forum.help.models import Display, HelpEntry
from forum.help.queries import crisis_entries
from forum.posts.models import Post, Thread
from moderation.care.models import CareCard, CheckIn, CheckInMessage, Pin, QuickAnswer, Speaker
from moderation.risk.levels import Level

PINS = select(Pin).where(Pin.thread_id == bindparam("thread_id")).order_by(Pin.id)
NEWS = select(func.count(CheckIn.id), func.count(CheckIn.read_at)).where(
    CheckIn.member_id == bindparam("member_id")
)


@dataclass(frozen=True)
class News:
    """How many check-ins a member has, and whether one of them holds something new."""

    number: int
    unread: bool


def cards_for(viewer: Member | None, posts: Iterable[Post]) -> dict[int, CareCard]:
    """Return the viewer's own cards among these posts, by post id. One statement, or none."""
    own = [post.id for post in posts if viewer is not None and post.author_id == viewer.id]
    if not own:
        return {}
    cards = db.session.scalars(select(CareCard).where(CareCard.post_id.in_(own)))
    return {card.post_id: card for card in cards}


def routes_of(card: CareCard) -> list[HelpEntry]:
    """Return the entries that fit a card, beside the static floor that every card shows."""
    if not card.topic:
        return crisis_entries()
    topical = db.session.scalars(
        select(HelpEntry).where(HelpEntry.display == Display.TOPIC).order_by(HelpEntry.position)
    )
    return [entry for entry in topical if card.topic in entry.topics][:2] + crisis_entries()


def pins_of(thread: Thread) -> list[HelpEntry]:
    """Return the entries pinned above a thread, the first pinned first."""
    pins = db.session.scalars(PINS, {"thread_id": thread.id})
    return [pin.entry for pin in pins]


def news_for(member: Member | None) -> News:
    """Return what every page says of a member's check-ins: one small statement, or none."""
    if member is None:
        return News(0, unread=False)
    try:
        number, read = db.session.execute(NEWS, {"member_id": member.id}).one()
    except DATABASE_TROUBLE:
        # A page that can be shown must not fail on a notice.
        give_up(db.session)
        return News(0, unread=False)
    return News(number, unread=read < number)


def check_ins_of(member: Member) -> list[CheckIn]:
    """Return a member's own check-ins, the latest begun first, with who began each."""
    return list(
        db.session.scalars(
            select(CheckIn)
            .where(CheckIn.member_id == member.id)
            .options(joinedload(CheckIn.moderator))
            .order_by(CheckIn.id.desc())
        )
    )


def get_check_in_for(member: Member, public_id: str) -> CheckIn | None:
    """Return a check-in that was written to this member, and to nobody else."""
    return db.session.scalar(
        select(CheckIn)
        .where(CheckIn.public_id == public_id, CheckIn.member_id == member.id)
        .options(joinedload(CheckIn.moderator))
    )


def messages_of(check_ins: Iterable[CheckIn]) -> list[CheckInMessage]:
    """Return the messages of some check-ins, the oldest first, with their writers."""
    return list(
        db.session.scalars(
            select(CheckInMessage)
            .where(CheckInMessage.check_in_id.in_([check_in.id for check_in in check_ins]))
            .options(joinedload(CheckInMessage.author))
            .order_by(CheckInMessage.id)
        )
    )


def needs_crisis_card(messages: Iterable[CheckInMessage]) -> bool:
    """Return whether the member has said to be in danger, and not that they are safe since."""
    danger = False
    for message in messages:
        if message.who is not Speaker.MEMBER:
            continue
        if message.answer is QuickAnswer.SAFE:
            danger = False
        if message.answer is QuickAnswer.NOT_SAFE or message.level == Level.CRISIS:
            danger = True
    return danger
