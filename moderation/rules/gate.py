"""The publish gate: what a version may not lose before it is put in force.

Pure: it knows lexicons and texts, no database. Source of the demands: issue "rules lab",
risk-lexicon.md sections 2 and 11.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources

import yaml

from moderation.risk.assess import assess
from moderation.risk.compile import RuleSet, compile_rules
from moderation.risk.levels import Level
from moderation.risk.rules import Lexicon, Rule


class Demand(StrEnum):
    """What a version has to keep."""

    GOLDEN_POST = "golden_post"
    OWN_EXAMPLE = "own_example"
    OWN_COUNTER_EXAMPLE = "own_counter_example"
    CRISIS_RULE = "crisis_rule"
    NO_RULES = "no_rules"


@dataclass(frozen=True)
class GoldenPost:
    """A made-up post that every version must see at its level or above."""

    text: str
    level: Level


@dataclass(frozen=True)
class Refusal:
    """One demand that is not met: by which rule, on which text, at which level it came out."""

    demand: Demand
    rule: str = ""
    text: str = ""
    wanted: Level = Level.GREEN
    found: Level = Level.GREEN


@cache
def golden_posts() -> tuple[GoldenPost, ...]:
    """Return the golden posts that ship with the engine; the harmless ones demand nothing."""
    text = (resources.files("moderation.risk") / "golden.yaml").read_text("utf-8")
    return tuple(
        GoldenPost(entry["text"], Level.parse(entry["level"])) for entry in yaml.safe_load(text)
    )


def check_version(
    base: Lexicon | None, wanted: Lexicon, golden: Sequence[GoldenPost]
) -> list[Refusal]:
    """Return why `wanted` may not replace `base`; an empty list lets it through.

    A golden post that `base` misses too is no reason to refuse: the new version is no worse.
    """
    if not any(rule.enabled for rule in wanted.rules):
        return [Refusal(Demand.NO_RULES)]
    ruleset = compile_rules(wanted)
    return [
        *_check_golden(base, ruleset, golden),
        *_check_examples(base, wanted, ruleset),
        *_check_crisis_rules(base, wanted, ruleset),
    ]


def _check_golden(
    base: Lexicon | None, wanted: RuleSet, golden: Sequence[GoldenPost]
) -> Iterable[Refusal]:
    urgent = [post for post in golden if post.level > Level.GREEN]
    found = [(post, assess(post.text, wanted).level) for post in urgent]
    low = [(post, level) for post, level in found if level < post.level]
    # The base is compiled for the few that need it.
    before = compile_rules(base) if low and base is not None else None
    for post, level in low:
        if before is None or assess(post.text, before).level > level:
            yield Refusal(Demand.GOLDEN_POST, text=post.text, wanted=post.level, found=level)


def _check_examples(base: Lexicon | None, wanted: Lexicon, ruleset: RuleSet) -> Iterable[Refusal]:
    """Hold each rule that is new or changed to its own examples."""
    before = {rule.id: rule for rule in base.rules} if base is not None else {}
    for rule in wanted.rules:
        if not rule.enabled or before.get(rule.id) == rule:
            continue
        for text in rule.positive:
            if rule.id not in _rules_on(text, ruleset):
                yield Refusal(Demand.OWN_EXAMPLE, rule.id, text, rule.level)
        for text in rule.negative:
            if rule.id in _rules_on(text, ruleset):
                yield Refusal(Demand.OWN_COUNTER_EXAMPLE, rule.id, text, found=rule.level)


def _check_crisis_rules(
    base: Lexicon | None, wanted: Lexicon, ruleset: RuleSet
) -> Iterable[Refusal]:
    """Refuse to lose a crisis rule, unless others see what it saw at the same level."""
    if base is None:
        return
    kept = {rule.id for rule in wanted.rules if rule.enabled and rule.level is Level.CRISIS}
    for rule in base.rules:
        if not rule.enabled or rule.level is not Level.CRISIS or rule.id in kept:
            continue
        yield from _missed_examples(rule, ruleset)


def _missed_examples(rule: Rule, ruleset: RuleSet) -> Iterable[Refusal]:
    missed = [(text, assess(text, ruleset).level) for text in rule.positive]
    missed = [(text, level) for text, level in missed if level < Level.CRISIS]
    if missed or not rule.positive:
        text, level = missed[0] if missed else ("", Level.GREEN)
        yield Refusal(Demand.CRISIS_RULE, rule.id, text, Level.CRISIS, level)


def _rules_on(text: str, ruleset: RuleSet) -> set[str]:
    return {match.rule for match in assess(text, ruleset).matches}
