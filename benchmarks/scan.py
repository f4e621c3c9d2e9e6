"""How fast the risk engine scans, beside pyahocorasick and Python's `re` in the same run.

Run ``python benchmarks/scan.py``. Times are process CPU time, the median of interleaved rounds.
The two yardsticks search raw text for the phrases and know no word edges, spellings or contexts,
so a ratio says what understanding costs; it is no contest.
"""

from __future__ import annotations

import random
import re
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import cycle, islice

import ahocorasick

from benchmarks.parts.words import choose, make_words
from moderation.risk.assess import assess
from moderation.risk.categories import CATEGORIES
from moderation.risk.compile import RuleSet, compile_rules
from moderation.risk.levels import Level
from moderation.risk.nodes import Regex
from moderation.risk.patterns import parse_pattern
from moderation.risk.rulefile import dump_yaml, load_yaml
from moderation.risk.rules import Lexicon, Rule
from moderation.risk.starter import starter
from moderation.risk.words import COMMON

POST_LENGTH = 400
POSTS = 40
ROUNDS = 9
SEED = 20_261_123
# Four letters or more that are no class, root, prefix or emoji of a pattern.
_PLAIN_WORD = re.compile(r"(?<![{~\w<:*'])[a-z]{4,}(?![\w*}:>'])")


def make_posts(words: list[str], random_: random.Random) -> list[str]:
    """Return posts of the length under test, with a full stop now and then."""
    posts = []
    for _ in range(POSTS):
        drawn = choose(words, 120, random_)
        text = " ".join(word + random_.choice([""] * 11 + ["."]) for word in drawn)
        posts.append(text[:POST_LENGTH])
    return posts


def make_phrases(words: list[str], count: int, random_: random.Random) -> list[str]:
    """Return different phrases of one to four words, one of them no everyday word.

    So most posts have no hit, as posts have with a real lexicon.
    """
    phrases: dict[str, None] = {}
    rare = [word for word in words if word not in COMMON and len(word) > 4]
    # One word in ten is a rule of its own; everyday words are drawn as in speech.
    while len(phrases) < count:
        size = random_.choice([1, 2, 2, 2, 3, 3, 3, 3, 4, 4])
        drawn = [random_.choice(rare), *choose(words, size - 1, random_)]
        random_.shuffle(drawn)
        phrases[" ".join(drawn)] = None
    return list(phrases)


def make_rules(phrases: list[str]) -> Lexicon:
    """Return one amber or red rule for each phrase."""
    codes = [code for code in CATEGORIES if CATEGORIES[code].base > Level.GREEN]
    return Lexicon(
        rules=tuple(
            Rule(
                id=f"rule-{number}",
                category=codes[number % len(codes)],
                level=Level.RED if number % 2 else Level.AMBER,
                patterns=(phrase,),
            )
            for number, phrase in enumerate(phrases)
        )
    )


def vary(pattern: str, words: list[str], random_: random.Random) -> str:
    """Return ``pattern`` with every third longer word exchanged; classes and roots stay."""
    return _PLAIN_WORD.sub(
        lambda found: random_.choice(words) if random_.random() < 1 / 3 else found[0], pattern
    )


def make_rich(
    lexicon: Lexicon, words: list[str], random_: random.Random, *, whole: bool = True
) -> Lexicon:
    """Return ``lexicon`` with 2,000 rules: its own over and over, no two with the same words.

    Its rules are long, seventeen patterns on average; unless ``whole``, each pattern makes a rule
    of its own with one of the phrases that it is not to match. Whole, the lexicon is more than a
    form may hold, and shows how the cost grows.
    """

    def varied(patterns: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(
            pattern if pattern.startswith("/") else vary(pattern, words, random_)
            for pattern in patterns
        )

    parts = [
        replace(rule, patterns=(pattern,), unless=rule.unless[number : number + 1])
        for rule in lexicon.rules
        for number, pattern in enumerate(rule.patterns)
    ]
    templates = islice(cycle(lexicon.rules if whole else parts), 2_000)
    return replace(
        lexicon,
        rules=tuple(
            replace(
                rule,
                id=f"rule-{number}",
                patterns=varied(rule.patterns),
                unless=varied(rule.unless),
            )
            for number, rule in enumerate(templates)
        ),
    )


def time_publishing(title: str, lexicon: Lexicon) -> None:
    """Print how long it takes to read a version from its text and to compile it."""
    text = dump_yaml(lexicon)
    patterns = sum(len(rule.patterns) + len(rule.unless) for rule in lexicon.rules)
    started = time.process_time()
    read = load_yaml(text)
    loaded = time.process_time()
    compile_rules(read)
    compiled = time.process_time() - loaded
    print(
        f"{title} ({patterns:,} patterns, {len(text) / 1e6:.1f} MB of YAML): "
        f"read in {loaded - started:.2f} s, compiled in {compiled:.2f} s (most: 2)"
    )


def phrases_of(lexicon: Lexicon) -> list[str]:
    """Return plain phrases that stand for a lexicon: the examples of its rules."""
    return sorted(
        {
            example.lower()
            for rule in lexicon.rules
            if not any(isinstance(parse_pattern(pattern), Regex) for pattern in rule.patterns)
            for example in rule.positive
        }
    )


def build_automaton(phrases: list[str]) -> Callable[[str], object]:
    """Return pyahocorasick's raw search."""
    automaton = ahocorasick.Automaton()
    for phrase in phrases:
        automaton.add_word(phrase, phrase)
    automaton.make_automaton()
    return lambda text: list(automaton.iter(text))


def build_alternation(phrases: list[str]) -> Callable[[str], object]:
    """Return a search with one big alternation of `re`."""
    longest_first = sorted(phrases, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))).findall


