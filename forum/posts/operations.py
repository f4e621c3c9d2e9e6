"""What people do with posts: publish, reply, edit, delete; and what the desk does to them."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from forum.accounts.models import Member
from forum.clock import now
from forum.extensions import db
from forum.outbox import enqueue
from forum.posts.models import Post, Thread, Visibility
from forum.rooms.models import ContentWarning, Room
from forum.text import RENDERER_VERSION, clean, clean_line, render

SCAN_POST = "scan_post"


class NotAllowed(Exception):
    """This person may not do this to this post."""


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
) -> Post:
    """Open a thread. Returns its opening post, pending, with its scan job beside it.

    The same submission key of the same author returns the post that it made before. Raises
    Paused, forum.text.TextTooLong.
    """
    if earlier := _find_submission(author, submission_key):
        return earlier
    check_pause(author)
    moment = now()
    thread = Thread(
        room=room,
        author=author,
        title=clean_line(title),
        warning=warning,
        created_at=moment,
        last_post_at=moment,
    )
    return _add_post(thread, author, body, warning, submission_key, is_opening=True)


def reply(
    author: Member,
    thread: Thread,
    *,
    body: str,
    warning: ContentWarning = ContentWarning.NONE,
    submission_key: str,
    as_volunteer: bool = False,
) -> Post:
    """Answer in a thread. Returns the post, pending, with its scan job beside it.

    The same submission key of the same author returns the post that it made before. A pause is
    not for what staff answer on duty. Raises Paused, forum.text.TextTooLong.
    """
    if earlier := _find_submission(author, submission_key):
        return earlier
    if not as_volunteer:
        check_pause(author)
    thread.last_post_at = now()
    return _add_post(thread, author, body, warning, submission_key, as_volunteer=as_volunteer)


def edit(
    author: Member, post: Post, *, body: str, warning: ContentWarning, title: str | None = None
) -> None:
    """Change the author's own post; the new text is scanned like a new post.

    What others could read they can read again after the scan; what was held or hidden stays so.
    Raises NotAllowed, Paused, forum.text.TextTooLong.
    """
    if post.author_id != author.id or post.visibility is Visibility.DELETED:
        raise NotAllowed
    check_pause(author)
    post.body = clean(body)
    post.body_html = render(post.body)
    post.renderer_version = RENDERER_VERSION
    post.warning = warning
    if post.is_opening and title is not None:
        post.thread.title = clean_line(title)
        post.thread.warning = warning
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
    if post.author_id != author.id:
        raise NotAllowed
    post.visibility = Visibility.DELETED
    post.body_html = ""
    if post.is_opening:
        # The title is seen beside the post, so it goes at once; the scan finds it here.
        post.body = f"{post.thread.title}\n\n{post.body}"
        post.thread.title = ""
    if post.is_scanned:
        erase(post)


def erase(post: Post) -> None:
    """Empty a deleted post that has been scanned; its place in the thread stays."""
    post.body = ""


def set_visibility(post: Post, visibility: Visibility) -> None:
    """Hide, hold or show a post, unless its author has deleted it."""
    if post.visibility is not Visibility.DELETED:
        post.visibility = visibility


def _add_post(
    thread: Thread,
    author: Member,
    body: str,
    warning: ContentWarning,
    submission_key: str,
    *,
    is_opening: bool = False,
    as_volunteer: bool = False,
) -> Post:
    text = clean(body)
    moment = now()
    post = Post(
        thread=thread,
        author=author,
        is_opening=is_opening,
        as_volunteer=as_volunteer,
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
    return post


def _find_submission(author: Member, submission_key: str) -> Post | None:
    return db.session.scalar(
        select(Post).where(Post.author_id == author.id, Post.submission_key == submission_key)
    )
