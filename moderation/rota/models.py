"""Slots of the week, the turns that people plan in them, and turns that change hands."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.accounts.models import Member
from forum.extensions import Model


class Slot(Model):
    """Some hours of each week in which people shall be there, by the clock of Jakarta."""

    __tablename__ = "rota_slot"
    __table_args__ = (
        UniqueConstraint("weekday", "hour"),
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("hour BETWEEN 0 AND 23", name="hour"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # 0 is Monday.
    weekday: Mapped[int]
    hour: Mapped[int]
    # How many hours it lasts; it may run into the next day.
    length: Mapped[int]


class Turn(Model):
    """Somebody plans to be there in a slot of one day."""

    __tablename__ = "rota_turn"
    __table_args__ = (UniqueConstraint("slot_id", "day", "member_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    slot_id: Mapped[int] = mapped_column(ForeignKey("rota_slot.id"))
    # The day on which it begins, in Jakarta.
    day: Mapped[date] = mapped_column(index=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    # Whether they look for somebody to take it.
    is_offered: Mapped[bool] = mapped_column(default=False)

    slot: Mapped[Slot] = relationship()
    member: Mapped[Member] = relationship()


class Swap(Model):
    """Somebody proposes a turn of theirs for one that is offered."""

    __tablename__ = "rota_swap"
    __table_args__ = (
        UniqueConstraint("wanted_id", "given_id"),
        CheckConstraint("wanted_id <> given_id", name="two_turns"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    wanted_id: Mapped[int] = mapped_column(ForeignKey("rota_turn.id", ondelete="CASCADE"))
    given_id: Mapped[int] = mapped_column(
        ForeignKey("rota_turn.id", ondelete="CASCADE"), index=True
    )
    # Whose the turns were when it was proposed: it holds for these two alone.
    wanted_from_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    given_by_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)

    wanted: Mapped[Turn] = relationship(foreign_keys=[wanted_id])
    given: Mapped[Turn] = relationship(foreign_keys=[given_id])
    given_by: Mapped[Member] = relationship(foreign_keys=[given_by_id])
