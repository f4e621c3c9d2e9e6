"""Build patterns from their trees: numbers for sets of tokens, parts, and anchors.

Every pattern has one anchor, the part that any match must contain and whose words are the rarest.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from moderation.risk import patterns as tree
from moderation.risk.affixes import expand
from moderation.risk.match import (
    Branch,
    Matcher,
    One,
    Part,
    Skip,
    branch,
    numbers_of,
    widest,
)
from moderation.risk.rules import Lexicon, RuleError
from moderation.risk.words import COMMON

# A frequent word makes as bad an anchor as this many rare ones.
_COMMON_WEIGHT = 1_000
# A part with more phrases than this is not tried phrase by phrase.
_MOST_SPREAD = 64


class Builder:
    """Numbers for token sets, and patterns made of them."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.numbers: dict[tuple[str, str], int] = {}
        self.words: dict[str, list[int]] = defaultdict(list)
        self.roots: dict[int, str] = {}
        self.prefixes: dict[str, list[int]] = defaultdict(list)
        self.members: dict[int, dict[str, None]] = {}
        self.weights: dict[int, int] = {}
        self.classes: dict[str, Part] = {}
        self.open_classes: list[str] = []
        self.uses: Counter[int] = Counter()
        # Equal parts are one object, so what is known of one is known of all.
        self.ones: dict[int, One] = {}
        self.branches: dict[tuple[tuple[tuple[Part, ...], ...], bool], Branch] = {}
        self.made: dict[tree.Node, Part] = {}
        self.heft: dict[Part, int] = {}

    def number(self, kind: str, text: str, members: Iterable[str]) -> int:
        """Return the number of a token set, making it on first use."""
        key = (kind, text)
        known = self.numbers.get(key)
        if known is not None:
            return known
        number = self.numbers[key] = len(self.numbers)
        listed = self.members[number] = dict.fromkeys(members)
        words = self.words
        for word in listed:
            words[word].append(number)
        if kind == "root":
            self.roots[number] = text
        # The forms of one root are rare, most of them do not exist.
        self.weights[number] = (
            2
            if kind in ("root", "prefix")
            else len(listed) + (_COMMON_WEIGHT - 1) * len(COMMON.intersection(listed))
        )
        return number

    def one(self, number: int) -> One:
        """Return the part for one token of a set."""
        made = self.ones.get(number)
        if made is None:
            made = self.ones[number] = One(number, frozenset((number,)))
        return made

    def branch(self, options: Iterable[tuple[Part, ...]], needed: bool = True) -> Branch:
        """Return the part for one of several runs."""
        key = (tuple(options), needed)
        made = self.branches.get(key)
        if made is None:
            made = self.branches[key] = branch(*key)
        return made

    def part(self, node: tree.Node) -> Part:
        """Return the compiled form of one node of a pattern, making it on first use."""
        made = self.made.get(node)
        if made is None:
            made = self.made[node] = self.make(node)
        return made

    def make(self, node: tree.Node) -> Part:
        """Return the compiled form of one node of a pattern."""
        match node:
            case tree.Word(text):
                return self.one(self.number("word", text, [text]))
            case tree.Choice():
                return self.choice(node)
            case tree.Prefix(text):
                number = self.number("prefix", text, [])
                if number not in self.prefixes[text]:
                    self.prefixes[text].append(number)
                return self.one(number)
            case tree.Root(text):
                return self.one(self.number("root", text, expand(text)))
            case tree.Gap(most):
                return Skip(most)
            case tree.ClassName(name, column):
                return self.word_class(name, column)
            case tree.Sequence(_):
                return self.branch([self.parts(node)])

    def choice(self, node: tree.Choice) -> Part:
        """Return a choice; alternatives of one word each become one set."""
        options = [self.parts(option) for option in node.options]
        if node.words:
            kind = "word" if len(node.words) == 1 else "words"
            options.insert(0, (self.one(self.number(kind, "|".join(node.words), node.words)),))
        if len(options) == 1 and len(options[0]) == 1 and not node.optional:
            return options[0][0]
        return self.branch(options, not node.optional)

    def word_class(self, name: str, column: int) -> Part:
        """Return the part for a class: its words as one set, its phrases as alternatives."""
        known = self.classes.get(name)
        if known is not None:
            return known
        if name in self.open_classes:
            chain = " > ".join([*self.open_classes, name])
            raise RuleError(name, "classes", column, f"a class may not contain itself ({chain})")
        if name not in self.lexicon.classes:
            raise RuleError(name, "classes", column, f"there is no class {{{name}}}; define it")
        self.open_classes.append(name)
        words: list[str] = []
        phrases: list[tuple[Part, ...]] = []
        for entry in self.lexicon.classes[name].entries:
            sequence = tree.parse_pattern(entry)
            if isinstance(sequence, tree.Regex):
                raise RuleError(name, "classes", 1, "a class holds words, not /expressions/")
            first = sequence.parts[0]
            if len(sequence.parts) == 1 and isinstance(first, tree.Word):
                words.append(first.text)
                continue
            if len(sequence.parts) == 1 and isinstance(first, tree.ClassName):
                inner = self.word_class(first.name, first.column)
                for option in inner.options if isinstance(inner, Branch) else ((inner,),):
                    if len(option) == 1 and isinstance(option[0], One):
                        words += self.members[option[0].number]
                    phrases.append(option)
                continue
            phrases.append(self.parts(sequence))
        self.open_classes.pop()
        options: list[tuple[Part, ...]] = []
        if words:
            options.append((self.one(self.number("class", name, words)),))
        # A word of an inner class counts as a word of this one, so its own set is not needed.
        for option in phrases:
            only = option[0] if len(option) == 1 else None
            if not (
                isinstance(only, One)
                and self.members[only.number]
                and self.members[only.number].keys() <= set(words)
            ):
                options.append(option)
        made: Part = (
            options[0][0] if len(options) == 1 and len(options[0]) == 1 else self.branch(options)
        )
        self.classes[name] = made
        return made

    def parts(self, sequence: tree.Sequence) -> tuple[Part, ...]:
        """Return the compiled parts of a sequence."""
        return tuple(self.part(node) for node in sequence.parts)

    def runs(self, pattern: str, *, spread: bool) -> list[tuple[Part, ...]]:
        """Return the parts of a pattern; ``spread`` parts alternatives that are all of it."""
        sequence = tree.parse_pattern(pattern)
        if isinstance(sequence, tree.Regex):
            return []
        runs: list[tuple[Part, ...]] = []
        waiting = [self.parts(sequence)]
        while waiting:
            run = waiting.pop()
            only = run[0] if len(run) == 1 else None
            if isinstance(only, Branch) and spread:
                waiting += only.options
            else:
                runs.append(run)
        for run in runs:
            self.uses.update(numbers_of(run))
        return runs

    def weigh(self, part: Part) -> int:
        """Return how often a part would be met as an anchor, roughly, once all runs are made."""
        known = self.heft.get(part)
        if known is None:
            weights, uses = self.weights, self.uses
            known = sum([weights[number] + uses[number] for number in part.starts])
            self.heft[part] = known
        return known

    def finish(self, owner: str, parts: tuple[Part, ...], depth: int) -> list[Matcher]:
        """Return the matchers of a run of parts, anchored where its words are rarest.

        When every possible anchor is a frequent word, the phrases of up to ``depth`` parts are
        tried one by one: each has an anchor of its own.
        """
        needed = [(at, part) for at, part in enumerate(parts) if part.needed]
        lightest, best = min([(self.weigh(part), at) for at, part in needed])
        if depth and lightest >= _COMMON_WEIGHT:
            branches = [
                (len(part.options), at, part) for at, part in needed if isinstance(part, Branch)
            ]
            size, at, chosen = min(branches, default=(0, 0, None), key=lambda entry: entry[:2])
            if chosen is not None and size <= _MOST_SPREAD:
                return [
                    matcher
                    for option in chosen.options
                    for matcher in self.finish(
                        owner, (*parts[:at], *option, *parts[at + 1 :]), depth - 1
                    )
                ]
        others = [part for at, part in needed if at != best]
        singles = [part.numbers for part in others if isinstance(part, One)]
        return [
            Matcher(
                owner,
                parts[:best],
                parts[best:],
                parts[best].starts,
                singles[0] if len(singles) == 1 else frozenset().union(*singles),
                tuple([part.starts for part in others if isinstance(part, Branch)]),
                widest(parts),
            )
        ]
