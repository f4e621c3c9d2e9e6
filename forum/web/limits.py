"""Rate-limit keys: a keyed hash of who asks, never an address.

The key of the hash lives in memory-backed storage only and changes every day, so that a copy
of the limiter's store says nothing about yesterday's visitors.
"""

import hashlib
import hmac
import ipaddress
import os
import secrets
from functools import lru_cache
from pathlib import Path

from flask import current_app, request
from flask_login import current_user

from forum.clock import now


def limit_key() -> str:
    """Return the key that the present request is counted under, as 16 hex digits."""
    if current_user.is_authenticated:
        return hash_for_today(f"member:{current_user.id}")
    return network_key()


def network_key() -> str:
    """Return what all who come from one household are counted under, signed in or not.

    For doors where somebody tries secrets: another account there must not be another hour's tries.
    """
    return hash_for_today(f"visitor:{network_of(request.remote_addr or '')}")


def network_of(address: str) -> str:
    """Return what one household shares: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
    return address


def hash_for_today(who: str) -> str:
    """Return the first 8 bytes of HMAC-SHA256 under the key of the day, as hex."""
    key = _read_key(current_app.config["RUNTIME_DIR"], now().date().isoformat())
    return hmac.new(key, who.encode(), hashlib.sha256).hexdigest()[:16]


@lru_cache(maxsize=1)
def _read_key(folder: Path, day: str) -> bytes:
    """Return the day's 32 random bytes, shared by this machine's processes; drop older keys."""
    path = folder / f"limits-{day}.key"
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        pass
    else:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(32))
        for old in folder.glob("limits-*.key"):
            if old != path:
                old.unlink(missing_ok=True)
    key = path.read_bytes()
    if len(key) < 32:
        # Another process has made the file and not written it yet.
        return _read_key.__wrapped__(folder, day)
    return key
