"""Whatever a person writes or an admin types: no exception, true offsets, linear time."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderation.risk.assess import assess
from moderation.risk.compile import RuleSet, compile_rules
from moderation.risk.patterns import PatternError, parse_pattern
from moderation.risk.rulefile import LexiconErrors, load_yaml
from moderation.risk.rules import Lexicon, RuleError, parse_rule
from tests.pace import seconds_of

SIZE = 100_000
# Below this, the clock says more about itself than about us.
LEAST_SECONDS = 0.02
# For four times the text. Linear is 4, quadratic is 16.
MOST_GROWTH = 8

any_text = st.text(alphabet=st.characters(exclude_categories=()), max_size=300)
pieces = st.lists(
    st.sampled_from(
        [
            "aku",
            "mau",
            "mati",
            "m4t1",
            "m*ti",
            "b u n d i r",
            "b.u.n",
            "akumaumati",
            "ma ti",
            "pgn",
            "#AkuMauMati",
            "mati2",
            " ",
            "  ",
            "\n",
            ".",
            ",",
            "?",
            '"',
            "\u200b",
            "\u0336",
            "\u0430",
            "�",
            "\x00",
            "🔪",
            "0812 3456 7890",
            "@a",
            "a@b.co",
            "dulu",
            "malam ini",
            "***",
            "!",
            "sih",
            "selamat tinggal",
            "kode 12-a",
            "ﷺ",
            "-",
            "_",
            "'",
            "jl. a no 1",
        ]
    ),
    max_size=40,
).map("".join)
MARKS = "( ) | ? [ ] & { } {want} ~ ~mati ... ...3 * mau mati / <e:knife> < ' 1 \ud800 \u0301"
marks = st.lists(st.sampled_from([" ", *MARKS.split()]), max_size=20).map("".join)


@settings(
    deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=any_text | pieces)
def test_any_text_is_assessed(text: str, small: RuleSet) -> None:
    found = assess(text, small)
    for match in found.matches:
        assert 0 <= match.start < match.end <= len(text)
        assert match.text == text[match.start : match.end]
    assert found.level == assess(text, small).level


@settings(deadline=None, max_examples=300)
@given(pattern=marks | any_text)
def test_any_pattern_is_read_or_refused(pattern: str) -> None:
    try:
        parse_pattern(pattern)
        rule = parse_rule({"id": "r", "category": "SUI_ACTIVE", "patterns": [pattern]})
    except (PatternError, RuleError):
        return
    try:
        rules = compile_rules(Lexicon(rules=(rule,)))
    except RuleError:
        return
    assess("aku mau mati (malam) ini " * 20 + pattern, rules)


@settings(deadline=None, max_examples=200)
@given(text=st.text(max_size=80) | marks)
def test_any_file_is_read_or_refused(text: str) -> None:
    for written in (text, f"rules:\n- {text}", f"classes: {text}", f"slang:\n  {text}: [x]"):
        try:
            load_yaml(written)
        except LexiconErrors:
            continue


def repeated(unit: str) -> str:
    return (unit * (SIZE // len(unit) + 1))[:SIZE]


def shuffled(rules: RuleSet, join: str, within: str = "") -> str:
    words = sorted(
        {
            word
            for rule in rules.rules.values()
            for example in rule.positive
            for word in example.lower().split()
            if word.isalpha()
        }
    )
    chosen = random.Random(7).choices(words, k=30_000)
    return join.join(within.join(word) for word in chosen)[:SIZE]


UNITS = [
    "mati ", "mau mati ", "aku ingin ", "b u n d i r ", "a", "aaab", "b*n*d*r ", "*a", "m\u0301",
    "a\u200b", "\U0001f52a ", ".", '"a ', "(", "0812", "@a", "a@b.", "akumaumati", "aB", "4k9 ",
    "jl. a ", "nol satu ", "\ud800a", "\ufdfa", "mati sih ", "bu nu ", "mati\n", "rt 1", "1 2 ",
    "0-0", "a b ", "a'", "a@!|$", "ig : ", "\u0301", "\x00",
]  # fmt: skip


def seconds(text: str, rules: RuleSet) -> float:
    """Return the seconds of work that a text takes."""
    return seconds_of(lambda: assess(text, rules))[1]


def growth(text: str, rules: RuleSet) -> float:
    """Return how many times longer the whole text takes than its first quarter; 4 is linear."""
    # The better of two, because the machine has other work; both again only if it seems slow, of
    # which what grows too fast has nothing.
    found = 0.0
    for _ in range(3):
        quarter = max(LEAST_SECONDS, min(seconds(text[: SIZE // 4], rules) for _ in range(2)))
        found = min(seconds(text, rules) for _ in range(2 if found else 1)) / quarter
        if found < MOST_GROWTH:
            break
    return found


@pytest.mark.parametrize("unit", UNITS)
def test_the_time_grows_with_the_text_and_no_faster(unit: str, starter_rules: RuleSet) -> None:
    """That 100 kB take under a second is measured in benchmarks/scan.py."""
    assert growth(repeated(unit), starter_rules) < MOST_GROWTH


@pytest.mark.parametrize(("join", "within"), [(" ", ""), (". ", ""), ("", ""), ("  ", " ")])
def test_words_of_the_lexicon_in_any_order_cost_no_more_for_more(
    join: str, within: str, starter_rules: RuleSet
) -> None:
    assert growth(shuffled(starter_rules, join, within), starter_rules) < MOST_GROWTH


def test_a_million_marks_are_read(starter_rules: RuleSet) -> None:
    assert assess("a" + "\u0301" * 1_000_000, starter_rules).level == 0
