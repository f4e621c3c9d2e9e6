"""Hashing of passphrases and recovery codes with argon2id."""

import re
import secrets
import threading
from functools import cache
from importlib.resources import files

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

MIN_LENGTH = 10
MAX_LENGTH = 200
CODE_COUNT = 8
# Crockford's base 32 leaves out the letters that look like digits.
CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_GROUPS = 3
CODE_GROUP_LENGTH = 4

_TAIL = re.compile(r"[\W\d_]+\Z")

# OWASP's minimum for argon2id: 19 MiB, two passes, one lane; 22 ms on the machine we measured.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# A flood of sign-ins must not become a flood of 19 MiB blocks.
_at_once = threading.BoundedSemaphore(4)


def hash_secret(secret: str) -> str:
    """Return the argon2id hash of a passphrase or a code."""
    with _at_once:
        return _hasher.hash(secret)


def verify_secret(stored: str | None, secret: str) -> bool:
    """Return whether the secret fits its hash. With no hash it does the same work in vain."""
    if len(secret) > MAX_LENGTH:
        return False
    with _at_once:
        try:
            return _hasher.verify(stored or _nobody, secret) and stored is not None
        except VerificationError:
            return False


def is_easy_to_guess(passphrase: str, pseudonym: str) -> bool:
    """Return whether a guesser would come to it soon.

    It is the pseudonym or holds it, has fewer than four different characters, is too short but
    for its repeating, or is one of the commonest, also with a year, digits or signs behind it
    (ASVS 6.2.4; the list is `common.txt`, so nothing is asked of another site).
    """
    typed = passphrase.casefold()
    beside_name = typed.replace(pseudonym.casefold(), "") if pseudonym else typed
    packed = "".join(typed.split())
    once = packed[: (packed + packed).find(packed, 1)]
    return (
        len(beside_name) < MIN_LENGTH // 2
        or len(set(typed)) < 4
        or len(once) < min(len(packed), MIN_LENGTH)
        or not _common().isdisjoint((once, _TAIL.sub("", once)))
    )


def new_codes() -> list[str]:
    """Return eight recovery codes of 60 random bits each, in groups of four."""
    return [
        "-".join(
            "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_GROUP_LENGTH))
            for _ in range(CODE_GROUPS)
        )
        for _ in range(CODE_COUNT)
    ]


def read_code(typed: str) -> str:
    """Return a typed code in its written form: O is 0, I and L are 1, groups of four."""
    letters = typed.upper().replace("O", "0").replace("I", "1").replace("L", "1")
    kept = "".join(char for char in letters if char in CODE_ALPHABET)
    groups = range(0, len(kept), CODE_GROUP_LENGTH)
    return "-".join(kept[start : start + CODE_GROUP_LENGTH] for start in groups)


@cache
def _common() -> frozenset[str]:
    text = files("forum.accounts").joinpath("common.txt").read_text("utf-8")
    return frozenset(line for line in text.splitlines() if not line.startswith("#"))


_nobody = _hasher.hash(secrets.token_hex(16))
