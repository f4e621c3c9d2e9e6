"""What people do with posts: publish, reply, edit, delete; and what the desk does to them."""

import math
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, bindparam, func, select
from sqlalchemy.exc import IntegrityError

from forum.accounts.aliases import AliasChosen, choose_name
from forum.accounts.models import Member
from forum.clock import now
from forum.drafts.operations import erase_draft
from forum.extensions import db, take_row
from forum.follows.operations import keep_up, tell_followers, untell
from forum.outbox import enqueue
from forum.posts.earlier import forget_texts, keep_unread
from forum.posts.masks import GAP, covered_words, masks_for, set_masks, whole_text
from forum.posts.models import Mask, Post, Thread, Visibility, Wish
from forum.posts.personal import NOTHING, Covered
from forum.posts.queries import first_of
from forum.rooms.hours import rest_of
from forum.rooms.models import ContentWarning, Room
from forum.rooms.operations import agree
from forum.text import RENDERER_VERSION, clean, clean_line, cover, render

SCAN_POST = "scan_post"
SENT_BEFORE = select(Post).where(
    Post.author_id == bindparam("author_id"), Post.submission_key == bindparam("submission_key")
)


class NotAllowed(Exception):
    """This person may not do this to this post."""


class ThreadLocked(Exception):
    """Only staff answer in this thread now."""


class TooSoon(Exception):
    """The thread is in slow mode. `minutes` is how long this person still waits, at least 1."""

    def __init__(self, minutes: int) -> None:
        super().__init__(f"{minutes} minutes left")
        self.minutes = minutes


class RoomTooSoon(TooSoon):
    """The same where the whole room is in slow mode."""


class RoomRests(Exception):
    """Members write nothing in the room now. `until` is when they do again, None if not known."""

    def __init__(self, until: datetime | None) -> None:
        super().__init__("the room rests")
        self.until = until


class Paused(Exception):
    """This person may not post now. `until` is when they may again."""

    def __init__(self, until: datetime) -> None:
        super().__init__("paused")
        self.until = until


def check_pause(author: Member) -> None:
    """Raise Paused if this person may not post now."""
    if author.is_paused and author.paused_until is not None:
        raise Paused(author.paused_until)


def start_thread(
    author: Member,
    room: Room,
    *,
    title: str,
    body: str,
    warning: ContentWarning,
    submission_key: str,
    covered: Covered = NOTHING,
    as_volunteer: bool = False,
    name: str | None = None,
    wish: Wish = Wish.NONE,
    agreed: bool = False,
) -> Post:
    """Open a thread. Returns its opening post, pending, with its scan job beside it.

    `covered` places of the clean title and body are not stored; `name` is another name for this
    room, asked for with the first words there; `agreed` accepts the room's agreement. What staff
    open on duty stands under their own name. The same submission key of the same author returns the
    post that it made before. Raises Paused, RoomRests, RoomTooSoon, AgreementAsked,
    forum.text.TextTooLong, and as forum.accounts.aliases.choose_name.
    """
    if earlier := _find_submission(author, submission_key):
        return earlier
    check_pause(author)
    if not author.is_staff:
        _check_rest(room)
        _check_room_pace(author, room)
    alias_id = None
    if not as_volunteer:
        agree(author, room, agreed=agreed)
        alias_id = _name_for(author, room.id, name)
    moment = now()
    thread = Thread(
        room=room,
        author=author,
        title=cover(clean_line(title), covered.title),
        typed_title=cover(clean_line(title), covered.title),
        warning=warning,
        wish=wish,
        created_at=moment,
        last_post_at=moment,
    )
    return _add_post(
        thread,
        author,
        cover(clean(body), covered.body),
        warning,
        submission_key,
        alias_id=alias_id,
        is_opening=True,
        as_volunteer=as_volunteer,
        is_self_covered=any(covered),
    )


