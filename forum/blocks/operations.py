"""Not reading a name any more, and reading it again."""

from sqlalchemy import delete, func, select

from forum.accounts.models import STAFF, Member
from forum.blocks.models import Block
from forum.extensions import count_rows, db
from forum.posts.models import Post

MOST = 200


class NotBlockable(Exception):
    """Staff read everyone, volunteers on duty are read by everyone, nobody blocks themselves."""


class TooMany(Exception):
    """This person has blocked as many names as there is room for."""


def may_block(member: Member | None, post: Post) -> bool:
    """Return whether a member may stop reading the name on this post."""
    if member is None or member.role in STAFF:
        return False
    return member.id != post.author_id and not post.as_volunteer


def block(member: Member, post: Post, *, hides_me: bool) -> Block:
    """Stop reading the name on a post. A later choice takes the place of an earlier one.

    Raises NotBlockable, TooMany.
    """
    if not may_block(member, post):
        raise NotBlockable
    db.session.execute(
        delete(Block).where(
            Block.blocker_id == member.id,
            Block.blocked_id == post.author_id,
            Block.alias_id.is_not_distinct_from(post.alias_id),
        )
    )
    if (db.session.scalar(select(func.count()).where(Block.blocker_id == member.id)) or 0) >= MOST:
        raise TooMany
    made = Block(
        blocker_id=member.id,
        blocked_id=post.author_id,
        alias_id=post.alias_id,
        room_id=post.thread.room_id,
        hides_me=hides_me,
    )
    db.session.add(made)
    return made


def unblock(member: Member, block_id: int) -> bool:
    """Read a name again. Returns whether the member had blocked it."""
    return bool(
        count_rows(delete(Block).where(Block.id == block_id, Block.blocker_id == member.id))
    )
