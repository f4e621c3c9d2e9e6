"""What care does: cards for authors, resources pinned into threads, words of a check-in."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError

from forum.accounts.models import Member
from forum.clock import now
from forum.extensions import db
from forum.help.models import HelpEntry
from forum.posts.models import Post, Thread
from forum.text import RENDERER_VERSION, clean, render
from moderation.care.models import (
    CareCard,
    CheckIn,
    CheckInMessage,
    Pin,
    QuickAnswer,
    Speaker,
)
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


def write_to_member(
    moderator: Member, case_id: int, member_id: int, *, body: str, submission_key: str
) -> CheckInMessage:
    """Write privately to the person of a case, in its check-in or a new one.

    Returns the message. Raises forum.text.TextTooLong.
    """
    check_in = db.session.scalar(
        select(CheckIn)
        .join(CheckInMessage, CheckInMessage.check_in_id == CheckIn.id)
        .where(CheckIn.case_id == case_id)
        .order_by(CheckInMessage.id.desc())
        .limit(1)
    )
    if check_in is None:
        check_in = CheckIn(
            case_id=case_id, moderator_id=moderator.id, member_id=member_id, created_at=now()
        )
        db.session.add(check_in)
        db.session.flush()
    check_in.read_at = None
    check_in.closed = False
    message = _message(check_in, moderator, Speaker.MODERATOR, body, submission_key)
    db.session.add(message)
    db.session.flush()
    return message


def write_answer(
    member: Member,
    check_in: CheckIn,
    *,
    body: str,
    answer: QuickAnswer,
    level: int | None,
    spans: Sequence[dict[str, Any]],
    submission_key: str,
) -> CheckInMessage:
    """Keep what the member answers; `level` and `spans` are what the rules found in it.

    Returns the message, or the one that the same form has made before. Raises
    forum.text.TextTooLong.
    """
    message = _message(check_in, member, Speaker.MEMBER, body, submission_key)
    message.answer = answer
    message.level = level
    message.spans = list(spans)
    try:
        with db.session.begin_nested():
            db.session.add(message)
    except IntegrityError:
        # The form came twice at the same moment, and the other one was first.
        earlier = find_message(member, submission_key)
        if earlier is None:
            raise
        return earlier
    check_in.closed = False
    return message


def find_message(author: Member, submission_key: str) -> CheckInMessage | None:
    """Return the message that this form of this person has made before."""
    return db.session.scalar(
        select(CheckInMessage).where(
            CheckInMessage.author_id == author.id,
            CheckInMessage.submission_key == submission_key,
        )
    )


def note_reading(check_in: CheckIn, last_shown: int) -> None:
    """Note that the member has read up to the message with this id, if nothing came since."""
    newest = (
        select(func.max(CheckInMessage.id))
        .where(CheckInMessage.check_in_id == check_in.id)
        .scalar_subquery()
    )
    db.session.execute(
        update(CheckIn)
        .where(CheckIn.id == check_in.id, CheckIn.read_at.is_(None), newest == last_shown)
        .values(read_at=now())
    )


def note_answers_seen(case_id: int) -> None:
    """Note that staff have acted on a case with all its answers on their page."""
    of_case = select(CheckIn.id).where(CheckIn.case_id == case_id)
    db.session.execute(
        update(CheckInMessage)
        .where(
            CheckInMessage.check_in_id.in_(of_case),
            CheckInMessage.who == Speaker.MEMBER,
            CheckInMessage.read_at.is_(None),
        )
        .values(read_at=now())
    )


def open_check_ins(case_id: int) -> list[CheckIn]:
    """Return the check-ins of a case that its volunteer has not ended."""
    return list(
        db.session.scalars(
            select(CheckIn).where(CheckIn.case_id == case_id, CheckIn.closed.is_(False))
        )
    )


def end_check_ins(case_id: int) -> None:
    """Let the check-ins of a closed case rest; the member can still answer."""
    db.session.execute(update(CheckIn).where(CheckIn.case_id == case_id).values(closed=True))


def _message(
    check_in: CheckIn, author: Member, who: Speaker, body: str, submission_key: str
) -> CheckInMessage:
    text = clean(body)
    return CheckInMessage(
        check_in_id=check_in.id,
        author_id=author.id,
        who=who,
        body=text,
        body_html=render(text),
        renderer_version=RENDERER_VERSION,
        answer=QuickAnswer.NONE,
        spans=[],
        created_at=now(),
        submission_key=submission_key,
    )
