"""The publish gate: what a version may not lose before it is put in force.

Pure: it knows lexicons and texts, no database. Source of the demands: issue "rules lab",
risk-lexicon.md sections 2 and 11.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache, partial
from importlib import resources

import yaml

from moderation.risk.assess import Assessment, assess
from moderation.risk.categories import TAGS
from moderation.risk.compile import RuleSet
from moderation.risk.levels import Level
from moderation.risk.rules import Rule

Read = Callable[[str], Assessment]


class Demand(StrEnum):
    """What a version has to keep."""

    GOLDEN_POST = "golden_post"
    KEPT_EXAMPLE = "kept_example"
    CRISIS_RULE = "crisis_rule"
    OWN_EXAMPLE = "own_example"
    OWN_COUNTER_EXAMPLE = "own_counter_example"
    NO_RULES = "no_rules"


@dataclass(frozen=True)
class GoldenPost:
    """A made-up post that every version must see at its level or above."""

    text: str
    level: Level


@dataclass(frozen=True)
class Refusal:
    """One demand that is not met: by which rule, on which text, at which level it came out.

    Of a golden post `rule` is the rule or combination that sees it today.
    """

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


# The page of a draft asks at every look, and an answer takes more than a second.
@lru_cache(maxsize=1)
def check_version(
    base: RuleSet, wanted: RuleSet, golden: tuple[GoldenPost, ...]
) -> tuple[Refusal, ...]:
    """Return why `wanted` may not replace `base`; nothing lets it through.

    What `base` does not see either is no reason to refuse: the new version is no worse.
    """
    if not wanted.rules:
        return (Refusal(Demand.NO_RULES),)
    before = cache(partial(assess, ruleset=base))
    after = cache(partial(assess, ruleset=wanted))
    changed = [rule for rule in wanted.rules.values() if base.rules.get(rule.id) != rule]
    return (
        *_check_golden(golden, before, after),
        *_check_kept(base.rules.values(), wanted, before, after),
        *_check_own(changed, after),
    )


def _check_golden(golden: Iterable[GoldenPost], before: Read, after: Read) -> Iterable[Refusal]:
    for post in golden:
        # The harmless ones need not be read.
        if post.level == Level.GREEN or (found := after(post.text).level) >= post.level:
            continue
        seen = before(post.text)
        if found < seen.level:
            level = min(post.level, seen.level)
            yield Refusal(Demand.GOLDEN_POST, seen.matches[0].rule, post.text, level, found)


def _check_kept(
    rules: Iterable[Rule], wanted: RuleSet, before: Read, after: Read
) -> Iterable[Refusal]:
    """Hold a version to the examples of the rules before it, whichever of its rules sees them."""
    for rule in rules:
        for text in rule.positive:
            found = after(text)
            if _shows(rule, found):
                continue
            seen = before(text)
            level = min(rule.level, seen.level)
            if found.level < level or _shows(rule, seen):
                yield Refusal(Demand.KEPT_EXAMPLE, rule.id, text, level, found.level)
        if rule.level is Level.CRISIS and not rule.positive and not _contains(wanted, rule):
            yield Refusal(Demand.CRISIS_RULE, rule.id)


def _check_own(rules: Iterable[Rule], after: Read) -> Iterable[Refusal]:
    """Hold each rule that is new or changed to its own examples."""
    for rule in rules:
        for text in rule.positive:
            found = after(text)
            if not _fires(rule, found) or not _shows(rule, found):
                yield Refusal(Demand.OWN_EXAMPLE, rule.id, text, rule.level, found.level)
        for text in rule.negative:
            if _fires(rule, after(text)):
                yield Refusal(Demand.OWN_COUNTER_EXAMPLE, rule.id, text, found=rule.level)


def _shows(rule: Rule, found: Assessment) -> bool:
    """Return whether a text came out as a rule wants: at its level; a tag has no level."""
    if rule.category in TAGS:
        return any(match.category == rule.category for match in found.matches)
    return found.level >= rule.level


def _fires(rule: Rule, found: Assessment) -> bool:
    return any(match.rule == rule.id for match in found.matches)


def _contains(wanted: RuleSet, rule: Rule) -> bool:
    """Return whether a version still has all of a rule."""
    now = wanted.rules.get(rule.id)
    return (
        now is not None
        and now.level >= rule.level
        and set(now.patterns) >= set(rule.patterns)
        and set(now.unless) <= set(rule.unless)
    )
