"""What happened to cases since a page was made: how many are new, how many others changed.

A mark is the newest id of each kind of row that opens or changes a case. Ids only grow, so a look
at six ends of indexes tells whether anything happened, however long the queue is.
"""

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, cast, func, literal, null, select, union_all
from sqlalchemy.orm import InstrumentedAttribute

from forum.extensions import db
from moderation.care.models import CheckIn, CheckInMessage, Speaker
from moderation.cases.models import Case, Decision, Flag, Report, ScanFailure

# How far back rows are read; a page that missed more says "99+".
READ = 100
Mark = tuple[int, ...]

_OPENED = 0
_WRITTEN = re.compile(r"\d{1,18}(?:\.\d{1,18}){5}", re.ASCII)


@dataclass(frozen=True)
class Happening:
    """One row: its kind, its id, the case that it is about, and who of the staff made it."""

    kind: int
    id: int
    case_id: int
    by: int | None


@dataclass(frozen=True)
class News:
    """How many cases came, and how many others changed. Counted up to READ."""

    new: int
    changed: int


@dataclass(frozen=True)
class Recent:
    """The newest rows of each kind, as they stood at `mark`."""

    mark: Mark
    happenings: tuple[Happening, ...]

    def since(self, mark: Mark, member_id: int) -> News:
        """Return what happened after a mark. What this person did is no news to them."""
        later = [row for row in self.happenings if row.id > mark[row.kind] and row.by != member_id]
        new = {row.case_id for row in later if row.kind == _OPENED}
        changed = {row.case_id for row in later} - new
        return News(len(new), len(changed))


def read_mark() -> Mark:
    """Return where things stand now, in one statement."""
    heads = (
        select(func.coalesce(func.max(table.id), 0)).scalar_subquery()
        for table in (Case, Flag, Report, ScanFailure, Decision, CheckInMessage)
    )
    return tuple(db.session.execute(select(*heads)).one())


def read_recent(known: Recent | None = None) -> Recent:
    """Return the newest rows, in one statement if nothing happened since `known`, else in two."""
    mark = read_mark()
    if known and known.mark == mark:
        return known
    parts = (
        _newest(_OPENED, Case.id, Case.id),
        _newest(1, Flag.id, Flag.case_id),
        _newest(2, Report.id, Report.case_id),
        _newest(3, ScanFailure.id, ScanFailure.case_id),
        _newest(4, Decision.id, Decision.case_id, Decision.moderator_id),
        _newest(5, CheckInMessage.id, CheckIn.case_id)
        .join(CheckIn, CheckIn.id == CheckInMessage.check_in_id)
        .where(CheckInMessage.who == Speaker.MEMBER),
    )
    rows = db.session.execute(union_all(*(select(part.subquery()) for part in parts)))
    return Recent(mark, tuple(Happening(*row) for row in rows))


def write_mark(mark: Mark) -> str:
    """Return a mark as pages carry it."""
    return ".".join(map(str, mark))


def parse_mark(written: str) -> Mark | None:
    """Return the mark that a page carried, or None if it is none of ours."""
    return tuple(map(int, written.split("."))) if _WRITTEN.fullmatch(written) else None


def _newest(
    kind: int,
    row_id: InstrumentedAttribute[int],
    case_id: InstrumentedAttribute[int],
    by: ColumnElement[Any] | InstrumentedAttribute[int] | None = None,
) -> Select[Any]:
    columns = (
        literal(kind).label("kind"),
        row_id.label("id"),
        case_id.label("case_id"),
        (cast(null(), Integer) if by is None else by).label("by"),
    )
    return select(*columns).order_by(row_id.desc()).limit(READ)
