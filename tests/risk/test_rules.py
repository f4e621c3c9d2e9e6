"""The rule language, its errors and its files."""

from __future__ import annotations

import gc
from dataclasses import replace

import pytest

from moderation.risk.assess import assess
from moderation.risk.builder import Builder
from moderation.risk.compile import compile_rules
from moderation.risk.levels import Level
from moderation.risk.parts import Branch
from moderation.risk.patterns import PatternError, parse_pattern
from moderation.risk.rulefile import LexiconErrors, dump_yaml, load_files, load_yaml
from moderation.risk.rules import Rule, RuleError, parse_rule, rule_as_mapping
from tests.pace import work_of
from tests.risk.lexicons import SMALL

# A number in syllables, so that made-up words differ and none is another one stretched.
SYLLABLES = str.maketrans(
    dict(
        zip("0123456789", ("ba", "ci", "do", "fu", "ga", "hi", "jo", "ku", "ma", "ni"), strict=True)
    )
)
STEMS = ("salo", "temi", "kura", "pindo", "lawe", "gisa", "rombu", "walu")
BASE = {"id": "a-rule", "category": "HOPELESS", "patterns": ["capek hidup"]}


@pytest.mark.parametrize(
    ("pattern", "column", "hint"),
    [
        ("", 1, "at least one word"),
        ("(a|b", 1, "close this bracket"),
        ("mau {want mati", 5, "close the class name"),
        ("mau }", 5, "remove"),
        ("mau {} mati", 5, "class name between the braces"),
        ("...3 mati", 1, "before and after a gap"),
        ("mau ...9 mati", 5, "gap of 1 to 6"),
        ("mau ... mati", 5, "how many words"),
        ("(banget)?", 1, "may not be missing"),
        ("mau ((a)?|b)", 6, "may not be missing"),
        ("mati?", 5, "write (mati)?"),
        ("b*ndir", 2, "only end a word"),
        ("mau | mati", 5, "choice in brackets"),
        ("obat & semua", 6, "in brackets"),
        ("[a & b & c]", 1, "two parts"),
        ("~1", 1, "root of letters"),
        ("~ab", 1, "at least three letters"),
        ("ab*", 1, "at least three letters before the star"),
        ("mau ,,, mati", 5, "no letters"),
        ("/a(/", 2, "cannot read"),
        ("/a*/", 2, "matches empty text"),
        ("/ab", 3, "end the expression"),
        ("(" * 9 + "a" + ")" * 9, 7, "inside each other"),
    ],
)
def test_an_error_names_the_column_and_says_what_to_write(
    pattern: str, column: int, hint: str
) -> None:
    with pytest.raises(PatternError) as caught:
        parse_pattern(pattern)
    assert caught.value.column == column
    assert hint in caught.value.message


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"id": ""}, "id"),
        ({"category": "NOPE"}, "category"),
        ({"level": "orange"}, "level"),
        ({"patterns": []}, "patterns"),
        ({"patterns": ["(a"]}, "patterns[1]"),
        ({"patterns": {"a": 1}}, "patterns"),
        ({"unless": ["/a/"]}, "unless[1]"),
        ({"when": {"past": "drop"}}, "when.past"),
        ({"when": ["past"]}, "when"),
        ({"enabled": "perhaps"}, "enabled"),
        ({"colour": "red"}, "colour"),
        ({"language": "jv"}, "language"),
        ({"note": ["a"]}, "note"),
    ],
)
def test_a_bad_field_is_named(change: dict[str, object], field: str) -> None:
    with pytest.raises(RuleError) as caught:
        parse_rule({**BASE, **change})
    assert caught.value.field == field


def test_a_rule_survives_the_round_trip() -> None:
    rule = parse_rule(
        {
            **BASE,
            "level": "amber",
            "when": {"past": "lower"},
            "floor": "green",
            "positive": ["capek hidup"],
            "reviewer": None,
            "needs_review": ["clinician"],
        }
    )
    assert parse_rule(rule_as_mapping(rule)) == rule


