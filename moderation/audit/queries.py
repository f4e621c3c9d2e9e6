"""Reads of the record: searching it, and verifying its chain."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, func, or_, select
from sqlalchemy.orm import joinedload

from forum.accounts.models import Member, Role
from forum.clock import now
from forum.extensions import db
from moderation.audit.chain import GENESIS, hash_entry
from moderation.audit.models import Action, AuditEntry, SubjectKind

PER_PAGE = 50
# Further back than this, a search is narrowed and not paged through.
MAX_PAGE = 1_000
BATCH = 1_000
STAFF_SHOWN = 200
# Looking again within this time is the same reading.
ONE_READING = timedelta(minutes=10)


@dataclass(frozen=True)
class Page:
    """One page of entries, the newest first. `number` counts from 1."""

    items: list[AuditEntry]
    number: int
    has_next: bool


@dataclass(frozen=True)
class Broken:
    """The first entry that is not as it was written. `why` is missing, moved or changed."""

    id: int
    why: str


@dataclass(frozen=True)
class Verdict:
    """What a walk along the chain found. `head` is the hash of the last of `entries` good ones."""

    entries: int
    head: str
    broken: Broken | None


def search(
    *,
    action: str = "",
    actor_id: int | None = None,
    subject: tuple[str, int | None] | None = None,
    since: datetime | None = None,
    page: int = 1,
    veiled_cases: Select[tuple[int]] | None = None,
) -> Page:
    """Return a page of the entries that fit, the newest first, with their actors, in one statement.

    `subject` is a kind and the id of a row, or None for any row of the kind. `veiled_cases` is a
    query for the ids of cases whose entries nobody is shown now.
    """
    number = min(max(1, page), MAX_PAGE)
    wanted = select(AuditEntry).options(joinedload(AuditEntry.actor))
    if veiled_cases is not None:
        read_in = AuditEntry.detail["case"].as_integer()
        wanted = wanted.where(
            or_(
                AuditEntry.subject_kind != SubjectKind.CASE,
                AuditEntry.subject_id.not_in(veiled_cases),
            ),
            # Nor is it told who read the posts of such a case in it.
            or_(read_in.is_(None), read_in.not_in(veiled_cases)),
        )
    if action:
        wanted = wanted.where(AuditEntry.action == action)
    if actor_id is not None:
        wanted = wanted.where(AuditEntry.actor_id == actor_id)
    if subject is not None:
        kind, subject_id = subject
        wanted = wanted.where(AuditEntry.subject_kind == kind)
        if subject_id is not None:
            wanted = wanted.where(AuditEntry.subject_id == subject_id)
    if since is not None:
        wanted = wanted.where(AuditEntry.moment >= since)
    rows = list(
        db.session.scalars(
            wanted.order_by(AuditEntry.id.desc())
            .offset((number - 1) * PER_PAGE)
            .limit(PER_PAGE + 1)
        )
    )
    return Page(rows[:PER_PAGE], number, len(rows) > PER_PAGE and number < MAX_PAGE)


def staff() -> list[tuple[int, str]]:
    """Return id and pseudonym of everyone who has a role now, by pseudonym."""
    rows = db.session.execute(
        select(Member.id, Member.pseudonym)
        .where(Member.role != Role.MEMBER)
        .order_by(Member.pseudonym)
        .limit(STAFF_SHOWN)
    )
    return [(row.id, row.pseudonym) for row in rows]


def not_read_lately(reader: Member, post_ids: Iterable[int]) -> list[int]:
    """Return those of the posts that this person's last ten minutes of the record do not name."""
    wanted = sorted(set(post_ids))
    known = set(
        db.session.scalars(
            select(AuditEntry.subject_id).where(
                AuditEntry.subject_kind == SubjectKind.POST,
                AuditEntry.subject_id.in_(wanted),
                AuditEntry.actor_id == reader.id,
                AuditEntry.action == Action.READ,
                AuditEntry.moment >= now() - ONE_READING,
            )
        )
    )
    return [post_id for post_id in wanted if post_id not in known]


def holds(entry_hash: str) -> bool:
    """Return whether an entry has this hash, such as the head that someone wrote down once."""
    found = select(AuditEntry.id).where(AuditEntry.entry_hash == entry_hash).limit(1)
    return entry_hash == GENESIS or db.session.scalar(found) is not None


def verify() -> Verdict:
    """Walk along the chain from its beginning, in batches, to its end or the first broken entry.

    Entries taken away from the very end are not seen by this: compare with a head noted before.
    """
    number, head, size = 0, GENESIS, BATCH
    while True:
        try:
            batch = _entries_after(number, size)
        except (ValueError, TypeError):
            # A value that is not even readable; read one by one to find whose it is.
            if size == 1:
                return Verdict(number, head, Broken(_next_id(number), "changed"))
            size = 1
            continue
        for entry in batch:
            if why := _flaw(entry, number, head):
                named = number + 1 if why == "missing" else entry.id
                return Verdict(number, head, Broken(named, why))
            number, head = entry.id, entry.entry_hash
        if len(batch) < size:
            return Verdict(number, head, None)


def _entries_after(number: int, size: int) -> list[Row[Any]]:
    # Columns and not objects: the session may hold an object as it was before someone changed it.
    wanted = select(*AuditEntry.__table__.columns).order_by(AuditEntry.id).limit(size)
    # What was slipped in before the first entry counts too, so the first batch has no lower end.
    return list(db.session.execute(wanted.where(AuditEntry.id > number) if number else wanted))


def _next_id(number: int) -> int:
    after = select(func.min(AuditEntry.id)).where(AuditEntry.id > number)
    return db.session.scalar(after) or number + 1


def _flaw(entry: Row[Any], number: int, head: str) -> str:
    """Return what is wrong with the entry that follows `number`, or nothing."""
    if entry.id > number + 1:
        return "missing"
    if entry.id != number + 1 or entry.previous_hash != head:
        return "moved"
    try:
        expected = hash_entry(entry)
    except (AttributeError, TypeError):
        return "changed"
    return "" if entry.entry_hash == expected else "changed"
