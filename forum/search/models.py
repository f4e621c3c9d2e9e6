"""The index of what can be found. Each database adds its own full text to it (migration 0021)."""

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from forum.extensions import Model


class SearchEntry(Model):
    """What one post is found by: stems of what others read of it, never of covered words.

    A deleted post has no row. `is_open` says that members may find it; the staff find the others.
    """

    __tablename__ = "search_entry"

    post_id: Mapped[int] = mapped_column(
        ForeignKey("post.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    words: Mapped[str] = mapped_column(Text)
    is_open: Mapped[bool]
