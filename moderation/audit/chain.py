"""The hash chain: each entry's hash covers its content and the hash of the entry before it.

An entry's hash is SHA-256 over the previous entry's hash, as 64 hexadecimal digits, followed by
the entry's content as canonical JSON: keys sorted, no spaces, ASCII alone, the moment in UTC with
six digits after the second. With these two sentences anyone can verify a chain without Teduh.
"""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

# Stands before the first entry.
GENESIS = "0" * 64


def hash_entry(
    previous_hash: str,
    *,
    number: int,
    moment: datetime,
    actor_id: int | None,
    actor_role: str,
    action: str,
    subject_kind: str,
    subject_id: int,
    detail: dict[str, Any],
) -> str:
    """Return the hash of an entry, as 64 hexadecimal digits. `moment` is aware."""
    content = {
        "id": number,
        "moment": moment.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor_id": actor_id,
        "actor_role": actor_role,
        "action": action,
        "subject_kind": subject_kind,
        "subject_id": subject_id,
        "detail": detail,
    }
    written = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256((previous_hash + written).encode()).hexdigest()
