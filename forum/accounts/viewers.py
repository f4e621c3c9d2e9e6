"""Viewers in statements that are built once: anybody of a kind, named when it is carried out.

To build a statement takes several times as long as to ask it.
"""

from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import BindParameter, Integer, bindparam

from forum.accounts.models import Member


class Viewer(Protocol):
    """Whose eyes a condition speaks of: a member, or any member of a kind."""

    @property
    def id(self) -> Any:
        """Their id, or the parameter that holds it."""

    @property
    def is_staff(self) -> bool:
        """Whether they are of the team, after their second step."""


@dataclass(frozen=True)
class AnyViewer:
    """Anybody of a kind; `viewer_values` says who."""

    is_staff: bool

    @property
    def id(self) -> BindParameter[int]:
        """The parameter that holds their id."""
        return bindparam("viewer_id", type_=Integer)


def anybody_like(viewer: Member | None) -> AnyViewer | None:
    """Return who stands for a viewer while a statement is built; None is a visitor."""
    return None if viewer is None else AnyViewer(viewer.is_staff)


def viewer_values(viewer: Member | None) -> dict[str, int]:
    """Return the values that a statement for anybody like this viewer needs."""
    return {} if viewer is None else {"viewer_id": viewer.id}
