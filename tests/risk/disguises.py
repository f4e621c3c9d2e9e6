"""Ways to write a phrase so that a list of keywords does not see it."""

from __future__ import annotations

import re
from collections.abc import Callable

_WORD = re.compile(r"[^\W\d_]+")
# Contracted words ("won't") stay as they are where letters are set apart.
_WHOLE = re.compile(r"(?<!')\b[^\W\d_]{3,}\b(?!')")
_LOOKALIKES = str.maketrans("aeopcxyi", "\u0430\u0435\u043e\u0440\u0441\u0445\u0443\u0456")
_SIGNS = str.maketrans("aeios", "43105")


def _each_word(change: Callable[[str], str]) -> Callable[[str], str]:
    return lambda phrase: _WORD.sub(lambda found: change(found.group()), phrase)


def _leet(word: str) -> str:
    written = word.lower().translate(_SIGNS)
    return written if len(word) >= 3 and any(map(str.isalpha, written)) else word


def _star(word: str) -> str:
    return word if len(word) < 4 else word[0] + "*" + word[2:]


def _join(phrase: str) -> str:
    joined = "".join(phrase.split())
    # Seven letters are the least that are taken apart; other signs part words anyway.
    return joined if joined.isalpha() and len(joined) >= 7 else phrase


def _space(phrase: str) -> str:
    # Fewer letters than this are left alone, and so are numbers and signs between the words.
    words = phrase.split()
    plain = all(_WORD.fullmatch(word) for word in words) and sum(map(len, words)) >= 4
    return "  ".join(" ".join(word) for word in words) if plain else phrase


DISGUISES: dict[str, Callable[[str], str]] = {
    "homoglyph": lambda phrase: phrase.lower().translate(_LOOKALIKES),
    "zero width": _each_word("\u200b".join),
    "combining": _each_word(lambda word: "".join(char + "\u0336" for char in word)),
    "full width": _each_word(
        lambda word: "".join(chr(ord(char) + 0xFEE0) if char.isascii() else char for char in word)
    ),
    "spaced": _space,
    "dotted": lambda phrase: _WHOLE.sub(lambda found: ".".join(found.group()), phrase),
    "starred between": lambda phrase: _WHOLE.sub(lambda found: "*".join(found.group()), phrase),
    "starred": _each_word(_star),
    "leet": _each_word(_leet),
    "stretched": _each_word(lambda word: word + word[-1] * 3),
    "joined": _join,
}