def test_a_file_survives_the_round_trip() -> None:
    lexicon = load_yaml(SMALL)
    assert load_yaml(dump_yaml(lexicon)) == lexicon


def test_words_are_words_whatever_yaml_thinks() -> None:
    lexicon = load_yaml("classes: {no: [no, yes, 119, on, null]}")
    assert lexicon.classes["no"].entries == ("no", "yes", "119", "on", "null")


def test_every_bad_entry_is_named_with_its_line() -> None:
    text = """\
rules:
  - {id: a, category: HOPELESS, patterns: ['(x']}
  - {id: b, category: NOPE, patterns: [x]}
  - {id: c, category: HOPELESS, patterns: ['{gone} x']}
  - {id: c, category: HOPELESS, patterns: [x]}
  - {id: d, category: HOPELESS, patterns: [x], when: {mood: lower}}
nonsense: 1
"""
    with pytest.raises(LexiconErrors) as caught:
        load_yaml(text)
    assert [line for _, line, _ in caught.value.errors] == [2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    "text", ["a: [", "- a", "\x00", "rules: &a [*a]", "rules: 1", "classes: [a]", "slang: x"]
)
def test_a_broken_file_is_an_error_not_a_crash(text: str) -> None:
    with pytest.raises(LexiconErrors):
        load_yaml(text)


def test_a_class_may_stand_in_another_file() -> None:
    lexicon = load_files(
        {
            "a.yaml": "rules: [{id: a, category: HOPELESS, patterns: ['{b} x']}]",
            "b.yaml": "classes: {b: [y]}",
        }
    )
    assert compile_rules(lexicon).rules["a"].patterns == ("{b} x",)


def test_a_class_may_not_contain_itself() -> None:
    lexicon = load_yaml(
        "classes: {a: ['{b}'], b: ['{a}']}\n"
        "rules: [{id: r, category: HOPELESS, patterns: ['{a} x']}]"
    )
    with pytest.raises(RuleError, match="contain itself"):
        compile_rules(lexicon)


def rich_rule(number: int) -> Rule:
    """Return a rule with classes, choices, gaps, a root and a window, and words of its own."""
    one, two, three, four, five, six, seven, eight = (
        f"{stem}{number}".translate(SYLLABLES) for stem in STEMS
    )
    return Rule(
        id=f"rich-{number}",
        category="SUI_ACTIVE",
        level=Level.RED,
        patterns=(
            f"{{self}} ...3 ({one}|{two}|{three} {four}|mau {five}) ...2 (~bunuh|{{want}} {six})",
            f"{seven} (banget|{eight})?",
        ),
        unless=(f"[{two} & ({seven}|{eight})]",),
        positive=(f"aku sih {three} {four} mau membunuh", f"aku {one} ingin {six}"),
        negative=(f"{two} aku {seven}",),
    )


def test_two_thousand_rich_rules_are_ready_soon() -> None:
    """200 pieces of plain work are two seconds of a desk's computer."""
    lexicon = replace(load_yaml(SMALL), rules=tuple(map(rich_rule, range(2_000))))
    rules, work = work_of(lambda: compile_rules(lexicon))
    assert work < 200
    for rule in lexicon.rules[::100]:
        for text in rule.positive:
            assert [match.rule for match in assess(text, rules).matches] == [rule.id]
        for text in rule.negative:
            assert not assess(text, rules).matches


def test_equal_parts_of_patterns_are_one_object() -> None:
    builder = Builder(load_yaml(SMALL))
    choice = "(aku mau|kita ingin|{want} pergi)"
    first, second = (
        builder.runs(pattern, spread=False)[0]
        for pattern in (f"{choice} ~mati", f"dia {choice} (mau mati)?")
    )
    assert first[0] is second[1]
    assert isinstance(first[0], Branch)
    assert first[0].starts == first[0].firsts.keys()


def test_garbage_is_collected_again_after_compiling_and_after_an_error() -> None:
    compile_rules(load_yaml(SMALL))
    assert gc.isenabled()
    with pytest.raises(LexiconErrors):
        load_yaml("rules: 1")
    assert gc.isenabled()
