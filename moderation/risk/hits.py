"""Find where the rules of a set hit a text, before context and combinations are weighed."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from moderation.risk.compile import RuleSet
from moderation.risk.levels import Level
from moderation.risk.lines import Line, read_lines
from moderation.risk.match import Matcher
from moderation.risk.normalise import Cleaned
from moderation.risk.rules import Rule
from moderation.risk.views import CLEAN, RANK, REASONS, STRONG_ONLY
from moderation.risk.vocabulary import NOTHING

# A rule marks at most so many places of one text: more tell a moderator nothing, and a text made
# of one word repeated would cost more and more.
MOST_HITS = 24
# What is present is gathered for so many tokens at a time, so that in a long text a pattern is
# not tried because its words stand at the other end.
BLOCK = 128
# A text of more tokens is watched for repetition.
LONG = 1_000
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


@dataclass(frozen=True, slots=True)
class Hit:
    """One place a rule hit: offsets in the cleaned text, the view and the reason in words.

    ``read`` is what the words were read as in that view; personal data and combinations have none.
    """

    rule: str
    category: str
    level: Level
    start: int
    end: int
    view: str
    reason: str
    holds: bool = False
    read: str = ""
    calls_lead: bool = False


def find_hits(cleaned: Cleaned, ruleset: RuleSet) -> tuple[list[Hit], Line, Line]:
    """Return the hits in order of position, each place once for a rule, and the base line twice.

    First without the tokens of idioms, then whole.
    """
    whole = read_lines(cleaned, ruleset.vocabulary)
    lines = [_without_idioms(line) for line in whole]
    finder = _Finder(cleaned, ruleset)
    for number, line in enumerate(lines):
        finder.scan(line, _places(line, ruleset.reach) if number else None)
    finder.run_expressions()
    hits = sorted(finder.hits.values(), key=lambda hit: (hit.start, hit.end, hit.rule))
    return hits, lines[0], whole[0]


def _places(line: Line, reach: int) -> list[int]:
    """Return the tokens from which a match may reach a rewritten one."""
    near: list[int] = []
    done = 0
    for at in line.changed:
        near += range(max(done, at - reach), min(len(line.readings), at + reach + 1))
        done = max(done, at + reach + 1)
    return near


def _without_idioms(line: Line) -> Line:
    """Return ``line`` with the tokens of idioms blanked; the others keep their place."""
    spans = []
    for at, reading in enumerate(line.readings):
        for matcher in reading.idioms:
            span = matcher.find(line, at)
            if span is not None and not matcher.is_guess(line, *span):
                spans.append(span)
    return _blank(line, spans)


def _blank(line: Line, spans: list[tuple[int, int]]) -> Line:
    if not spans:
        return line
    readings = list(line.readings)
    for first, last in spans:
        readings[first:last] = [NOTHING] * (last - first)
    return Line(readings, line.starts, line.ends, line.parted, line.changed)


class _Finder:
    def __init__(self, cleaned: Cleaned, ruleset: RuleSet) -> None:
        self.cleaned = cleaned
        self.ruleset = ruleset
        self.counts: Counter[str] = Counter()
        self.hits: dict[tuple[str, int, int], Hit] = {}

    def scan(self, line: Line, places: list[int] | None) -> None:
        readings = line.readings
        reach = self.ruleset.reach
        present: set[int] = set()
        until = 0
        # In a long text the same words over and over are looked at once: what a pattern finds
        # depends on nothing but the tokens within its reach.
        long = len(readings) > LONG
        signs = (
            [id(seen) * 4 + parted for seen, parted in zip(readings, line.parted, strict=True)]
            if long
            else []
        )
        fruitless: set[int] = set()
        for at in range(len(readings)) if places is None else places:
            anchors = readings[at].anchors
            if not anchors:
                continue
            window = hash(tuple(signs[max(0, at - reach) : at + reach + 1])) if long else 0
            if window in fruitless:
                continue
            before = len(self.hits)
            if at >= until:
                until = at + BLOCK
                near = readings[max(0, at - reach) : until + reach]
                present = set().union(*[reading.sets for reading in near if reading.sets])
            candidates: list[Matcher] = []
            for anchor in anchors:
                candidates += anchor.loose
                for number in anchor.paired.keys() & present:
                    candidates += anchor.paired[number]
            for matcher in dict.fromkeys(candidates):
                if (
                    matcher.required <= present
                    and self.counts[matcher.owner] < MOST_HITS
                    and not any(map(present.isdisjoint, matcher.any_of))
                ):
                    self.try_at(matcher, line, at)
            if long and len(self.hits) == before:
                fruitless.add(window)

    def try_at(self, matcher: Matcher, line: Line, at: int) -> None:
        span = matcher.find(line, at)
        if span is None:
            return
        if matcher.owner in self.ruleset.unless:
            line = self.blank_unless(matcher.owner, line, span)
            # The anchor itself may have been part of what does not count.
            span = matcher.find(line, at) if line.readings[at].sets else None
            if span is None:
                return
        rule = self.ruleset.rules[matcher.owner]
        view, words = matcher.explain(line, *span)
        if view in STRONG_ONLY and rule.level < Level.RED:
            return
        start, end = line.starts[span[0]], line.ends[span[1] - 1]
        if RANK[view] < RANK[CLEAN] and self.was_cleaned(start, end):
            view = CLEAN
        self.add(rule, start, end, view, " ".join(words))

    def blank_unless(self, owner: str, line: Line, span: tuple[int, int]) -> Line:
        """Blank every phrase of the rule's ``unless`` that shares a token with ``span``."""
        unless = self.ruleset.unless[owner]
        spans = []
        first, last = max(0, span[0] - unless.reach), span[1] + unless.reach
        for at, reading in enumerate(line.readings[first:last], first):
            for number in unless.anchored.keys() & reading.sets.keys():
                for matcher in unless.anchored[number]:
                    found = matcher.find(line, at)
                    if found is not None and found[0] < span[1] and found[1] > span[0]:
                        spans.append(found)
        return _blank(line, spans)

    def was_cleaned(self, start: int, end: int) -> bool:
        if self.cleaned.origin is None:
            return False
        first, last = self.cleaned.span(start, end)
        return self.cleaned.original[first:last].lower() != self.cleaned.text[start:end]

    def run_expressions(self) -> None:
        expressions = self.ruleset.expressions
        if expressions.filter is None:
            return
        # RE2 counts bytes, so every other character becomes one byte that matches nothing.
        plain = _NOT_ASCII.sub("\x00", self.cleaned.text).encode()
        for number in expressions.filter.Match(plain) or ():
            owner, expression = expressions.owners[number]
            for found in expression.finditer(plain):
                if self.counts[owner] >= MOST_HITS:
                    break
                start, end = found.span()
                if end > start:
                    self.add(self.ruleset.rules[owner], start, end, "raw", "")

    def add(self, rule: Rule, start: int, end: int, view: str, words: str) -> None:
        key = (rule.id, start, end)
        before = self.hits.get(key)
        if before is not None and RANK[before.view] <= RANK[view]:
            return
        self.counts[rule.id] += before is None
        read = words or self.cleaned.text[start:end]
        self.hits[key] = Hit(
            rule.id,
            rule.category,
            rule.level,
            start,
            end,
            view,
            f"matched `{read[:80]}` {REASONS[view]}",
            rule.holds,
            read[:80],
            rule.calls_lead,
        )
