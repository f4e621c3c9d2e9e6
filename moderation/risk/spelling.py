"""Read one misspelt token as a known word: stretched, with digits for letters, with masks.

A word and its spellings share a skeleton: look-alike signs folded to one letter, runs of a letter
shortened to one. The skeleton finds candidates in one look-up, an alignment then decides, letter
by letter, whether the token really is a spelling of that word and which steps it took.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from moderation.risk.views import LEET, MASK, RAW, SQUASH

# ``risk-lexicon.md`` 4.12: sign -> letters it may stand for.
SIGNS = {
    "4": "a", "@": "a", "3": "e", "1": "il", "!": "il", "|": "il", "0": "o", "5": "s", "$": "s",
    "7": "t", "8": "b", "9": "g", "6": "gb", "v": "u",
}  # fmt: skip
MASKS = "*#"
# No alignment is tried above this; longer tokens are stretched first or have no reading.
LONGEST = 48

# What one sign may stand for is one here: "6" is g or b, so b is g.
_FOLD = str.maketrans("4@31!|l05$7896vb", "aaeiiiiosstgggug")
_RUN = re.compile(r"([^\n])\1+")
_LONG_RUN = re.compile(r"(.)\1{3,}", re.DOTALL)
_DIGITS = re.compile(r"\d{5}")

_STRETCHED, _SIGNED, _MASKED = 1, 2, 4


def skeleton(word: str) -> str:
    """Return what all spellings of ``word`` without masks have in common."""
    return _RUN.sub(r"\1", word.translate(_FOLD))


def shorten(token: str) -> str:
    """Return ``token`` with runs of four or more of a character cut to three."""
    return _LONG_RUN.sub(r"\1\1\1", token)


def may_be_leet(token: str) -> bool:
    """Tell whether digits and signs in ``token`` may stand for letters.

    They may in a word that mixes both; not in numbers, prices, short codes such as "s1" or
    anything with a run of five digits.
    """
    if len(token) < 3 or _DIGITS.search(token):
        return False
    letters = sum(char.isalpha() for char in token)
    return 0 < letters < len(token)


def _reads(sign: str, letter: str) -> int:
    """Return 0 when ``sign`` is ``letter``, the step it takes to read it so, or -1."""
    if sign == letter:
        return 0
    return _SIGNED if letter in SIGNS.get(sign, "") else -1


def align(token: str, word: str) -> int | None:
    """Return the steps (bits) by which ``token`` spells ``word``, None when it does not.

    Every letter of the word must be there, in order; a letter may be repeated, a sign may stand
    for a letter, a mask for one letter or none. Cost: length of token times length of word.
    """
    states = {0: 0}
    for sign in token:
        reached: dict[int, int] = {}
        for at, steps in states.items():
            masked = sign in MASKS
            if at < len(word):
                step = _MASKED if masked else _reads(sign, word[at])
                if step >= 0:
                    _keep(reached, at + 1, steps | step)
            if masked:
                _keep(reached, at, steps | _MASKED)
            elif at:
                step = _reads(sign, word[at - 1])
                if step >= 0:
                    _keep(reached, at, steps | step | _STRETCHED)
        if not reached:
            return None
        states = reached
    return states.get(len(word))


def _keep(states: dict[int, int], at: int, steps: int) -> None:
    before = states.get(at)
    if before is None or steps < before:
        states[at] = steps


def view_of(steps: int) -> str:
    """Return the view name of the boldest of ``steps``."""
    if steps & _MASKED:
        return MASK
    if steps & _SIGNED:
        return LEET
    return SQUASH if steps & _STRETCHED else RAW


class Spellings:
    """An index of known words by skeleton, and of strong words for masked tokens."""

    def __init__(self, words: Collection[str], strong: Iterable[str]) -> None:
        self._by_skeleton: dict[str, tuple[str, ...]] = {}
        # No word holds a line break, so all can be folded in one go.
        for word, bones in zip(words, skeleton("\n".join(words)).split("\n"), strict=True):
            self._by_skeleton[bones] = (*self._by_skeleton.get(bones, ()), word)
        self._masked: dict[tuple[str, str, int], list[str]] = {}
        for word in strong:
            if len(word) >= 3:
                for key in {(word[0], word[-1]), (word[0], ""), ("", word[-1])}:
                    self._masked.setdefault((*key, len(word)), []).append(word)

    def read(self, token: str) -> dict[str, str]:
        """Return the known words ``token`` may spell, each with the view that reads it so."""
        if any(mask in token for mask in MASKS):
            return self._unmask(token)
        leet = may_be_leet(token)
        if not leet and not token.isalpha():
            return {}
        short = shorten(token)
        if len(short) > LONGEST:
            return {}
        found = {}
        for word in self._by_skeleton.get(skeleton(short), ()):
            steps = align(short, word)
            if steps is None or (steps & _SIGNED and not self._may_sign(short, word, leet)):
                continue
            if steps == _STRETCHED and not _is_stretched(short, word):
                continue
            found[word] = view_of(steps)
        return found

    def _may_sign(self, token: str, word: str, leet: bool) -> bool:
        # Without a digit or sign the only step is v for u, too weak for short words.
        return leet or len(word) >= 5

    def _unmask(self, token: str) -> dict[str, str]:
        token = shorten(token)
        known = [char for char in token if char not in MASKS]
        masks = len(token) - len(known)
        if len(known) < 2 or len(token) > LONGEST:
            return {}
        first = token[0] if token[0].isalpha() else ""
        last = token[-1] if token[-1].isalpha() else ""
        if not first and not last:
            return {}
        found = {}
        for length in range(max(3, len(known)), len(known) + masks + 1):
            for word in self._masked.get((first, last, length), ()):
                steps = align(token, word)
                if steps is not None:
                    found[word] = MASK
        return found


def _is_stretched(token: str, word: str) -> bool:
    """Tell whether ``token`` is ``word`` stretched on purpose, not a word of its own.

    A run of three or more always is. One doubled letter counts at the end of a word and inside a
    word of four letters or more: "diee" and "maati", but not "too" for "to".
    """
    return any(token[at] == token[at + 1] == token[at + 2] for at in range(len(token) - 2)) or len(
        word
    ) >= (3 if token[-1] == token[-2] else 4)