def scanner(rules: RuleSet) -> Callable[[str], object]:
    """Return the whole assessment of a text."""
    return lambda text: assess(text, rules)


def measure(engines: dict[str, Callable[[str], object]], posts: list[str]) -> dict[str, float]:
    """Return the median microseconds a post of each engine, rounds interleaved."""
    times: dict[str, list[float]] = {name: [] for name in engines}
    for engine in engines.values():
        for post in posts:
            engine(post)
    for _ in range(ROUNDS):
        for name, engine in engines.items():
            started = time.process_time()
            for post in posts:
                engine(post)
            times[name].append((time.process_time() - started) / len(posts) * 1e6)
    return {name: statistics.median(listed) for name, listed in times.items()}


def report(title: str, times: dict[str, float]) -> None:
    """Print one table: microseconds and the ratio of Teduh to each yardstick."""
    print(f"\n{title}")
    for name, each in times.items():
        print(f"  {name:<26}{each:>10.1f} us/post   Teduh takes {times['Teduh'] / each:>7.2f} x")


def main() -> None:
    """Print all figures."""
    random_ = random.Random(SEED)
    words = make_words(12_000, random_)
    posts = make_posts(words, random_)
    lexicon = starter()
    time_publishing(f"starter lexicon, {len(lexicon.rules)} rules", lexicon)
    rules = compile_rules(lexicon)

    phrases = phrases_of(lexicon)
    spoken = [" ".join(random_.choices(phrases, k=30))[:POST_LENGTH] for _ in range(POSTS)]
    for title, texts in (("ordinary words", posts), ("nothing but examples of rules", spoken)):
        times = measure(
            {
                "Teduh": scanner(rules),
                "pyahocorasick, raw": build_automaton(phrases),
                "re alternation": build_alternation(phrases),
            },
            texts,
        )
        report(f"{POST_LENGTH} characters of {title}, starter lexicon", times)

    costs = {}
    for count in (100, 1_000, 10_000):
        phrases = make_phrases(words, count, random_)
        rules = compile_rules(make_rules(phrases))
        times = measure(
            {
                "Teduh": scanner(rules),
                "pyahocorasick, raw": build_automaton(phrases),
                "re alternation": build_alternation(phrases),
            },
            posts if count < 10_000 else posts[:10],
        )
        hits = sum(len(assess(post, rules).matches) for post in posts) / len(posts)
        title = (
            f"{POST_LENGTH} characters of ordinary words, {count:,} rules, {hits:.1f} hits a post"
        )
        report(title, times)
        costs[count] = times["Teduh"]
    print(f"\ncost of a scan, 10,000 rules to 100: {costs[10_000] / costs[100]:.2f} x (most: 1.5)")

    phrases = make_phrases(words, 2_000, random_)
    time_publishing("2,000 rules of one phrase", make_rules(phrases))
    rare = [word for word in words if word not in COMMON and len(word) > 3]
    single = make_rich(lexicon, rare, random_, whole=False)
    time_publishing("2,000 rules of one rich pattern", single)
    whole = make_rich(lexicon, rare, random_)
    time_publishing("2,000 rules as long as the starter's", whole)


if __name__ == "__main__":
    main()
