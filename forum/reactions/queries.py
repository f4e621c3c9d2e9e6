"""Reads of reactions: never who, and never how many."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import false, select

from forum.accounts.models import Member
from forum.extensions import db
from forum.posts.models import Post
from forum.reactions.models import Reaction, ReactionKind


@dataclass
class Signs:
    """What came to one post: `mine` are the viewer's own, `others` of everybody else."""

    mine: set[ReactionKind] = field(default_factory=set)
    others: set[ReactionKind] = field(default_factory=set)


def signs_on(posts: Iterable[Post], viewer: Member | None) -> dict[int, Signs]:
    """Return what came to each of these posts, by post id, in one statement."""
    is_mine = Reaction.member_id == viewer.id if viewer is not None else false()
    rows = db.session.execute(
        select(Reaction.post_id, Reaction.kind, is_mine)
        .where(Reaction.post_id.in_([post.id for post in posts]))
        .distinct()
    )
    found: dict[int, Signs] = defaultdict(Signs)
    for post_id, kind, mine in rows:
        (found[post_id].mine if mine else found[post_id].others).add(kind)
    return found
