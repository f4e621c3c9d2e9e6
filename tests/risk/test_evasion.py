"""Every disguise of every crisis and red rule's own examples is found, exactly where it stands."""

from __future__ import annotations

import pytest

from moderation.risk.assess import Match, assess
from moderation.risk.compile import RuleSet
from moderation.risk.levels import Level
from moderation.risk.nodes import Regex
from moderation.risk.patterns import parse_pattern
from tests.risk.disguises import DISGUISES


def matches_of(text: str, rules: RuleSet, rule: str) -> list[Match]:
    return [match for match in assess(text, rules).matches if match.rule == rule]


@pytest.mark.parametrize("disguise", DISGUISES)
def test_every_spelling_of_every_strong_example_is_found(
    disguise: str, starter_rules: RuleSet
) -> None:
    missed = []
    tried = 0
    for rule in starter_rules.rules.values():
        words = not any(isinstance(parse_pattern(pattern), Regex) for pattern in rule.patterns)
        for example in rule.positive if rule.level >= Level.RED and words else ():
            for plain in matches_of(example, starter_rules, rule.id):
                hidden = DISGUISES[disguise](plain.text)
                text = example[: plain.start] + hidden + example[plain.end :]
                span = (plain.start, plain.start + len(hidden))
                found = matches_of(text, starter_rules, rule.id)
                tried += 1
                if not any(
                    (match.start, match.end) == span and match.level >= plain.level
                    for match in found
                ):
                    spans = [(match.start, match.end, match.text) for match in found]
                    missed.append(f"{rule.id}: {text!r} {span} found {spans}")
    assert tried
    assert not missed, f"{len(missed)} of {tried}\n" + "\n".join(missed)


def test_the_view_says_which_step_made_it_match(small: RuleSet) -> None:
    views = {
        "mau mati": "raw",
        "mau m\u0430ti": "clean",
        "mau matiiii": "squash",
        "mau m4t1": "leet",
        "mau m a t i": "join",
        "mau m*ti": "mask",
        "akumaumati": "glued",
        "pgn mati": "norm",
        "mau mati2": "repeat",
        "mau ma ti": "crumbs",
        "#AkuMauMati": "split",
        "mengakhiri hidup": "affix",
    }
    found = {text: assess(text, small).matches for text in views}
    assert {text: matches[0].view for text, matches in found.items() if matches} == views


def test_a_reason_is_in_words(small: RuleSet) -> None:
    assert assess("mau b u n d i r, kepikiran b u n d i r", small).reasons == (
        "matched `kepikiran bunuh diri` after joining spaced letters",
    )


@pytest.mark.parametrize(
    ("text", "joined", "marked"),
    [
        ("my sister sent a goodbye text", "my sister sent a g o o d b y e text", "g o o d b y e"),
        ("she wrote goodbye a lot", "she wrote g o o d b y e a lot", "g o o d b y e"),
        ("gue mau bundir y", "gue mau b u n d i r y", "b u n d i r"),
        ("k bundir aja u", "k b u n d i r aja u", "b u n d i r"),
    ],
)
def test_a_word_of_one_letter_beside_spaced_letters_hides_nothing(
    text: str, joined: str, marked: str, starter_rules: RuleSet
) -> None:
    plain, found = assess(text, starter_rules), assess(joined, starter_rules)
    assert plain.level == found.level > Level.GREEN
    assert {match.rule for match in plain.matches} <= {match.rule for match in found.matches}
    assert marked in found.matches[0].text


def test_letters_that_are_no_word_stay_letters(starter_rules: RuleSet) -> None:
    for text in ("plan a b c d e f", "vitamin a d e k", "grup o a b a b y", "u k d i a g n"):
        assert assess(text, starter_rules).level is Level.GREEN


def test_bold_guesses_are_for_strong_rules_only(small: RuleSet) -> None:
    assert assess("capek hidup", small).level == Level.AMBER
    assert assess("cap*k h*dup", small).level == Level.GREEN
    assert assess("capekhidup", small).level == Level.GREEN


@pytest.mark.parametrize("text", ["malam", "s1 hukum", "0812 3456", "2 mei", "a b c d e f", "SAAT"])
def test_ordinary_text_stays_ordinary(text: str, small: RuleSet) -> None:
    found = [match for match in assess(text, small).matches if match.category != "PII"]
    assert not found
