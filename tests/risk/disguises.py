"""Ways to write a phrase so that a list of keywords does not see it."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

_WORD = re.compile(r"[^\W\d_]+")
# Contracted words ("won't") stay as they are where letters are set apart.
_WHOLE = re.compile(r"(?<!')\b[^\W\d_]{3,}\b(?!')")
_LOOKALIKES = str.maketrans("aeopcxyi", "\u0430\u0435\u043e\u0440\u0441\u0445\u0443\u0456")
_SIGNS = str.maketrans("aeios", "43105")
# What a keyboard of another alphabet offers for a letter, of Cyrillic and Greek, and what digits
# and signs look like one. Which of them, and where, is drawn by lot from the phrase itself.
_FOREIGN = {
    "a": "\u0430\u03b1", "b": "\u044c\u0432", "c": "\u0441", "e": "\u0435\u03b5", "h": "\u04bb\u043d",
    "i": "\u0456\u03b9", "k": "\u043a\u03ba", "m": "\u043c", "n": "\u043f\u03b7", "o": "\u043e\u03bf",
    "p": "\u0440\u03c1", "t": "\u0442\u03c4", "u": "\u03c5", "x": "\u0445\u03c7", "y": "\u0443\u03b3",
}  # fmt: skip
_MIXED_SIGNS = {
    "a": "4@", "b": "86", "e": "3", "g": "9", "i": "1!", "o": "0", "s": "5$", "t": "7",
}  # fmt: skip


def _each_word(change: Callable[[str], str]) -> Callable[[str], str]:
    return lambda phrase: _WORD.sub(lambda found: change(found.group()), phrase)


def _leet(word: str) -> str:
    written = word.lower().translate(_SIGNS)
    return written if len(word) >= 3 and any(map(str.isalpha, written)) else word


def _draw(phrase: str, letters: dict[str, str], share: float) -> str:
    """Write a share of the letters otherwise, the same ones each time."""
    lot = random.Random(phrase)
    return "".join(
        lot.choice(letters[char]) if char in letters and lot.random() < share else char
        for char in phrase.lower()
    )


def _mix_signs(word: str) -> str:
    """Write up to two letters of a longer word as signs, and leave one to read it by."""
    lot = random.Random(word)
    written = list(word.lower())
    places = [at for at, char in enumerate(written) if char in _MIXED_SIGNS]
    for at in lot.sample(places, min(2, len(places))) if len(word) >= 4 else ():
        written[at] = lot.choice(_MIXED_SIGNS[written[at]])
    return "".join(written) if any(map(str.isalpha, written)) else word


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
    "many homoglyphs": lambda phrase: _draw(phrase, _FOREIGN, 0.5),
    "mixed signs": _each_word(_mix_signs),
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
