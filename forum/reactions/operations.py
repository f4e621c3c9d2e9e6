"""Giving a sign to a writer, and taking it back."""

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from forum.accounts.models import Member
from forum.extensions import db
from forum.posts.models import Post, Visibility
from forum.posts.operations import NotAllowed, check_pause
from forum.reactions.models import Reaction, ReactionKind


def react(member: Member, post: Post, kind: ReactionKind) -> None:
    """Give a sign to the writer of a post. Giving it twice is giving it once.

    Raises NotAllowed on one's own words and on those that others do not see; Paused.
    """
    if post.author_id == member.id or post.visibility is not Visibility.VISIBLE:
        raise NotAllowed
    check_pause(member)
    try:
        with db.session.begin_nested():
            db.session.add(Reaction(post_id=post.id, member_id=member.id, kind=kind))
    except IntegrityError:
        return


def take_back(member: Member, post: Post, kind: ReactionKind) -> None:
    """Take one's own sign back, if it was given."""
    db.session.execute(
        delete(Reaction).where(
            Reaction.post_id == post.id, Reaction.member_id == member.id, Reaction.kind == kind
        )
    )
