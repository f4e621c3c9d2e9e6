"""Match compiled patterns against a line of tokens.

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
from itertools import chain
from typing import ClassVar

from moderation.risk.lines import Line
from moderation.risk.normalise import COMMA
from moderation.risk.views import RANK, RAW

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
        out = set()
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
        out = set()
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


@dataclass(frozen=True, slots=True, eq=False)
class Matcher:
    """A compiled pattern of ``owner``.

    ``after`` begins with the anchor, ``before`` is what comes before it; ``anchors`` are the sets
    the anchor may begin with; ``required`` are other sets without which it cannot match, of each
    entry of ``any_of`` it needs one; ``reach`` is the most tokens it may span.
    """

    owner: str
    before: tuple[Part, ...]
    after: tuple[Part, ...]
    anchors: frozenset[int]
    required: frozenset[int]
    any_of: tuple[frozenset[int], ...]
    reach: int

    def find(self, line: Line, at: int) -> tuple[int, int] | None:
        """Return the widest (first token, token after the last) around the anchor ``at``."""
        ends = run_forward(self.after, line, {2 * at + 1})
        if not ends:
            return None
        starts = run_backward(self.before, line, {2 * at})
        if not starts:
            return None
        return min(starts) >> 1, max(ends) >> 1

    def find_all(self, line: Line) -> list[tuple[int, int]]:
        """Return all spans in ``line``, in order of their anchors."""
        spans = [self.find(line, at) for at in line.where(self.anchors)]
        return [span for span in spans if span is not None]

    def explain(self, line: Line, first: int, last: int) -> tuple[str, list[str]]:
        """Return the boldest view among the tokens of a match, and the words read in them."""
        boldest = RAW
        words = []
        numbers = numbers_of(chain(self.before, self.after))
        for reading in line.readings[first:last]:
            seen = [reading.sets[number] for number in reading.sets if number in numbers]
            if seen:
                view, word = min(seen, key=lambda entry: RANK[entry[0]])
                words.append(word)
                if RANK[view] > RANK[boldest]:
                    boldest = view
        return boldest, words


@dataclass(frozen=True, slots=True, eq=False)
class Anchor:
    """The matchers anchored in one set of tokens.

    ``paired`` lists them by another set each cannot do without, so that a text without that word
    does not even look at them; ``loose`` are those that need nothing else.
    """

    loose: tuple[Matcher, ...]
    paired: Mapping[int, tuple[Matcher, ...]]


def anchor_matchers(matchers: Iterable[Matcher], weights: Mapping[int, int]) -> dict[int, Anchor]:
    """Return the anchors by set number; ``weights`` tell how frequent each set is."""
    by_number: dict[int, list[Matcher]] = {}
    needs: dict[Matcher, frozenset[int]] = {}
    hefts: dict[frozenset[int], int] = {}

    def heft(need: frozenset[int]) -> int:
        known = hefts.get(need)
        if known is None:
            known = hefts[need] = sum([weights[number] for number in need])
        return known

    for matcher in matchers:
        # Besides the anchor, one of these sets must be there; none when it stands alone.
        wanted = [frozenset((number,)) for number in matcher.required - matcher.anchors]
        needs[matcher] = min((*wanted, *matcher.any_of), key=heft, default=frozenset())
        for number in matcher.anchors:
            by_number.setdefault(number, []).append(matcher)
    # The words of a class anchor the same matchers.
    made: dict[tuple[Matcher, ...], Anchor] = {}
    anchors: dict[int, Anchor] = {}
    for number, listed in by_number.items():
        key = tuple(listed)
        if key not in made:
            made[key] = _anchor(key, needs)
        anchors[number] = made[key]
    return anchors


def _anchor(matchers: Iterable[Matcher], needs: Mapping[Matcher, frozenset[int]]) -> Anchor:
    loose: list[Matcher] = []
    paired: dict[int, list[Matcher]] = {}
    for matcher in matchers:
        if not needs[matcher]:
            loose.append(matcher)
        for other in needs[matcher]:
            paired.setdefault(other, []).append(matcher)
    # Words of one class are paired with the same matchers; equal tuples are kept once.
    shared: dict[tuple[Matcher, ...], tuple[Matcher, ...]] = {}
    return Anchor(
        tuple(loose),
        {
            other: shared.setdefault(listed, listed)
            for other, listed in zip(paired, map(tuple, paired.values()), strict=True)
        },
    )
