"""Turn a lexicon into a rule set that scans text at a cost independent of its size.

Every pattern has one anchor, the part that any match must contain and whose words are the rarest.
A scan looks at each token once, finds the patterns anchored there in the token's own reading and
tries only those. So a rule costs nothing on a text that lacks its rarest word.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import methodcaller

import re2

from moderation.risk import patterns as tree
from moderation.risk.builder import Builder
from moderation.risk.garbage import no_collecting
from moderation.risk.levels import Level
from moderation.risk.match import (
    Matcher,
    Part,
    anchor_matchers,
    numbers_of,
    widest,
)
from moderation.risk.normalise import clean, tokenise
from moderation.risk.rules import Lexicon, Rule, parse_sign
from moderation.risk.vocabulary import Vocabulary

# These are looked for in every text and worth spreading; the others only where something hit.
_SCANNED = ("rules", "idioms")


@dataclass(frozen=True, slots=True)
class Context:
    """Compiled context words: present within ``within`` unless something else is."""

    within: str
    matchers: tuple[Matcher, ...]
    unless: tuple[Matcher, ...]


@dataclass(frozen=True, slots=True)
class Unless:
    """The ``unless`` phrases of one rule by their anchors, and the most tokens one may span."""

    anchored: Mapping[int, list[Matcher]]
    reach: int


@dataclass(frozen=True, slots=True)
class Sign:
    """One alternative of a combination: a pattern, or hits of a category and a least level."""

    category: str = ""
    level: Level = Level.AMBER
    matcher: Matcher | None = None


@dataclass(frozen=True, slots=True)
class Expressions:
    """All RE2 patterns: ``filter`` names those that match, to be run one by one."""

    filter: re2.Set | None
    owners: tuple[tuple[str, re2._Regexp], ...]


@dataclass(frozen=True, slots=True, eq=False)
class RuleSet:
    """A compiled lexicon. Share it between threads; make a new one to change a rule.

    ``reach`` is the most tokens any of its patterns may span.
    """

    lexicon: Lexicon
    rules: Mapping[str, Rule]
    vocabulary: Vocabulary
    unless: Mapping[str, Unless]
    contexts: Mapping[str, Context]
    combinations: Mapping[str, tuple[tuple[Sign, ...], ...]]
    expressions: Expressions
    reach: int


@no_collecting()
def compile_rules(lexicon: Lexicon) -> RuleSet:
    """Return ``lexicon`` ready to scan; raise ``RuleError`` for a class that is not there.

    Rules that are not enabled are left out.
    """
    builder = Builder(lexicon)
    rules = {rule.id: rule for rule in lexicon.rules if rule.enabled}
    drafts: dict[str, list[tuple[str, tuple[Part, ...]]]] = defaultdict(list)

    def add(kind: str, owner: str, patterns: Iterable[str]) -> None:
        drafts[kind] += [
            (owner, run)
            for pattern in patterns
            for run in builder.runs(pattern, spread=kind in _SCANNED)
        ]

    for rule in rules.values():
        add("rules", rule.id, rule.patterns)
        add("unless", rule.id, rule.unless)
    for idiom in lexicon.idioms:
        add("idioms", idiom, [idiom])
    for context in lexicon.contexts.values():
        add("contexts", context.name, context.patterns)
        add("context unless", context.name, context.unless)
    signs = {
        sign: None
        for combination in lexicon.combinations
        for alternatives in combination.all
        for sign in alternatives
        if parse_sign(sign) is None
    }
    for sign in signs:
        add("signs", sign, [sign])
    strong = {
        number
        for owner, run in drafts["rules"]
        if rules[owner].level >= Level.RED
        for number in numbers_of(run)
    }
    done = {
        kind: [
            matcher
            for owner, run in made
            for matcher in builder.finish(owner, run, 2 * (kind in _SCANNED))
        ]
        for kind, made in drafts.items()
    }
    reach = max((widest(run) for made in drafts.values() for _, run in made), default=1)
    ruleset = RuleSet(
        lexicon=lexicon,
        rules=rules,
        vocabulary=_vocabulary(builder, lexicon, done, strong),
        unless={
            owner: Unless(_anchored(matchers), max(matcher.reach for matcher in matchers))
            for owner, matchers in _by_owner(done.get("unless", ())).items()
        },
        contexts=_contexts(lexicon, done),
        combinations=_combinations(lexicon, done),
        expressions=_expressions(rules.values()),
        reach=reach,
    )
    tree.forget_patterns()
    return ruleset


def _by_owner(matchers: Iterable[Matcher]) -> dict[str, tuple[Matcher, ...]]:
    found: dict[str, list[Matcher]] = defaultdict(list)
    for matcher in matchers:
        found[matcher.owner].append(matcher)
    return {owner: tuple(listed) for owner, listed in found.items()}


def _anchored(matchers: Iterable[Matcher]) -> dict[int, list[Matcher]]:
    found: dict[int, list[Matcher]] = defaultdict(list)
    for matcher in matchers:
        for number in matcher.anchors:
            found[number].append(matcher)
    return found


def _words_of(text: str) -> tuple[str, ...]:
    return tuple(token.core.replace("'", "") for token in tokenise(clean(text).text))


def _vocabulary(
    builder: Builder,
    lexicon: Lexicon,
    done: Mapping[str, list[Matcher]],
    strong: set[int],
) -> Vocabulary:
    # No token reaches over a blank, so what examples repeat is read once.
    written = clean("\n".join([text for rule in lexicon.rules for text in rule.positive])).text
    everyday = {
        word: None
        for word in _words_of(" ".join(dict.fromkeys(written.split())))
        if word.isalpha() and len(word) > 1
    }
    # A word of an example that begins with a prefix of a pattern can then be found misspelt too.
    for prefix, numbers in builder.prefixes.items():
        for word in filter(methodcaller("startswith", prefix), everyday):
            builder.words[word] += numbers
    slang = {
        "".join(_words_of(word)): tuple(filter(None, map(_words_of, readings)))
        for word, readings in lexicon.slang.items()
    }
    return Vocabulary(
        words=_share(builder.words),
        roots=builder.roots,
        prefixes=dict(builder.prefixes),
        slang=slang,
        strong={word: None for number in sorted(strong) for word in builder.members[number]},
        everyday=everyday,
        anchored=anchor_matchers(done.get("rules", ()), builder.weights),
        anchored_idioms=_anchored(done.get("idioms", ())),
    )


def _share(words: Mapping[str, list[int]]) -> dict[str, tuple[int, ...]]:
    """Return ``words`` with equal entries kept once: the forms of a root have the same."""
    seen: dict[tuple[int, ...], tuple[int, ...]] = {}
    return {
        word: seen.setdefault(numbers, numbers)
        for word, numbers in zip(words, map(tuple, words.values()), strict=True)
    }


def _contexts(lexicon: Lexicon, done: Mapping[str, list[Matcher]]) -> dict[str, Context]:
    matchers = _by_owner(done.get("contexts", ()))
    unless = _by_owner(done.get("context unless", ()))
    return {
        name: Context(context.within, matchers.get(name, ()), unless.get(name, ()))
        for name, context in lexicon.contexts.items()
    }


def _combinations(
    lexicon: Lexicon, done: Mapping[str, list[Matcher]]
) -> dict[str, tuple[tuple[Sign, ...], ...]]:
    matchers = _by_owner(done.get("signs", ()))

    def signs(text: str) -> list[Sign]:
        known = parse_sign(text)
        if known is not None:
            return [Sign(*known)]
        return [Sign(matcher=matcher) for matcher in dict.fromkeys(matchers[text])]

    return {
        combination.id: tuple(
            tuple(sign for text in alternatives for sign in signs(text))
            for alternatives in combination.all
        )
        for combination in lexicon.combinations
    }


def _expressions(rules: Iterable[Rule]) -> Expressions:
    owners = [
        (rule.id, re2.compile(parsed.source.encode()))
        for rule in rules
        for parsed in map(tree.parse_pattern, rule.patterns)
        if isinstance(parsed, tree.Regex)
    ]
    if not owners:
        return Expressions(None, ())
    chosen = re2.Set.SearchSet()
    for _, expression in owners:
        chosen.Add(expression.pattern)
    chosen.Compile()
    return Expressions(chosen, tuple(owners))
