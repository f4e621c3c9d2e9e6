"""The names that one member has in different rooms, and how they are kept apart.

A name is chosen with the first words in a room and stays. Who reads two of them finds nothing
that both share: they are rows of their own, and nothing public is made from the member.
"""

import re
from difflib import SequenceMatcher

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from forum.accounts.models import Alias, Member
from forum.accounts.names import fold_name, suggest_names
from forum.accounts.operations import NameTaken, is_name_taken, take_names
from forum.extensions import db

# Two names as alike as this could be guessed to be one person's; a choice of ours, by eye.
TOO_ALIKE = 0.7
LEAST_PART = 3


class AliasChosen(Exception):
    """The member writes under another name in this place already, and keeps it."""


class TooAlike(Exception):
    """The name resembles another name of the same person."""


def alias_in(member: Member, room_id: int) -> Alias | None:
    """Return what the member has chosen for a room, if they have written there."""
    return db.session.scalar(
        select(Alias).where(Alias.member_id == member.id, Alias.room_id == room_id)
    )


def aliases_of(member: Member) -> list[Alias]:
    """Return the names of a member in their rooms, with the rooms; for themselves alone."""
    rows = db.session.scalars(
        select(Alias)
        .where(Alias.member_id == member.id, Alias.name.is_not(None))
        .options(joinedload(Alias.room))
        .order_by(Alias.id)
    )
    return list(rows)


def choose_name(member: Member, room_id: int, name: str | None) -> Alias:
    """Note under which name a member writes in a room; None is their pseudonym.

    The first choice stays. Nobody is given a name that they did not expect, so asking for
    another one later raises AliasChosen. Raises NameTaken, TooAlike too.
    """
    if known := alias_in(member, room_id):
        return _as_expected(known, name)
    if name is not None:
        if is_alike(name, names_of(member)):
            raise TooAlike
        take_names()
        if is_name_taken(name):
            raise NameTaken
    alias = Alias(
        member_id=member.id,
        room_id=room_id,
        name=name,
        folded_name=fold_name(name) if name is not None else None,
    )
    try:
        with db.session.begin_nested():
            db.session.add(alias)
    except IntegrityError:
        # The form came twice at the same moment, and the other one was first.
        if known := alias_in(member, room_id):
            return _as_expected(known, name)
        raise NameTaken from None
    return alias


def names_of(member: Member) -> list[str]:
    """Return every name that a member has."""
    return [member.pseudonym, *(alias.name for alias in aliases_of(member) if alias.name)]


def suggest_aliases(member: Member, count: int = 5) -> list[str]:
    """Return that many random names that share no part with a name of this member."""
    own = names_of(member)
    found: list[str] = []
    while len(found) < count:
        found += [name for name in suggest_names(count) if not is_alike(name, own)]
    return found[:count]


def is_alike(name: str, others: list[str]) -> bool:
    """Return whether a name has a part of another one, or is nearly spelled as it."""
    return any(
        _parts(name) & _parts(other) or _resembles(fold_name(name), fold_name(other))
        for other in others
    )


def _as_expected(known: Alias, name: str | None) -> Alias:
    if name is not None and known.name != name:
        raise AliasChosen
    return known


def _resembles(one: str, other: str) -> bool:
    """Return whether two names are nearly spelled alike; the cheap upper bound is asked first."""
    matcher = SequenceMatcher(None, one, other)
    return matcher.quick_ratio() >= TOO_ALIKE and matcher.ratio() >= TOO_ALIKE


def _parts(name: str) -> set[str]:
    parts = re.split(r"[-_. ]+", name)
    return {fold_name(part) for part in parts if len(part) >= LEAST_PART or part.isdigit()}
