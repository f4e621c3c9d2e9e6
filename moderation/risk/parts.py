"""The parts compiled patterns are made of, and how they move along a line of tokens.

A pattern is a run of parts. ``starts`` of a part are the sets its first token may belong to,
``numbers`` all sets it speaks of; ``width`` is the most tokens it may span, and a ``needed`` part
is one without which nothing matches.

A part moves sets of positions, forwards or backwards, so no order of alternatives and no run of
words makes it walk the same place twice: the cost of a try is bounded by the pattern. A position
is a number ``2 * token + free``; ``free`` says that a gap has already allowed what parts the
token from its neighbour.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from moderation.risk.lines import Line
from moderation.risk.normalise import COMMA

# So many particles in a row may stand inside a phrase, no more.
MOST_PARTICLES = 2


@dataclass(frozen=True, slots=True, eq=False)
class One:
    """One token of the set ``number``, and particles before it."""

    number: int
    numbers: frozenset[int]
    width: ClassVar[int] = 1 + MOST_PARTICLES
    needed: ClassVar[bool] = True

    @property
    def starts(self) -> frozenset[int]:
        """Nothing but its number."""
        return self.numbers

    def forward(self, line: Line, states: set[int]) -> set[int]:
        """Return the positions after the token, from those before it."""
        out = set()
        readings, parted, number = line.readings, line.parted, self.number
        for state in states:
            at, free = state >> 1, state & 1
            for _ in range(MOST_PARTICLES + 1):
                if at >= len(readings) or (not free and parted[at] >= COMMA):
                    break
                reading = readings[at]
                at += 1
                if number in reading.sets:
                    out.add(2 * at)
                if not reading.particle:
                    break
                free = 0
        return out

    def backward(self, line: Line, states: set[int]) -> set[int]:
        """Return the positions before the token, from those after it."""
        out = set()
        readings, parted, number = line.readings, line.parted, self.number
        for state in states:
            at, free = state >> 1, state & 1
            for _ in range(MOST_PARTICLES + 1):
                if at <= 0 or (not free and parted[at] >= COMMA):
                    break
                at -= 1
                reading = readings[at]
                if number in reading.sets:
                    out.add(2 * at)
                if not reading.particle:
                    break
                free = 0
        return out


@dataclass(frozen=True, slots=True)
class Skip:
    """Up to ``most`` tokens, over nothing but blanks and commas."""

    most: int
    starts: ClassVar[frozenset[int]] = frozenset()
    numbers: ClassVar[frozenset[int]] = frozenset()
    needed: ClassVar[bool] = False

    @property
    def width(self) -> int:
        """As many tokens as it skips."""
        return self.most

    def forward(self, line: Line, states: set[int]) -> set[int]:
        """Return the positions a next token may stand at."""
        # To skip nothing is always possible, also where a sentence or the text ends.
        out = set(states)
        parted = line.parted
        for state in states:
            at = state >> 1
            for to in range(at, min(at + self.most + 1, len(parted))):
                if parted[to] & 1:
                    break
                out.add(2 * to + 1)
        return out

    def backward(self, line: Line, states: set[int]) -> set[int]:
        """Return the positions after which a token before the gap may end."""
        out = set(states)
        parted = line.parted
        for state in states:
            at = state >> 1
            for to in range(at, max(at - self.most - 1, 0), -1):
                if to >= len(parted) or parted[to] & 1:
                    break
                out.add(2 * to + 1)
        return out


@dataclass(slots=True, eq=False)
class Branch:
    """One of several runs of parts, or nothing at all when it is not ``needed``."""

    options: tuple[tuple[Part, ...], ...]
    needed: bool
    starts: frozenset[int]
    numbers: frozenset[int]
    width: int
    _firsts: Mapping[int, tuple[int, ...]] | None = None
    _lasts: Mapping[int, tuple[int, ...]] | None = None

    # Most branches never meet a text that comes so far, so their indexes wait for the first.

    @property
    def firsts(self) -> Mapping[int, tuple[int, ...]]:
        """The options that may begin with a set of tokens, so that a hundred cost as one."""
        if self._firsts is None:
            self._firsts = _index(edge_sets(option) for option in self.options)
        return self._firsts

    @property
    def lasts(self) -> Mapping[int, tuple[int, ...]]:
        """The options that may end with a set of tokens."""
        if self._lasts is None:
            self._lasts = _index(_last_sets(option) for option in self.options)
        return self._lasts

    def forward(self, line: Line, states: set[int]) -> set[int]:
        """Return the positions after any of the options."""
        out = set() if self.needed else set(states)
        readings, firsts = line.readings, self.firsts
        for state in states:
            at = state >> 1
            tried: set[int] = set()
            for reading in readings[at : at + MOST_PARTICLES + 1]:
                for number in firsts.keys() & reading.sets.keys():
                    tried.update(firsts[number])
                if not reading.particle:
                    break
            for option in tried:
                out |= run_forward(self.options[option], line, {state})
        return out

    def backward(self, line: Line, states: set[int]) -> set[int]:
        """Return the positions before any of the options."""
        out = set() if self.needed else set(states)
        readings, lasts = line.readings, self.lasts
        for state in states:
            at = state >> 1
            tried: set[int] = set()
            for before in range(at - 1, max(-1, at - 2 - MOST_PARTICLES), -1):
                reading = readings[before]
                for number in lasts.keys() & reading.sets.keys():
                    tried.update(lasts[number])
                if not reading.particle:
                    break
            for option in tried:
                out |= run_backward(self.options[option], line, {state})
        return out


Part = One | Skip | Branch


def run_forward(parts: Sequence[Part], line: Line, states: set[int]) -> set[int]:
    """Move ``states`` over ``parts``."""
    for part in parts:
        if not states:
            break
        states = part.forward(line, states)
    return states


def run_backward(parts: Sequence[Part], line: Line, states: set[int]) -> set[int]:
    """Move ``states`` back over ``parts``, the last first."""
    for part in reversed(parts):
        if not states:
            break
        states = part.backward(line, states)
    return states


def edge_sets(parts: Iterable[Part]) -> set[int]:
    """Return the sets the first token of ``parts`` may belong to."""
    found: set[int] = set()
    for part in parts:
        found |= part.starts
        if part.needed:
            break
    return found


def _last_sets(parts: Sequence[Part]) -> set[int]:
    """Return the sets the last token of ``parts`` may belong to."""
    found: set[int] = set()
    for part in reversed(parts):
        if isinstance(part, One):
            found.add(part.number)
            break
        if isinstance(part, Branch):
            found.update(part.lasts)
            if part.needed:
                break
    return found


def _index(edges: Iterable[set[int]]) -> dict[int, tuple[int, ...]]:
    """Return which of several options have a set of tokens at their edge."""
    index: dict[int, tuple[int, ...]] = {}
    for at, numbers in enumerate(edges):
        for number in numbers:
            index[number] = (*index.get(number, ()), at)
    return index


def numbers_of(parts: Iterable[Part]) -> set[int]:
    """Return all sets ``parts`` speak of."""
    return set().union(*[part.numbers for part in parts])


def branch(options: Sequence[tuple[Part, ...]], needed: bool = True) -> Branch:
    """Return a branch over ``options``."""
    starts: set[int] = set()
    for option in options:
        starts |= edge_sets(option)
    return Branch(
        tuple(options),
        needed,
        frozenset(starts),
        frozenset().union(*[part.numbers for option in options for part in option]),
        max(map(widest, options)),
    )


def widest(parts: Iterable[Part]) -> int:
    """Return how many tokens a match of ``parts`` may span at most."""
    return sum([part.width for part in parts])
