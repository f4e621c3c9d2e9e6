"""Which threads a member follows. Of other threads we keep no record of who has read them."""

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from forum.extensions import Model


class Follow(Model):
    """One thread that one member follows, and how far they have read it.

    Whoever writes in a thread follows it. Who doesn't want to any more keeps the row, switched
    off, so that their next answer does not switch it on again.
    """

    __tablename__ = "follow"
    __table_args__ = (UniqueConstraint("member_id", "thread_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id"), index=True)
    # The last post of the furthest page that the member has opened. No moment is kept.
    seen_post_id: Mapped[int] = mapped_column(default=0)
    is_on: Mapped[bool] = mapped_column(default=True)
