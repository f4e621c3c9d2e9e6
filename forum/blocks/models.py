"""Which names a member does not want to meet. Only they know of it."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.accounts.models import Alias, Member
from forum.extensions import Model


class Block(Model):
    """One name that one member does not read: it concerns this name alone, not its person.

    With `hides_me` that name does not see either what the blocker writes under the name they
    have in the room of the block.
    """

    __tablename__ = "block"

    id: Mapped[int] = mapped_column(primary_key=True)
    blocker_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    blocked_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    # The name that is blocked; none is the pseudonym.
    alias_id: Mapped[int | None] = mapped_column(ForeignKey("alias.id"))
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id"))
    hides_me: Mapped[bool]

    blocked: Mapped[Member] = relationship(foreign_keys=[blocked_id])
    alias: Mapped[Alias | None] = relationship()

    @property
    def name(self) -> str:
        """The name that is not read."""
        return self.alias.name if self.alias and self.alias.name else self.blocked.pseudonym
