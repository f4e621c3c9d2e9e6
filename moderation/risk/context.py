"""Weigh a hit by what stands around it: quotes, questions, persons, time.

A condition shifts a level by one at most, never below the floor of the rule, and raising wins
over lowering: what is unclear is resolved upwards (``risk-lexicon.md`` sections 2, 6 and 7).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, replace

from moderation.risk.compile import RuleSet
from moderation.risk.hits import Hit
from moderation.risk.levels import Level
from moderation.risk.lines import Line
from moderation.risk.match import Matcher
from moderation.risk.normalise import END, LINE, Cleaned
from moderation.risk.rules import Rule

# A quotation longer than this is a stray quotation mark.
_QUOTED = re.compile(r'"[^"\n]{1,400}"')
_QUESTION = re.compile(r"[^?!.\n]*\?")


@dataclass(frozen=True, slots=True)
class Context:
    """What the forum knows about a post besides its text; all fields default to neutral."""

    is_reply: bool = False
    is_thread_start: bool = False
    is_first_post: bool = False
    ambers_last_7_days: int = 0
    amber_recent: bool = False
    deleted_after_flag: bool = False
    thread_level: Level | None = None


class Surroundings:
    """Answers whether a condition holds at a hit; computes each condition once for a text.

    ``line`` is the base line without idioms, in which combinations look; conditions look at the
    ``whole``: "you're not weak" is an idiom, and tells who speaks to whom.
    """

    def __init__(
        self, cleaned: Cleaned, line: Line, whole: Line, ruleset: RuleSet, context: Context
    ) -> None:
        self._text = cleaned.text
        self._line = line
        self._whole = whole
        self._ruleset = ruleset
        self._facts = {
            "reply": context.is_reply,
            "thread_start": context.is_thread_start,
            "first_post": context.is_first_post,
            "amber_recent": context.amber_recent or context.ambers_last_7_days > 0,
        }
        self._sentences: list[int] | None = None
        self._found: dict[Matcher, list[tuple[int, int]]] = {}
        self._spans: dict[str, list[tuple[int, int]]] = {}
        self._present: dict[str, set[int]] = {}

    def sentence_of(self, offset: int) -> int:
        """Return the number of the sentence or line a cleaned offset lies in."""
        if self._sentences is None:
            line = self._line
            self._sentences = [
                start
                for start, parted in zip(line.starts, line.parted, strict=True)
                if parted in (END, LINE)
            ]
        return bisect_right(self._sentences, offset)

    def apart(self, first: int, second: int) -> int:
        """Return how many sentences lie between two cleaned offsets, 0 within one."""
        return abs(self.sentence_of(first) - self.sentence_of(second))

    def holds(self, name: str, hit: Hit) -> bool:
        """Tell whether the condition ``name`` holds at ``hit``."""
        if name in self._facts:
            return self._facts[name]
        if name in ("quote", "question"):
            return self._within(name, hit)
        context = self._ruleset.contexts.get(name)
        if context is None:
            return False
        if name not in self._present:
            # What only masked letters would spell shifts no level, though it may undo a shift.
            present = self._sentences_with(context.matchers, guesses=False)
            undone = self._sentences_with(context.unless)
            whole = context.within == "post"
            self._present[name] = set() if whole and undone else present - undone
        present = self._present[name]
        if context.within == "post":
            return bool(present)
        at = self.sentence_of(hit.start)
        if context.within == "near":
            return not present.isdisjoint((at - 1, at, at + 1))
        return at in present

    def find(self, matcher: Matcher) -> list[tuple[int, int]]:
        """Return the cleaned spans of a pattern in the base line."""
        found = self._found.get(matcher)
        if found is None:
            line = self._line
            found = self._found[matcher] = [
                (line.starts[first], line.ends[last - 1]) for first, last in matcher.find_all(line)
            ]
        return found

    def _sentences_with(self, matchers: tuple[Matcher, ...], *, guesses: bool = True) -> set[int]:
        line = self._whole
        return {
            self.sentence_of(line.starts[first])
            for matcher in matchers
            for first, last in matcher.find_all(line)
            if guesses or not matcher.is_guess(line, first, last)
        }

    def _within(self, name: str, hit: Hit) -> bool:
        if name not in self._spans:
            expression = _QUOTED if name == "quote" else _QUESTION
            self._spans[name] = [found.span() for found in expression.finditer(self._text)]
        spans = self._spans[name]
        at = bisect_right(spans, (hit.start, len(self._text) + 1)) - 1
        return at >= 0 and spans[at][0] <= hit.start and hit.end <= spans[at][1]


def shift(hit: Hit, rule: Rule, around: Surroundings) -> Hit:
    """Return ``hit`` with its level shifted by the conditions of its rule."""
    lowers = False
    for name, direction in rule.when.items():
        if (direction == "raise" or not lowers) and around.holds(name, hit):
            if direction == "raise":
                return replace(hit, level=Level(min(hit.level + 1, Level.CRISIS)))
            lowers = True
    if not lowers:
        return hit
    lowest = min(rule.floor, hit.level)
    return replace(hit, level=Level(max(hit.level - 1, lowest)))
