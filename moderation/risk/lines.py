"""A text as the matcher sees it: readings of its tokens in a row.

The base line holds every token as it stands. When letters were spaced out, words glued together or
a short form stands for a phrase, a second line holds the text with those places rewritten; tokens
there know which piece of the text they cover. Nothing in the base line is lost by that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from moderation.risk.normalise import END, PLAIN, Cleaned, Token, classify, tokenise
from moderation.risk.segment import segment
from moderation.risk.views import CRUMBS, GLUED, JOIN, RANK, RAW, SPLIT
from moderation.risk.vocabulary import FEWEST_GLUED, REMEMBERED, Cut, Reading, Vocabulary

# Between letters of one spaced-out word: up to three of these.
_BETWEEN_LETTERS = re.compile(r"[ \t\n._\-*/,|~+:]{1,3}")
FEWEST_SPACED = 3
# Letters that people write for a word, such as "a", "u" for "you", "y" for "ya": one beside a word
# in spaced letters looks like one of them.
_LONE_WORDS = frozenset("adgiknouy")
MOST_CRUMBS = 4
LONGEST_KEPT = 48
_CASE = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[^\W\d_])(?=\d{2})|(?<=\d{2})(?=[^\W\d_])")


class Piece(NamedTuple):
    """A token of a line: what it may be, its offsets in the cleaned text, what parts it."""

    reading: Reading
    start: int
    end: int
    parted: int


@dataclass(slots=True, eq=False)
class Line:
    """Tokens side by side; all lists have one entry a token.

    ``starts`` and ``ends`` are offsets in the cleaned text, ``parted[i]`` is how token i is parted
    from the one before, ``changed`` the tokens that differ from the base line.
    """

    readings: list[Reading] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    parted: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    _where: dict[int, list[int]] | None = None

    def where(self, numbers: Iterable[int]) -> list[int]:
        """Return the tokens that belong to any of the sets ``numbers``, in order."""
        if self._where is None:
            self._where = {}
            for at, reading in enumerate(self.readings):
                for number in reading.sets:
                    self._where.setdefault(number, []).append(at)
        found: set[int] = set()
        for number in numbers:
            found.update(self._where.get(number, ()))
        return sorted(found)


def read_lines(cleaned: Cleaned, vocabulary: Vocabulary) -> list[Line]:
    """Return the base line of a text and, where anything can be rewritten, one or two more.

    A second one is there when a place can be rewritten in two ways.
    """
    text = cleaned.text
    tokens = tokenise(text)
    readings, starts, ends, parted = [], [], [], []
    odd = []
    before = 0
    for at, (start, end, core, lead, tail) in enumerate(tokens):
        reading = vocabulary.read(core, lead, tail)
        if reading.with_signs:
            # What is read as a letter parts nothing.
            start, end = start - len(lead), end + len(tail)  # noqa: PLW2901
        parted.append(classify(text[before:start]) if at else END)
        before = end
        readings.append(reading)
        starts.append(start)
        ends.append(end)
        if reading.odd:
            odd.append(at)
    base = Line(readings, starts, ends, parted)
    lines = [base]
    cuts: dict[str, tuple[Cut, Cut]] = {}
    for fine in (False, True) if odd else ():
        rewriter = _Rewriter(cleaned, tokens, base, vocabulary, cuts=cuts, fine=fine)
        rewritten = rewriter.rewrite(odd)
        if rewritten is not None:
            lines.append(rewritten)
        if not rewriter.doubtful:
            break
    return lines


class _Rewriter:
    """Finds the places of a base line that can be read otherwise.

    ``fine`` cuts into short words and prefers short forms of phrases; ``doubtful`` tells after the
    work that this would make a difference.
    """

    def __init__(
        self,
        cleaned: Cleaned,
        tokens: list[Token],
        base: Line,
        vocabulary: Vocabulary,
        *,
        cuts: dict[str, tuple[Cut, Cut]],
        fine: bool,
    ) -> None:
        self.cleaned = cleaned
        self.tokens = tokens
        self.base = base
        self.vocabulary = vocabulary
        self.cuts = cuts
        self.fine = fine
        self.doubtful = False
        # Letters before this token were tried and make no word.
        self.plain_until = 0

    def rewrite(self, odd: list[int]) -> Line | None:
        """Return the line with every odd place rewritten, None when none can be."""
        base = self.base
        line = Line()
        done = 0
        for at in odd:
            # A piece of a word may be the last of up to four.
            for first in range(max(done, at - MOST_CRUMBS + 1), at) if self.is_crumb(at) else ():
                done = self.replace(line, done, first, self.join_crumbs(first))
            if at >= done:
                done = self.replace(line, done, at, self.rewrite_at(at))
        if not line.changed:
            return None
        self.copy(line, done, len(base.readings))
        return line

    def replace(self, line: Line, done: int, at: int, made: tuple[int, list[Piece]]) -> int:
        """Add what lies between ``done`` and ``at``, then the new pieces; return what is done."""
        stop, pieces = made
        if not pieces or at < done:
            return done
        self.copy(line, done, at)
        for piece in pieces:
            line.changed.append(len(line.readings))
            line.readings.append(piece.reading)
            line.starts.append(piece.start)
            line.ends.append(piece.end)
            line.parted.append(piece.parted)
        return stop

    def copy(self, line: Line, first: int, last: int) -> None:
        base = self.base
        line.readings += base.readings[first:last]
        line.starts += base.starts[first:last]
        line.ends += base.ends[first:last]
        line.parted += base.parted[first:last]

    def is_crumb(self, at: int) -> bool:
        return self.base.readings[at].crumb

    def rewrite_at(self, at: int) -> tuple[int, list[Piece]]:
        """Return (token after, new pieces) for an odd token; no pieces when it stays."""
        if len(self.tokens[at].core) == 1:
            return self.join_letters(at)
        if self.is_crumb(at):
            return self.join_crumbs(at)
        return at + 1, self.split_token(at)

    def join_letters(self, at: int) -> tuple[int, list[Piece]]:
        """Join single letters from token ``at`` on."""
        if at < self.plain_until:
            return at, []
        tokens, text = self.tokens, self.cleaned.text
        stop = at
        while stop < len(tokens) and len(tokens[stop].core) == 1:
            between = text[tokens[stop - 1].end : tokens[stop].start]
            if stop > at and not _BETWEEN_LETTERS.fullmatch(between):
                break
            stop += 1
        self.plain_until = stop
        letters = "".join(token.core for token in tokens[at:stop])
        if len(letters) < FEWEST_SPACED or letters.isdigit():
            return at, []
        parted = self.base.parted[at]
        if word := self.word_of(letters, at, parted):
            return stop, word
        if len(letters) <= FEWEST_SPACED:
            return at, []
        cut = self.cut(letters)
        if not cut:
            return stop, self.join_beside_word(letters, at, parted)
        return stop, [
            piece
            for start, end in cut
            for piece in self.write(
                letters[start:end],
                JOIN,
                tokens[at + start].start,
                tokens[at + end - 1].end,
                PLAIN if start else parted,
            )
        ]

    def join_beside_word(self, letters: str, at: int, parted: int) -> list[Piece]:
        """Return the pieces for a word in single letters and a word of one letter beside it."""
        if letters[0] in _LONE_WORDS and (word := self.word_of(letters[1:], at + 1, PLAIN)):
            return [self.as_it_stands(at), *word]
        if letters[-1] in _LONE_WORDS and (word := self.word_of(letters[:-1], at, parted)):
            return [*word, self.as_it_stands(at + len(letters) - 1)]
        return []

    def as_it_stands(self, at: int) -> Piece:
        base = self.base
        return Piece(base.readings[at], base.starts[at], base.ends[at], base.parted[at])

    def word_of(self, letters: str, at: int, parted: int) -> list[Piece]:
        """Return the pieces for single letters from token ``at`` on, [] when they are no word."""
        start, end = self.tokens[at].start, self.tokens[at + len(letters) - 1].end
        made = self.write(letters, JOIN, start, end, parted)
        return made if made[0].reading.sets or made[0].reading.particle else []

    def cut(self, letters: str) -> Cut:
        """Return the pieces of letters without blanks."""
        # A single word may come again in another text, a run of letters only in this one.
        memory = self.vocabulary.cuts if len(letters) <= LONGEST_KEPT else self.cuts
        if letters not in memory:
            if len(memory) >= REMEMBERED:
                memory.clear()
            memory[letters] = (
                segment(letters, self.vocabulary),
                segment(letters, self.vocabulary, fine=True),
            )
        coarse, fine = memory[letters]
        self.doubtful = self.doubtful or coarse != fine
        return fine if self.fine else coarse

    def write(self, word: str, view: str, start: int, end: int, parted: int) -> list[Piece]:
        """Return the piece for one word, or those of the phrase it is short for."""
        reading = self.vocabulary.read(word)
        if reading.phrases and reading.sets:
            self.doubtful = True
        if reading.phrases and (self.fine or not reading.sets):
            return self.write_phrase(reading, view, start, end, parted)
        return [Piece(self.vocabulary.read_as(word, view), start, end, parted)]

    def write_phrase(
        self, reading: Reading, view: str, start: int, end: int, parted: int
    ) -> list[Piece]:
        """Return the words a reading is short for; each covers the whole of it."""
        how, words = reading.phrases[0]
        view = max(view, how, key=RANK.__getitem__)
        return [
            Piece(self.vocabulary.read_as(word, view), start, end, PLAIN if number else parted)
            for number, word in enumerate(words)
        ]

    def join_crumbs(self, at: int) -> tuple[int, list[Piece]]:
        """Join two to four short pieces from token ``at`` on into one strong word."""
        tokens, base = self.tokens, self.base
        letters = word = ""
        best = at
        crumb = False
        for stop in range(at, min(at + MOST_CRUMBS, len(tokens))):
            core = tokens[stop].core
            if len(core) > 3 or not core.isalpha() or (stop > at and base.parted[stop] != PLAIN):
                break
            letters += core
            crumb = crumb or self.is_crumb(stop)
            if stop > at and crumb and len(letters) >= 4 and letters in self.vocabulary.strong:
                best, word = stop + 1, letters
        if not word:
            return at, []
        reading = self.vocabulary.read_as(word, CRUMBS)
        return best, [Piece(reading, tokens[at].start, tokens[best - 1].end, base.parted[at])]

    def split_token(self, at: int) -> list[Piece]:
        """Write out a token that holds several words."""
        token, reading = self.tokens[at], self.base.readings[at]
        parted = self.base.parted[at]
        if reading.phrases:
            start, end = self.base.starts[at], self.base.ends[at]
            return self.write_phrase(reading, RAW, start, end, parted)
        pieces, view = self.pieces_of(token)
        return [
            piece
            for number, (start, end) in enumerate(pieces)
            for piece in self.write(
                token.core[start:end].replace("*", ""),
                view,
                token.start + start,
                token.start + end,
                PLAIN if number else parted,
            )
        ]

    def pieces_of(self, token: Token) -> tuple[list[tuple[int, int]], str]:
        core = token.core
        if "*" in core:
            parts = [found.span() for found in re.finditer(r"[^*]+", core)]
            if all(end - start == 1 for start, end in parts):
                cut = self.cut(core.replace("*", ""))
                return [(parts[start][0], parts[end - 1][1]) for start, end in cut], JOIN
            return parts, SPLIT
        if not core.isalnum():
            return [], SPLIT
        if self.cleaned.origin is None:
            written = self.cleaned.original[token.start : token.end]
            cuts = [found.start() for found in _CASE.finditer(written)]
            edges = list(pairwise([0, *cuts, len(core)]))
            if cuts and all(self.vocabulary.read(core[start:end]).known for start, end in edges):
                return edges, SPLIT
        if len(core) >= FEWEST_GLUED and core.isalpha():
            return self.cut(core), GLUED
        return [], GLUED
