"""Reads of cards and pins."""

from collections.abc import Iterable

from sqlalchemy import select

from forum.accounts.models import Member
from forum.extensions import db
from forum.help.models import Display, HelpEntry
from forum.help.queries import crisis_entries
from forum.posts.models import Post, Thread
from moderation.care.models import CareCard, Pin


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
    pins = db.session.scalars(select(Pin).where(Pin.thread_id == thread.id).order_by(Pin.id))
    return [pin.entry for pin in pins]
