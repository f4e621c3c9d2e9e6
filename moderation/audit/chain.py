"""The hash chain: each entry's hash covers its content and the hash of the entry before it.

An entry's hash is SHA-256 over the previous entry's hash, as 64 hexadecimal digits, followed by
the entry's content as canonical JSON: keys sorted, no spaces, ASCII alone, the moment in UTC with
six digits after the second. With these two sentences anyone can verify a chain without Teduh.
"""

import hashlib
import json
from datetime import UTC
from typing import Any

# Stands before the first entry.
GENESIS = "0" * 64
HASHED = (
    "id",
    "moment",
    "actor_id",
    "actor_role",
    "action",
    "subject_kind",
    "subject_id",
    "detail",
)


def hash_entry(entry: Any) -> str:
    """Return the hash of an AuditEntry, or of a row with its columns, as 64 hexadecimal digits.

    Raises AttributeError or TypeError where a column holds what was never written there.
    """
    content = {name: getattr(entry, name) for name in HASHED}
    content["moment"] = entry.moment.astimezone(UTC).isoformat(timespec="microseconds")
    written = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256((entry.previous_hash + written).encode()).hexdigest()
