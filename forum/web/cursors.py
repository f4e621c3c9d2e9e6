"""Where a list goes on: an address that shows neither an exact moment nor a counter.

A list that is cut by what was read last, and not by a number of rows, doesn't shift under the
reader when others write meanwhile.
"""

import base64
import hashlib
import struct
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from flask import current_app, request

from forum.posts.lists import Place

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FORMAT = ">qq"
PARAMETER = "setelah"


def seal(place: Place | None) -> str | None:
    """Return a place as it may stand in an address; None where the list ends."""
    if place is None:
        return None
    plain = struct.pack(_FORMAT, (place.moment - _EPOCH) // timedelta(microseconds=1), place.id)
    return base64.urlsafe_b64encode(_cipher().encrypt(plain, None)).decode().rstrip("=")


def asked_place() -> Place | None:
    """Return the place that this request asks to go on from; what we did not make is the start."""
    text = request.args.get(PARAMETER, "")
    try:
        sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        micros, row_id = struct.unpack(_FORMAT, _cipher().decrypt(sealed, None))
    except (InvalidTag, ValueError, struct.error):
        return None
    return Place(_EPOCH + timedelta(microseconds=micros), row_id)


def _cipher() -> AESSIV:
    secret = current_app.config["SECRET_KEY"].encode()
    return AESSIV(hashlib.blake2b(secret, digest_size=32, person=b"teduh-cursor").digest())
