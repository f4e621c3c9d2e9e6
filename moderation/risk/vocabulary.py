"""Every word a rule set knows, and what a token of a text may therefore mean."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from moderation.risk.spelling import Spellings
from moderation.risk.views import AFFIX, NORM, RANK, RAW, REPEAT
from moderation.risk.words import COMMON, PARTICLES

if TYPE_CHECKING:
    from moderation.risk.match import Anchor, Matcher

# A text can hold any number of different tokens, so what is remembered about them is bounded.
REMEMBERED = 50_000
Cut = list[tuple[int, int]]
# Longer words are not looked for in letters without blanks.
LONGEST_PIECE = 20
# Shorter tokens are not taken apart into words.
FEWEST_GLUED = 7
_TWICE = re.compile(r"([^\W\d_]{3,})2([^\W\d_]{0,4})")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a token may be.

    ``sets`` maps the number of each token set it belongs to to (view, word read); ``anchors``
    and ``idioms`` lead to the patterns anchored in one of these sets; ``phrases`` are readings of
    several words, each with its view; ``with_signs`` tells that the signs around the token had to
    be read as letters; ``crumb`` that it may be a piece of a word; ``odd`` that it may be worth
    rewriting.
    """

    sets: Mapping[int, tuple[str, str]]
    anchors: tuple[Anchor, ...] = ()
    idioms: tuple[Matcher, ...] = ()
    phrases: tuple[tuple[str, tuple[str, ...]], ...] = ()
    with_signs: bool = False
    known: bool = False
    particle: bool = False
    crumb: bool = False
    odd: bool = False


NOTHING = Reading({})


class Vocabulary:
    """Words by the token sets they belong to; reads tokens, with a bounded memory."""

    def __init__(
        self,
        *,
        words: Mapping[str, tuple[int, ...]],
        roots: Mapping[int, str],
        prefixes: Mapping[str, Iterable[int]],
        slang: Mapping[str, tuple[tuple[str, ...], ...]],
        strong: Collection[str],
        everyday: Iterable[str],
        anchored: Mapping[int, Anchor],
        anchored_idioms: Mapping[int, Iterable[Matcher]],
    ) -> None:
        self._words = words
        self._roots = roots
        self._prefixes = prefixes
        self._lengths = sorted({len(prefix) for prefix in prefixes})
        self._slang = slang
        self._spellings = Spellings(dict.fromkeys([*words, *slang, *PARTICLES]), strong)
        self._anchored = anchored
        self._anchored_idioms = anchored_idioms
        self.strong = frozenset(strong)
        self.pieces = {*words, *slang, *everyday, *COMMON, *PARTICLES}
        # For three letters, how long the words are that begin so, for cutting up letters.
        self.lengths: dict[str, tuple[int, ...]] = {}
        starts = {(len(piece), piece[:3]) for piece in self.pieces}
        for length, start in sorted(starts):
            if 3 <= length <= LONGEST_PIECE:
                self.lengths[start] = (*self.lengths.get(start, ()), length)
        self._memory: dict[tuple[str, str, str], Reading] = {}
        self._rewritten: dict[tuple[str, str], Reading] = {}
        # What cutting up letters gave, for ``lines``; see there.
        self.cuts: dict[str, tuple[Cut, Cut]] = {}

    def read(self, core: str, lead: str = "", tail: str = "") -> Reading:
        """Return what the token ``core``, with the signs that touch it, may be."""
        key = (lead, core, tail)
        reading = self._memory.get(key)
        if reading is None:
            if len(self._memory) >= REMEMBERED:
                self._memory.clear()
            reading = self._memory[key] = self._read(core, lead, tail)
        return reading

    def read_as(self, word: str, view: str) -> Reading:
        """Return what ``word`` may be when it took ``view`` to find it, without its phrases."""
        key = (word, view)
        reading = self._rewritten.get(key)
        if reading is None:
            if len(self._rewritten) >= REMEMBERED:
                self._rewritten.clear()
            reading = self._rewritten[key] = _see(self.read(word), view)
        return reading

    def _read(self, core: str, lead: str, tail: str) -> Reading:
        word = core.replace("'", "")
        reading = self._look_up(word)
        if not lead and not tail:
            return reading
        is_word = bool(reading.sets) or reading.known
        # A sign beside a plain word ends a sentence; beside "m4t" it may be a letter too.
        if is_word and word.isalpha():
            return reading
        signs = self._look_up(lead + word + tail.replace("'", ""))
        if not signs.sets:
            return reading
        return replace(_join(reading, signs) if is_word else signs, with_signs=True)

    def _look_up(self, word: str) -> Reading:
        found: dict[str, str] = {}
        if word in self._words or word in self._slang:
            found[word] = RAW
        found = self._spellings.read(word) | found
        phrases: list[tuple[str, tuple[str, ...]]] = []
        twice = _TWICE.fullmatch(word)
        if twice is not None:
            base, suffix = twice.groups()
            for again in (base, base + suffix):
                if again in self._words:
                    found.setdefault(again, REPEAT)
            phrases.append((REPEAT, (base, base + suffix)))
        sets: dict[int, tuple[str, str]] = {}
        for known, view in found.items():
            self._add(sets, known, view)
            for reading in self._slang.get(known, ()):
                how = NORM if view in (RAW, AFFIX) else view
                if len(reading) == 1:
                    self._add(sets, reading[0], how)
                else:
                    phrases.append((how, reading))
        for length in self._lengths:
            for number in self._prefixes.get(word[:length], ()) if length <= len(word) else ():
                sets.setdefault(number, (RAW, word))
        is_known = bool(found) or word in self.pieces
        crumb = 1 < len(word) <= 3 and word not in self.pieces
        return Reading(
            sets,
            tuple(self._anchored[number] for number in sets if number in self._anchored),
            _collect(self._anchored_idioms, sets),
            tuple(phrases),
            known=is_known,
            particle=word in PARTICLES or not PARTICLES.isdisjoint(found),
            crumb=crumb,
            odd=len(word) == 1
            or crumb
            or bool(phrases)
            or (not is_known and (len(word) >= FEWEST_GLUED or "*" in word)),
        )

    def _add(self, sets: dict[int, tuple[str, str]], word: str, view: str) -> None:
        for number in self._words.get(word, ()):
            formed = view == RAW and self._roots.get(number, word) != word
            seen = (AFFIX if formed else view, word)
            before = sets.get(number)
            if before is None or (before[0] not in (RAW, AFFIX) and seen[0] in (RAW, AFFIX)):
                sets[number] = seen


def _join(one: Reading, other: Reading) -> Reading:
    """Return what is either of two readings of a token."""
    return replace(
        one,
        sets={**one.sets, **other.sets},
        anchors=tuple(dict.fromkeys((*one.anchors, *other.anchors))),
        idioms=tuple(dict.fromkeys((*one.idioms, *other.idioms))),
        phrases=(*one.phrases, *other.phrases),
        known=True,
    )


def _see(reading: Reading, view: str) -> Reading:
    if not reading.sets:
        return reading if reading.particle else NOTHING
    sets = {
        number: (view if RANK[how] < RANK[view] else how, word)
        for number, (how, word) in reading.sets.items()
    }
    return replace(reading, sets=sets, phrases=(), known=True)


def _collect(
    anchored: Mapping[int, Iterable[Matcher]], sets: Mapping[int, object]
) -> tuple[Matcher, ...]:
    return tuple(
        dict.fromkeys(
            matcher for number in sets if number in anchored for matcher in anchored[number]
        )
    )
