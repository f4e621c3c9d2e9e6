"""What many tests begin with: made once by the operations, then put back row by row."""

from datetime import date, datetime
from typing import Generic, TypeVar

from sqlalchemy import insert, select

from forum.clock import now
from forum.extensions import db
from tests.tables import all_tables, empty_tables
from tests.triggers import triggers_off

Thing = TypeVar("Thing")

# Its rows are sealed with their moments.
SEALED = "audit_entry"


class Snapshot(Generic[Thing]):
    """All rows of a database as they stand, and what a fixture returned with them."""

    def __init__(self, thing: Thing) -> None:
        self.thing = thing
        self._taken = now()
        self._rows = {
            table: rows
            for table in reversed(all_tables()[0])
            if (rows := [dict(row) for row in db.session.execute(select(table)).mappings()])
        }

    def put_back(self) -> Thing:
        """Leave these rows and no others, as if they had been made just now. Commits."""
        moment = now()
        by, days = moment - self._taken, moment.date() - self._taken.date()

        def moved(value: object) -> object:
            if isinstance(value, datetime):
                return value + by
            return value + days if isinstance(value, date) else value

        empty_tables()
        with triggers_off():
            for table, rows in self._rows.items():
                fresh = rows
                if table.name != SEALED:
                    fresh = [{name: moved(value) for name, value in row.items()} for row in rows]
                db.session.execute(insert(table), fresh)
        db.session.commit()
        return self.thing
