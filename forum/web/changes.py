"""When the database was last written to, known to all processes of one machine at once."""

import mmap
import struct
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

# Statements that change nothing. Whatever else there is counts as a change.
HARMLESS = ("SELECT", "BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK", "PRAGMA", "SET")
# In the machine's own order of bytes it is written at one stroke, so nobody reads half of it.
MOMENT = struct.Struct("q")


class LastChange:
    """The moment of the last change, in a file of eight bytes that processes share as memory.

    Moments are nanoseconds of the machine's monotonic clock, which no administrator can set.
    """

    def __init__(self, path: Path) -> None:
        """Share the file at `path`; it is made where there is none."""
        with path.open("a+b") as file:
            file.truncate(MOMENT.size)
            self._memory = mmap.mmap(file.fileno(), MOMENT.size)
        if self.moment() > time.monotonic_ns():
            # It is from before the machine was started: its clock has begun again.
            self.note()

    def moment(self) -> int:
        """Return when something was last changed."""
        moment: int = MOMENT.unpack_from(self._memory)[0]
        return moment

    def note(self) -> None:
        """Say that something has changed just now."""
        MOMENT.pack_into(self._memory, 0, time.monotonic_ns())


def note_changes(engine: Engine, last: LastChange) -> None:
    """Let whatever is written through an engine be noted once its transaction has ended."""

    @event.listens_for(engine, "after_cursor_execute")
    def look(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(HARMLESS):
            connection.info["has_written"] = True

    @event.listens_for(engine, "checkin")
    def note(_connection: Any, record: Any) -> None:
        # A connection comes back after its commit; SQLAlchemy's own "commit" comes before it.
        if record.info.pop("has_written", False):
            last.note()
