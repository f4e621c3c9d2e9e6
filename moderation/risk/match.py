"""Match compiled patterns against a line of tokens, and find those worth trying."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain

from moderation.risk.lines import Line
from moderation.risk.parts import Part, numbers_of, run_backward, run_forward
from moderation.risk.views import CRUMBS, MASK, RANK, RAW


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

    def is_guess(self, line: Line, first: int, last: int) -> bool:
        """Tell whether a match rests on masked letters or crumbs alone.

        A guess that bold may raise an alarm, it may not silence one.
        """
        return self.explain(line, first, last)[0] in (CRUMBS, MASK)


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
