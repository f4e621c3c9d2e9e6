"""What must be true of the index: it knows every post that is there, and opens none too far."""

from sqlalchemy import Select, exists, not_, or_, select

from forum.posts.models import Post, Visibility
from forum.rooms.models import ContentWarning
from forum.search.models import SearchEntry


def _opened_too_far() -> Select[tuple[int]]:
    return (
        select(SearchEntry.post_id)
        .join(Post, Post.id == SearchEntry.post_id)
        .where(
            or_(
                Post.visibility == Visibility.DELETED,
                SearchEntry.is_open
                & or_(
                    Post.visibility != Visibility.VISIBLE,
                    Post.scanned_version < Post.version,
                    Post.warning != ContentWarning.NONE,
                ),
            )
        )
    )


def _not_indexed() -> Select[tuple[int]]:
    known = exists().where(SearchEntry.post_id == Post.id)
    return select(Post.id).where(Post.visibility != Visibility.DELETED, not_(known))


CHECKS = {
    "search opened too far": _opened_too_far,
    "posts that search does not know": _not_indexed,
}
