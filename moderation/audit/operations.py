"""Writing down what staff did and read, in the transaction that did it."""

import re
from collections.abc import Iterable

from sqlalchemy import select

from forum.accounts.models import Member
from forum.clock import now
from forum.database import take_turn
from forum.extensions import db
from moderation.audit.chain import GENESIS, hash_entry
from moderation.audit.models import OPERATOR, Action, AuditEntry, SubjectKind
from moderation.audit.queries import not_read_lately

# What PostgreSQL's advisory lock is called among all that we might ever take.
CHAIN_LOCK = 0x7ED04
# A code has no room for what someone wrote: no spaces, capitals or letters beyond ASCII.
_CODE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,79}\Z")

Fact = str | int | None | list[str]


def record(
    actor: Member | None, action: Action, kind: SubjectKind, subject_id: int, **detail: Fact
) -> None:
    """Append an entry to the record, in the caller's transaction; it commits or not with the act.

    `actor` is None for the operator's commands. `detail` takes codes and numbers; facts that are
    None are left out. From here to its commit the transaction is the only one that appends, so
    this comes last in an operation. Raises ValueError for a fact that is no code.
    """
    take_turn(db.session, CHAIN_LOCK)
    _append(actor, action, kind, subject_id, detail)


def record_readings(reader: Member, post_ids: Iterable[int], **detail: Fact) -> None:
    """Append that a member of staff is shown these posts; once in ten minutes for each."""
    take_turn(db.session, CHAIN_LOCK)
    for post_id in not_read_lately(reader, post_ids):
        _append(reader, Action.READ, SubjectKind.POST, post_id, detail)


def is_code(text: str) -> bool:
    """Return whether a text is short and plain enough to stand in the record."""
    return _CODE.match(text) is not None


def _append(
    actor: Member | None,
    action: Action,
    kind: SubjectKind,
    subject_id: int,
    detail: dict[str, Fact],
) -> None:
    last = db.session.execute(
        select(AuditEntry.id, AuditEntry.entry_hash).order_by(AuditEntry.id.desc()).limit(1)
    ).one_or_none()
    number, previous_hash = (last.id + 1, last.entry_hash) if last else (1, GENESIS)
    entry = AuditEntry(
        id=number,
        moment=now(),
        actor_id=actor.id if actor else None,
        actor_role=actor.role.value if actor else OPERATOR,
        action=action.value,
        subject_kind=kind.value,
        subject_id=subject_id,
        detail={name: _check(fact) for name, fact in detail.items() if fact is not None},
        previous_hash=previous_hash,
    )
    entry.entry_hash = hash_entry(entry)
    db.session.add(entry)
    db.session.flush()


def _check(fact: Fact) -> Fact:
    codes = fact if isinstance(fact, list) else [fact]
    if not all(is_code(code) if isinstance(code, str) else isinstance(code, int) for code in codes):
        # The fact itself is not told: it may be what must not be written down.
        raise ValueError("a fact of the record is a short code or a number")
    return fact
