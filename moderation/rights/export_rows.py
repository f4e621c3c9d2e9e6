"""How the parts of a copy read somebody's rows of a table."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute

from forum.accounts.models import Member
from forum.extensions import db
from forum.text import COVERED
from forum.web.pages import covered_text

Rows = list[dict[str, Any]]


def theirs(owner: InstrumentedAttribute[Any], member: Member, *wanted: Any) -> Select[Any]:
    """Return a query for the rows whose column `owner` names somebody, the oldest row first.

    It asks for whole rows, or for what is `wanted` of them and of tables that are joined to it.
    """
    model = owner.class_
    found = select(*(wanted or (model,))).select_from(model)
    return found.where(owner == member.id).order_by(*model.__table__.primary_key)


def listed(
    owner: InstrumentedAttribute[Any], *same: str, **renamed: str
) -> Callable[[Member], Rows]:
    """Return a part that lists columns of somebody's rows, by the names they have in the copy.

    `same` are columns that have their own; `renamed` says of which column the others are.
    """
    columns = {**{name: name for name in same}, **renamed}

    def rows(member: Member) -> Rows:
        return [
            {name: getattr(row, column) for name, column in columns.items()}
            for row in db.session.scalars(theirs(owner, member))
        ]

    return rows


def as_shown(text: str) -> str:
    """Return a text of member or staff with the words for what is covered in it."""
    return text.replace(COVERED, covered_text())
