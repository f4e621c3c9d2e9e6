"""Following a thread, having read it, and telling those who follow that somebody answered."""

from sqlalchemy import and_, bindparam, delete, exists, not_, or_, select, update
from sqlalchemy.exc import IntegrityError

from forum.accounts.models import Member
from forum.blocks.queries import is_hidden_from, is_muted_for
from forum.clock import now
from forum.extensions import db
from forum.follows.models import Follow
from forum.follows.queries import follow_of
from forum.groups.entry import is_inside
from forum.notices.models import Notice, NoticeKind
from forum.notices.operations import notify
from forum.posts.models import Post, Thread
from forum.rooms.models import Room

# Who is told of a post, unless they know of it or of an earlier one that they have not looked at.
FOLLOWERS = (
    select(Follow.member_id)
    .join(Thread, Thread.id == Follow.thread_id)
    .join(Room, Room.id == Thread.room_id)
    .join(Post, Post.thread_id == Thread.id)
    .where(
        Post.id == bindparam("post_id"),
        Follow.is_on,
        is_inside(Follow.member_id),
        Follow.member_id != Post.author_id,
        not_(is_hidden_from(Follow.member_id)),
        not_(is_muted_for(Follow.member_id)),
        not_(
            exists().where(
                Notice.member_id == Follow.member_id,
                Notice.kind == NoticeKind.REPLY,
                or_(
                    Notice.post_id == bindparam("post_id"),
                    and_(Notice.thread_id == bindparam("thread_id"), Notice.seen_at.is_(None)),
                ),
            )
        ),
    )
)


def set_follow(member: Member, thread: Thread, *, is_on: bool) -> None:
    """Follow a thread, or no more. Doing it twice is doing it once."""
    keep_up(member, thread)
    db.session.execute(
        update(Follow)
        .where(Follow.member_id == member.id, Follow.thread_id == thread.id)
        .values(is_on=is_on)
    )


def keep_up(member: Member, thread: Thread) -> None:
    """Follow a thread in which one has written, unless one has chosen about it before."""
    if follow_of(member, thread) is not None:
        return
    last = select(Post.id).where(Post.thread_id == thread.id).order_by(Post.id.desc()).limit(1)
    try:
        with db.session.begin_nested():
            db.session.add(
                Follow(
                    member_id=member.id,
                    thread_id=thread.id,
                    seen_post_id=db.session.scalar(last) or 0,
                )
            )
    except IntegrityError:
        # Two posts were sent at the same moment, and the other one was first.
        return


def note_read(member: Member, thread: Thread, post_id: int) -> None:
    """Note that a member has read a thread up to this post; what told them of it is seen too."""
    db.session.execute(
        update(Follow)
        .where(
            Follow.member_id == member.id,
            Follow.thread_id == thread.id,
            Follow.seen_post_id < post_id,
        )
        .values(seen_post_id=post_id)
    )
    db.session.execute(
        update(Notice)
        .where(
            Notice.member_id == member.id,
            Notice.kind == NoticeKind.REPLY,
            Notice.thread_id == thread.id,
            Notice.post_id <= post_id,
            Notice.seen_at.is_(None),
        )
        .values(seen_at=now())
    )


def tell_followers(post: Post) -> None:
    """Tell everyone who follows a thread that somebody answered: once until they look.

    Who has left the group of its room, from whom the post is hidden, or who does not want to read
    its name, hears nothing.
    """
    followers = db.session.scalars(FOLLOWERS, {"post_id": post.id, "thread_id": post.thread_id})
    for member_id in followers.all():
        notify(member_id, NoticeKind.REPLY, thread=post.thread, post=post)


def untell(post: Post) -> None:
    """Take back what was not seen yet of a post that others do not see any more."""
    db.session.execute(
        delete(Notice).where(
            Notice.post_id == post.id, Notice.kind == NoticeKind.REPLY, Notice.seen_at.is_(None)
        )
    )
