"""Reads of experiences. They stand beside the name of their room, and beside no other one."""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import and_, select

from forum.accounts.models import Alias, Member
from forum.extensions import db
from forum.posts.models import Post
from forum.rooms.models import Room, Tag
from forum.tags.models import LivedTag


def tags_of(member: Member, room: Room) -> set[str]:
    """Return the codes that a member has chosen in a room; for themselves."""
    wanted = (LivedTag.member_id == member.id, LivedTag.room_id == room.id)
    return set(db.session.scalars(select(LivedTag.code).where(*wanted)))


def tags_beside(posts: Iterable[Post], room: Room) -> dict[tuple[int, int | None], list[Tag]]:
    """Return what stands beside the names on these posts: by ids of member and alias.

    Who wrote under another name than the one they have in this room, in a thread that was moved
    here, shows nothing. One statement, or none.
    """
    authors = {post.author_id for post in posts if not post.as_volunteer}
    if not room.tags or not authors:
        return {}
    rows = db.session.execute(
        select(LivedTag.member_id, Alias.id, Alias.name, LivedTag.code)
        .join(
            Alias,
            and_(Alias.member_id == LivedTag.member_id, Alias.room_id == LivedTag.room_id),
        )
        .where(LivedTag.room_id == room.id, LivedTag.member_id.in_(authors))
    )
    chosen: dict[tuple[int, int | None], set[str]] = defaultdict(set)
    for member_id, alias_id, name, code in rows:
        chosen[member_id, alias_id if name else None].add(code)
    return {
        name: [tag for tag in room.tags if tag["code"] in codes] for name, codes in chosen.items()
    }