def reply(
    author: Member,
    thread: Thread,
    *,
    body: str,
    warning: ContentWarning = ContentWarning.NONE,
    submission_key: str,
    covered: Covered = NOTHING,
    as_volunteer: bool = False,
    name: str | None = None,
    quoted: Post | None = None,
    agreed: bool = False,
) -> Post:
    """Answer in a thread. Returns the post, pending, with its scan job beside it.

    Whoever has written in the thread before keeps the name of that, also where the thread has
    moved; staff on duty have their own. `covered` places of the clean body are not stored; `name`
    is another name for this room, asked for with the first words there. The same submission key of
    the same author returns the post that it made before. `quoted` is the post of the thread that it
    is about, if it is about one; it is named and not copied, so what is taken back or covered there
    is so here. `agreed` accepts the room's agreement. A pause, and an agreement, is not for what
    staff answer on duty. Raises ThreadLocked, RoomRests, TooSoon, AgreementAsked, Paused,
    forum.text.TextTooLong, and as forum.accounts.aliases.choose_name.
    """
    if earlier := _find_submission(author, submission_key):
        return earlier
    if not as_volunteer:
        check_pause(author)
    if not author.is_staff:
        _check_thread(author, thread)
    alias_id = None
    if not as_volunteer:
        agree(author, thread.room, agreed=agreed)
        alias_id = _name_in(author, thread, name)
    thread.last_post_at = now()
    return _add_post(
        thread,
        author,
        cover(clean(body), covered.body),
        warning,
        submission_key,
        alias_id=alias_id,
        as_volunteer=as_volunteer,
        quoted_id=quoted.id if quoted and quoted.thread_id == thread.id else None,
        is_self_covered=any(covered),
    )


def edit(
    author: Member,
    post: Post,
    *,
    body: str,
    warning: ContentWarning,
    title: str | None = None,
    wish: Wish | None = None,
    covered: Covered = NOTHING,
) -> None:
    """Change the author's own post; the new text is scanned like a new post.

    What stood there before is scanned too, if that had not happened yet.
    What others could read they can read again after the scan; what was held or hidden stays so,
    and covered words stay covered wherever the new text still has them. Raises NotAllowed,
    Paused, forum.text.TextTooLong.
    """
    _take(post)
    if post.author_id != author.id or post.visibility is Visibility.DELETED:
        raise NotAllowed
    check_pause(author)
    by_staff = covered_words(post)
    keep_unread(post)
    post.body = cover(clean(body), covered.body)
    post.warning = post.least_warning if warning is ContentWarning.NONE else warning
    if post.is_opening and title is not None:
        post.thread.typed_title = cover(clean_line(title), covered.title)
        post.thread.warning = post.warning
    if post.is_opening and wish is not None:
        post.thread.wish = wish
    set_masks(post, masks_for(whole_text(post), by_staff))
    post.is_self_covered = post.is_self_covered or any(covered)
    post.version += 1
    post.written_at = now()
    if post.visibility is Visibility.VISIBLE:
        post.visibility = Visibility.PENDING
    enqueue(SCAN_POST, post.id)


def delete(author: Member, post: Post) -> None:
    """Take the author's own words back: nobody sees them from now on.

    The text is erased at once, or as soon as it has been scanned: who takes words back within a
    second may be the one who needs someone. Raises NotAllowed.
    """
    _take(post)
    if post.author_id != author.id:
        raise NotAllowed
    take_away(post)
    if post.is_scanned:
        erase(post)


def take_away(post: Post) -> None:
    """Let nobody see a post from now on. Its text stays, for the desk alone, until `erase`."""
    post.visibility = Visibility.DELETED
    post.body_html = ""
    untell(post)
    if post.is_opening:
        # The title is seen beside the post, so it goes at once; the scan finds it here.
        post.body = whole_text(post)
        post.thread.title = post.thread.typed_title = ""
        post.masks = [
            Mask(start=mask["start"] + len(GAP), end=mask["end"] + len(GAP), reason=mask["reason"])
            for mask in post.masks
        ]


def erase(post: Post) -> None:
    """Empty a deleted post that has been scanned; its place in the thread stays."""
    forget_texts(post)
    post.body = ""
    post.masks = []


