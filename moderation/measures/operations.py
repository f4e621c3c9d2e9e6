"""What staff do to posts and threads of a case. Each measure is told to whom it concerns."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from forum.accounts.models import Member
from forum.clock import now
from forum.extensions import db, take_row
from forum.notices.models import NoticeKind
from forum.notices.operations import notify
from forum.posts.masks import add_masks, places_of, quoted_places_of, set_masks, whole_text
from forum.posts.models import Mask, Post, Thread, Visibility
from forum.posts.operations import set_visibility, set_warning
from forum.rooms.models import ContentWarning, Room
from forum.text import Span
from moderation.cases.acts import advance
from moderation.cases.models import Act, Case, Decision
from moderation.cases.operations import undo_time
from moderation.cases.refusals import Refusal
from moderation.cases.snapshots import remember
from moderation.measures.models import Measure, MeasureKind, MeasureReason


@dataclass(frozen=True)
class Why:
    """The reason of a measure, what the member is told, and a note for colleagues."""

    reason: MeasureReason
    words: str = ""
    note: str = ""


class WordsNotThere(Refusal):
    """The words to cover do not stand in the post."""


class NothingToDo(Refusal):
    """The post or thread is already so."""


def hide(moderator: Member, case: Case, seen_version: int, post: Post, why: Why) -> None:
    """Show a post to nobody but its author and the staff. Raises as `advance` does."""
    with _measuring(moderator, case, seen_version, act=Act.HIDE, why=why, posts=[post]):
        set_visibility(post, Visibility.HIDDEN)


def hold(moderator: Member, case: Case, seen_version: int, post: Post, why: Why) -> None:
    """Keep a post from members until someone has decided. Raises as `advance` does."""
    with _measuring(moderator, case, seen_version, act=Act.HOLD, why=why, posts=[post]):
        set_visibility(post, Visibility.HELD)


def restore(moderator: Member, case: Case, seen_version: int, post: Post, why: Why) -> None:
    """Show a held or hidden post to everyone. Raises as `advance` does."""
    with _measuring(moderator, case, seen_version, act=Act.RESTORE, why=why, posts=[post]):
        set_visibility(post, Visibility.VISIBLE)


def mask(
    moderator: Member,
    case: Case,
    seen_version: int,
    post: Post,
    why: Why,
    *,
    post_version: int,
    places: Iterable[Span] = (),
    words: str = "",
    in_quotes: bool = False,
) -> None:
    """Cover single places of a post for everyone, and leave the rest.

    `places` count code points of the whole text of `post_version`; `words` are covered wherever
    they stand. With `in_quotes`, the same words are covered in other posts of the thread where
    they are quoted, and those authors are told too. Raises WordsNotThere, NothingToDo, and as
    `advance` does.
    """
    _take(post)
    text = whole_text(post)
    spans = [span for span in places if 0 <= span[0] < span[1] <= len(text)]
    named = places_of(words, text)
    if (words.strip() and not named) or (spans and post.version != post_version):
        raise WordsNotThere
    changes = {post: add_masks(post, [*spans, *named], why.reason)}
    if changes[post] == post.masks:
        raise NothingToDo
    if in_quotes:
        changes |= _quotes_of(post, {text[start:end] for start, end in [*spans, *named]}, why)
    with _measuring(moderator, case, seen_version, act=Act.MASK, why=why, posts=list(changes)):
        for found, masks in changes.items():
            set_masks(found, masks)


def unmask(
    moderator: Member,
    case: Case,
    seen_version: int,
    post: Post,
    why: Why,
    *,
    places: Iterable[Span],
) -> None:
    """Show covered places of a post again. Raises NothingToDo, and as `advance` does."""
    _take(post)
    opened = set(places)
    kept = [found for found in post.masks if (found["start"], found["end"]) not in opened]
    if kept == post.masks:
        raise NothingToDo
    with _measuring(moderator, case, seen_version, act=Act.UNMASK, why=why, posts=[post]):
        set_masks(post, kept)


def warn_readers(
    moderator: Member,
    case: Case,
    seen_version: int,
    post: Post,
    why: Why,
    *,
    warning: ContentWarning,
) -> None:
    """Put a content warning on a post, or on the whole thread that it opens.

    Raises NothingToDo, and as `advance` does.
    """
    if post.warning is warning:
        raise NothingToDo
    thread = post.thread if post.is_opening else None
    with _measuring(
        moderator, case, seen_version, act=Act.WARNING, why=why, posts=[post], thread=thread
    ):
        set_warning(post, warning)


def lock(moderator: Member, case: Case, seen_version: int, why: Why) -> None:
    """Let nobody but staff answer in the thread. Raises NothingToDo, and as `advance` does."""
    if case.thread.is_locked:
        raise NothingToDo
    with _measuring(moderator, case, seen_version, act=Act.LOCK, why=why, thread=case.thread):
        case.thread.is_locked = True


def unlock(moderator: Member, case: Case, seen_version: int, why: Why) -> None:
    """Let everyone answer in the thread again. Raises NothingToDo, and as `advance` does."""
    if not case.thread.is_locked:
        raise NothingToDo
    with _measuring(moderator, case, seen_version, act=Act.UNLOCK, why=why, thread=case.thread):
        case.thread.is_locked = False


def slow_down(moderator: Member, case: Case, seen_version: int, why: Why, *, minutes: int) -> None:
    """Let each member write once in so many minutes in the case's thread; 0 ends it.

    Raises NothingToDo, and as `advance` does.
    """
    if case.thread.slow_minutes == minutes:
        raise NothingToDo
    with _measuring(moderator, case, seen_version, act=Act.SLOW, why=why, thread=case.thread):
        case.thread.slow_minutes = minutes


def move(moderator: Member, case: Case, seen_version: int, why: Why, *, room: Room) -> None:
    """Put the case's thread into another room. Raises NothingToDo, and as `advance` does.

    What was said in a support group stays there, and nothing is put into one.
    """
    if case.thread.room_id == room.id or case.thread.room.members_only or room.members_only:
        raise NothingToDo
    with _measuring(moderator, case, seen_version, act=Act.MOVE, why=why, thread=case.thread):
        case.thread.room_id = room.id


def take_measure(
    moderator: Member,
    case: Case,
    kind: MeasureKind,
    member_id: int,
    *,
    reason: MeasureReason,
    words: str = "",
    post: Post | None = None,
    thread: Thread | None = None,
    until: datetime | None = None,
    decision: Decision | None = None,
) -> Measure:
    """Write a measure down and tell the member whom it concerns, once it can't be undone.

    `decision` is the act that it belongs to and that can be undone, which undoes the measure;
    without one the member is told at once. Returns it.
    """
    measure = Measure(
        case_id=case.id,
        decision_id=decision.id if decision else None,
        moderator_id=moderator.id,
        member_id=member_id,
        kind=kind,
        reason=reason,
        words=words,
        post_id=post.id if post else None,
        thread_id=thread.id if thread else (post.thread_id if post else None),
        until=until,
        created_at=now(),
    )
    db.session.add(measure)
    db.session.flush()
    notify(
        member_id,
        NoticeKind.MEASURE,
        subject_id=measure.id,
        thread=thread or (post.thread if post else None),
        post=post,
        after=undo_time() if decision else timedelta(0),
    )
    return measure


@contextmanager
def _measuring(
    moderator: Member,
    case: Case,
    seen_version: int,
    *,
    act: Act,
    why: Why,
    posts: Sequence[Post] = (),
    thread: Thread | None = None,
) -> Iterator[None]:
    """Carry out one act: remember what was, move the case on, and tell whom it concerns.

    The posts' authors are told, or the thread's where it is about no post.
    """
    # Rows before cases, as a scan takes them, so that the two never wait for each other.
    for row in (*posts, *([thread] if thread else [])):
        take_row(row)
    before = remember([*posts, *([thread] if thread else [])])
    decision = advance(
        moderator,
        case,
        seen_version,
        act,
        post=posts[0] if posts else None,
        note=why.note,
        before=before,
    )
    yield
    concerned: list[Post | None] = [*posts] or [None]
    for post in concerned:
        take_measure(
            moderator,
            case,
            MeasureKind(act.value),
            post.author_id if post else case.thread.author_id,
            reason=why.reason,
            words=why.words,
            post=post,
            thread=None if post else thread,
            decision=decision,
        )


def _take(post: Post) -> None:
    """Read the post again and keep it: an edit at this moment waits, and sees the new masks."""
    take_row(post)
    if post.visibility is Visibility.DELETED:
        raise NothingToDo


def _quotes_of(post: Post, said: set[str], why: Why) -> dict[Post, list[Mask]]:
    """Return the other posts of the thread that quote one of these words, with their new masks."""
    others = db.session.scalars(
        select(Post)
        .where(
            Post.thread_id == post.thread_id,
            Post.id != post.id,
            Post.visibility != Visibility.DELETED,
            Post.body.contains(">"),
        )
        .order_by(Post.id)
        .with_for_update()
    )
    found = {}
    for other in others:
        text = whole_text(other)
        spans = [span for words in said for span in quoted_places_of(words, text)]
        masks = add_masks(other, spans, why.reason)
        if masks != other.masks:
            found[other] = masks
    return found
