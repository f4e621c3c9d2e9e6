"""Secrets of code apps at rest: sealed with a key that is not in the database."""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from forum.extensions import setting

# The derived key is for this and nothing else: other uses of the site's secret get other keys.
_PURPOSE = b"teduh: secrets of code apps"


class BrokenSeal(Exception):
    """It was sealed for someone else, with another secret of the site, or too long ago."""


def seal(member_id: int, secret: str) -> str:
    """Return a secret so that only this site can read it, and only as this person's."""
    return _box().encrypt(f"{member_id}:{secret}".encode()).decode()


def unseal(member_id: int, sealed: str, *, max_age: int | None = None) -> str:
    """Return a sealed secret. `max_age` is in seconds. Raises BrokenSeal."""
    try:
        owner, _, secret = _box().decrypt(sealed.encode(), ttl=max_age).decode().partition(":")
    except (InvalidToken, UnicodeError):
        raise BrokenSeal from None
    if owner != str(member_id):
        raise BrokenSeal
    return secret


def _box() -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE)
    return Fernet(base64.urlsafe_b64encode(derived.derive(setting("SECRET_KEY").encode())))
