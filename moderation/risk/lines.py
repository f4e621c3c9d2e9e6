"""A text as the matcher sees it: readings of its tokens in a row.

The base line holds every token as it stands. When letters were spaced out, words glued together or
a short form stands for a phrase, a second line holds the text with those places rewritten; tokens
there know which piece of the text they cover. Nothing in the base line is lost by that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from itertools import pairwise

from moderation.risk.normalise import END, PLAIN, Cleaned, Token, classify, tokenise
from moderation.risk.segment import segment
from moderation.risk.views import CRUMBS, GLUED, JOIN, RANK, SPLIT
from moderation.risk.vocabulary import NOTHING, Reading, Vocabulary

# Between letters of one spaced-out word: up to three of these.
_BETWEEN_LETTERS = re.compile(r"[ \t\n._\-*/,|~+:]{1,3}")
FEWEST_SPACED = 3
FEWEST_GLUED = 7
MOST_CRUMBS = 4
_CASE = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[^\W\d_])(?=\d{2})|(?<=\d{2})(?=[^\W\d_])")


@dataclass(slots=True)
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

    def __len__(self) -> int:
        return len(self.readings)

    def add(self, reading: Reading, start: int, end: int, parted: int) -> None:
        """Append one token."""
        self.readings.append(reading)
        self.starts.append(start)
        self.ends.append(end)
        self.parted.append(parted)


def read_lines(cleaned: Cleaned, vocabulary: Vocabulary) -> list[Line]:
    """Return the base line of a text and, where anything can be rewritten, the rewritten one."""
    tokens = tokenise(cleaned.text)
    base = Line()
    before = 0
    odd = False
    for token in tokens:
        reading = vocabulary.read(token.core, token.lead, token.tail)
        start, end = token.start, token.end
        if reading.with_signs:
            start, end = start - len(token.lead), end + len(token.tail)
        base.add(reading, start, end, classify(cleaned.text[before:start]) if before else END)
        before = end
        odd = odd or _is_odd(token, reading)
    lines = [base]
    if odd:
        rewritten = _Rewriter(cleaned, tokens, base, vocabulary).rewrite()
        if rewritten.changed:
            lines.append(rewritten)
    return lines


def _is_odd(token: Token, reading: Reading) -> bool:
    length = len(token.core)
    return (
        length == 1
        or reading.crumb
        or bool(reading.phrases)
        or (not reading.known and (length >= FEWEST_GLUED or "*" in token.core))
    )


class _Rewriter:
    def __init__(
        self, cleaned: Cleaned, tokens: list[Token], base: Line, vocabulary: Vocabulary
    ) -> None:
        self.cleaned = cleaned
        self.tokens = tokens
        self.base = base
        self.vocabulary = vocabulary
        self.line = Line()
        # Letters before this token were tried and make no word.
        self.plain_until = 0

    def rewrite(self) -> Line:
        at = 0
        while at < len(self.tokens):
            at = (
                self.join_letters(at)
                or self.join_crumbs(at)
                or self.split_token(at)
                or self.copy(at)
            )
        return self.line

    def copy(self, at: int) -> int:
        base = self.base
        self.line.add(base.readings[at], base.starts[at], base.ends[at], base.parted[at])
        return at + 1

    def add(self, reading: Reading, start: int, end: int, parted: int) -> None:
        self.line.changed.append(len(self.line))
        self.line.add(reading, start, end, parted)

    def join_letters(self, at: int) -> int:
        """Join single letters from token ``at`` on; return the token after them, 0 if none."""
        if at < self.plain_until:
            return 0
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
            return 0
        parted = self.base.parted[at]
        reading = _seen(self.vocabulary.read(letters), JOIN)
        if reading.sets:
            self.add(reading, tokens[at].start, tokens[stop - 1].end, parted)
            return stop
        pieces = segment(letters, self.vocabulary)
        if len(letters) <= FEWEST_SPACED or not pieces:
            return 0
        for start, end in pieces:
            first, last = tokens[at + start], tokens[at + end - 1]
            reading = _seen(self.vocabulary.read(letters[start:end]), JOIN)
            self.add(reading, first.start, last.end, parted if start == 0 else PLAIN)
        return stop

    def join_crumbs(self, at: int) -> int:
        """Join two to four short pieces into one strong word; return the token after, 0 if none."""
        tokens, base = self.tokens, self.base
        letters = ""
        best = 0
        crumb = False
        for stop in range(at, min(at + MOST_CRUMBS, len(tokens))):
            core = tokens[stop].core
            if len(core) > 3 or not core.isalpha() or (stop > at and base.parted[stop] != PLAIN):
                break
            letters += core
            crumb = crumb or base.readings[stop].crumb
            if stop > at and crumb and len(letters) >= 4 and letters in self.vocabulary.strong:
                best = stop + 1
        if best:
            word = "".join(token.core for token in tokens[at:best])
            reading = _seen(self.vocabulary.read(word), CRUMBS)
            self.add(reading, tokens[at].start, tokens[best - 1].end, base.parted[at])
        return best

    def split_token(self, at: int) -> int:
        """Write out a token that holds several words; return the token after, 0 if it does not."""
        token, reading = self.tokens[at], self.base.readings[at]
        if reading.phrases:
            # All words of a written-out form cover the whole token.
            view, words = reading.phrases[0]
            for number, word in enumerate(words):
                self.add(
                    _seen(self.vocabulary.read(word), view),
                    self.base.starts[at],
                    self.base.ends[at],
                    PLAIN if number else self.base.parted[at],
                )
            return at + 1
        if reading.known:
            return 0
        pieces, view = self.pieces_of(token)
        for number, (start, end) in enumerate(pieces):
            self.add(
                _seen(self.vocabulary.read(token.core[start:end]), view),
                token.start + start,
                token.start + end,
                PLAIN if number else self.base.parted[at],
            )
        return at + 1 if pieces else 0

    def pieces_of(self, token: Token) -> tuple[list[tuple[int, int]], str]:
        core = token.core
        if "*" in core and not self.vocabulary.read(core).sets:
            return [found.span() for found in re.finditer(r"[^*]+", core)], SPLIT
        if not core.isalnum():
            return [], SPLIT
        if self.cleaned.origin is None:
            written = self.cleaned.original[token.start : token.end]
            cuts = [found.start() for found in _CASE.finditer(written)]
            if cuts:
                edges = [0, *cuts, len(core)]
                return list(pairwise(edges)), SPLIT
        if len(core) >= FEWEST_GLUED and core.isalpha():
            return segment(core, self.vocabulary), GLUED
        return [], GLUED


def _seen(reading: Reading, view: str) -> Reading:
    """Return ``reading`` with every plainer view replaced by ``view``."""
    if not reading.sets:
        return NOTHING if not reading.particle else reading
    sets = {
        number: (view if RANK[how] < RANK[view] else how, word)
        for number, (how, word) in reading.sets.items()
    }
    return replace(reading, sets=sets, phrases=(), known=True)
