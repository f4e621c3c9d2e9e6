"""All tables of the test's database, and how they are emptied."""

from collections.abc import Collection
from functools import cache

from sqlalchemy import Table, TextClause, text

from forum.extensions import db
from tests.triggers import triggers_off


def empty_tables(but: Collection[str] = ()) -> None:
    """Delete all rows, in the session's transaction; most tables have none, and are only asked."""
    tables, which_are_filled = all_tables()
    has_rows = db.session.execute(which_are_filled).one()
    with triggers_off():
        for table, is_filled in zip(tables, has_rows, strict=True):
            if is_filled and table.name not in but:
                db.session.execute(table.delete())


@cache
def all_tables() -> tuple[list[Table], TextClause]:
    """Return all tables, those that refer to others first, and the question which have rows."""
    tables = list(reversed(db.metadata.sorted_tables))
    return tables, text(
        "SELECT " + ", ".join(f'EXISTS (SELECT 1 FROM "{table.name}")' for table in tables)
    )