def set_visibility(post: Post, visibility: Visibility) -> None:
    """Hide, hold or show a post, unless its author has deleted it.

    Who follows the thread is told of an answer once others can read it, and not before.
    """
    if post.visibility is Visibility.DELETED:
        return
    post.visibility = visibility
    if post.is_opening:
        return
    db.session.flush()
    if visibility is Visibility.VISIBLE:
        tell_followers(post)
    else:
        untell(post)


def set_warning(post: Post, warning: ContentWarning) -> None:
    """Put a content warning on a post, and on the thread that it opens, as staff ask for it."""
    post.warning = post.least_warning = warning
    if post.is_opening:
        post.thread.warning = warning


def _take(post: Post) -> None:
    """Keep a post from everyone else, and read it and its title again.

    Staff may be covering words of it at this moment, a worker may be reading it, its author may
    change it in another window.
    """
    take_row(post)
    if post.is_opening:
        db.session.refresh(post.thread)


def _name_for(author: Member, room_id: int, name: str | None) -> int | None:
    chosen = choose_name(author, room_id, name)
    return chosen.id if chosen.name else None


def _name_in(author: Member, thread: Thread, name: str | None) -> int | None:
    earlier = first_of(author, thread)
    if earlier is None:
        return _name_for(author, thread.room_id, name)
    if name is not None and name != earlier.author_name:
        raise AliasChosen
    return earlier.alias_id


def _check_thread(author: Member, thread: Thread) -> None:
    if thread.is_locked:
        raise ThreadLocked
    _check_rest(thread.room)
    if wait := _minutes_left(author, thread.slow_minutes, Post.thread_id == thread.id):
        raise TooSoon(wait)
    _check_room_pace(author, thread.room)


def _check_rest(room: Room) -> None:
    if (rest := rest_of(room)) is not None:
        raise RoomRests(rest.until)


def _check_room_pace(author: Member, room: Room) -> None:
    here = Post.thread_id.in_(select(Thread.id).where(Thread.room_id == room.id))
    if wait := _minutes_left(author, room.slow_minutes, here):
        raise RoomTooSoon(wait)


def _minutes_left(author: Member, pace: int, where: ColumnElement[bool]) -> int:
    """Return how many minutes this person still waits there between two posts."""
    if not pace:
        return 0
    # Of two posts sent at once, the second waits here and finds the first.
    db.session.execute(
        select(Member.id).where(Member.id == author.id).with_for_update(key_share=True)
    )
    last = db.session.scalar(
        select(func.max(Post.created_at)).where(Post.author_id == author.id, where)
    )
    if last is None:
        return 0
    return max(0, math.ceil((last + timedelta(minutes=pace) - now()) / timedelta(minutes=1)))


def _add_post(
    thread: Thread,
    author: Member,
    text: str,
    warning: ContentWarning,
    submission_key: str,
    *,
    alias_id: int | None,
    is_opening: bool = False,
    as_volunteer: bool = False,
    quoted_id: int | None = None,
    is_self_covered: bool = False,
) -> Post:
    moment = now()
    post = Post(
        thread=thread,
        author=author,
        alias_id=alias_id,
        is_opening=is_opening,
        as_volunteer=as_volunteer,
        quoted_id=quoted_id,
        is_self_covered=is_self_covered,
        body=text,
        body_html=render(text),
        renderer_version=RENDERER_VERSION,
        warning=warning,
        created_at=moment,
        written_at=moment,
        submission_key=submission_key,
    )
    try:
        with db.session.begin_nested():
            db.session.add(post)
    except IntegrityError:
        # The form came twice at the same moment, and the other one was first.
        earlier = _find_submission(author, submission_key)
        if earlier is None:
            raise
        return earlier
    enqueue(SCAN_POST, post.id)
    if not as_volunteer:
        keep_up(author, thread)
        erase_draft(author, thread.room_id, None if is_opening else thread.id)
    return post


def _find_submission(author: Member, submission_key: str) -> Post | None:
    return db.session.scalar(
        SENT_BEFORE, {"author_id": author.id, "submission_key": submission_key}
    )
