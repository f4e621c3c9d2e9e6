"""Reads of blocks, and the conditions that they put on what is read."""

from sqlalchemy import ColumnElement, ScalarSelect, and_, bindparam, exists, select
from sqlalchemy.orm import InstrumentedAttribute, joinedload

from forum.accounts.models import Alias, Member
from forum.blocks.models import Block
from forum.extensions import db
from forum.posts.models import Post, Thread

MUTED = select(Block.blocked_id, Block.alias_id).where(Block.blocker_id == bindparam("member_id"))


def blocks_of(member: Member) -> list[Block]:
    """Return the names that a member does not read, the latest first."""
    rows = db.session.scalars(
        select(Block)
        .where(Block.blocker_id == member.id)
        .options(joinedload(Block.blocked), joinedload(Block.alias))
        .order_by(Block.id.desc())
    )
    return list(rows)


def muted_by(member: Member | None) -> set[tuple[int, int | None]]:
    """Return the names that a reader does not want to read: ids of member and alias.

    One statement, or none. Staff read everyone.
    """
    if member is None or member.is_staff:
        return set()
    rows = db.session.execute(MUTED, {"member_id": member.id})
    return {(blocked_id, alias_id) for blocked_id, alias_id in rows}


def is_hidden_from(viewer_id: int | InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Return the condition under which a writer does not want this viewer to read a post.

    Needs Thread joined. It holds between two names: the one on the post and the one that the
    viewer has in that room, so that nobody learns from it which other names are theirs.
    """
    writers_name = _alias_in(Block.blocker_id, Block.room_id)
    viewers_name = _alias_in(viewer_id, Thread.room_id)
    return and_(
        Post.as_volunteer.is_(False),
        exists().where(
            Block.blocker_id == Post.author_id,
            Block.blocked_id == viewer_id,
            Block.hides_me,
            Post.alias_id.is_not_distinct_from(writers_name),
            Block.alias_id.is_not_distinct_from(viewers_name),
        ),
    )


def is_muted_for(viewer_id: int | InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Return the condition under which a viewer does not want to read a post's name."""
    return and_(
        Post.as_volunteer.is_(False),
        exists().where(
            Block.blocker_id == viewer_id,
            Block.blocked_id == Post.author_id,
            Block.alias_id.is_not_distinct_from(Post.alias_id),
        ),
    )


def _alias_in(member_id: object, room_id: object) -> ScalarSelect[int]:
    return (
        select(Alias.id)
        .where(Alias.member_id == member_id, Alias.room_id == room_id, Alias.name.is_not(None))
        .correlate_except(Alias)
        .scalar_subquery()
    )
