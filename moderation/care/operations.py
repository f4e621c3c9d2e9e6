"""What care does: cards for authors, resources pinned into threads."""

from collections.abc import Iterable

from sqlalchemy import delete, select

from forum.accounts.models import Member
from forum.clock import now
from forum.extensions import db
from forum.help.models import HelpEntry
from forum.posts.models import Post, Thread
from moderation.care.models import CareCard, Pin
from moderation.risk.levels import Level

# Which doors a card opens beside the static floor, by category name.
TOPICS = {"abuse": "violence", "minor": "children"}


def give_care_card(post: Post, level: Level, categories: Iterable[str]) -> None:
    """Leave a card for the author of a post, or raise the one that is there."""
    topic = next((TOPICS[name] for name in categories if name in TOPICS), "")
    card = db.session.scalar(select(CareCard).where(CareCard.post_id == post.id))
    if card is None:
        db.session.add(CareCard(post_id=post.id, level=int(level), topic=topic, created_at=now()))
    else:
        card.level = max(card.level, int(level))
        card.topic = topic or card.topic


def pin(moderator: Member, thread: Thread, entry: HelpEntry) -> None:
    """Put a help entry above a thread; one that is there already stays."""
    known = db.session.scalar(
        select(Pin.id).where(Pin.thread_id == thread.id, Pin.entry_id == entry.id)
    )
    if known is None:
        db.session.add(
            Pin(
                thread_id=thread.id,
                entry_id=entry.id,
                moderator_id=moderator.id,
                created_at=now(),
            )
        )


def unpin(thread: Thread, entry: HelpEntry) -> None:
    """Take a help entry away from above a thread."""
    db.session.execute(delete(Pin).where(Pin.thread_id == thread.id, Pin.entry_id == entry.id))
