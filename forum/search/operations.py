"""What is done to the index as a whole: built anew, and rid of entries that should be gone."""

from sqlalchemy import delete, select
from sqlalchemy.orm import joinedload

from forum.extensions import count_rows, db
from forum.posts.models import Post, Visibility
from forum.search.indexing import entry_of
from forum.search.models import SearchEntry

BATCH = 200


def index_after(post_id: int, limit: int = BATCH) -> tuple[int, int]:
    """Make the entries of the next posts after an id anew, in the caller's transaction.

    Returns the last id and how many posts it read; none means that all is done. Each batch is
    its own transaction, so people go on writing meanwhile.
    """
    posts = list(
        db.session.scalars(
            select(Post)
            .where(Post.id > post_id, Post.visibility != Visibility.DELETED)
            .options(joinedload(Post.thread))
            .order_by(Post.id)
            .limit(limit)
            # What is being changed elsewhere is waited for: its words must not come back.
            .with_for_update(of=Post)
        )
    )
    ids = [post.id for post in posts]
    db.session.execute(delete(SearchEntry).where(SearchEntry.post_id.in_(ids)))
    db.session.add_all(SearchEntry(post_id=post.id, **entry_of(post)) for post in posts)
    db.session.flush()
    db.session.expunge_all()
    return (ids[-1] if ids else post_id), len(ids)


def forget_posts_of(member_id: int) -> int:
    """Delete the entries of somebody's posts, for who empties these posts past the session."""
    theirs = select(Post.id).where(Post.author_id == member_id)
    return count_rows(delete(SearchEntry).where(SearchEntry.post_id.in_(theirs)))


def drop_stray_entries() -> int:
    """Delete entries of posts that are deleted, in the caller's transaction. Returns how many."""
    gone = select(Post.id).where(Post.visibility == Visibility.DELETED)
    return count_rows(delete(SearchEntry).where(SearchEntry.post_id.in_(gone)))
