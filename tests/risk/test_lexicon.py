"""Every rule of the starter lexicon keeps what its own examples promise."""

from __future__ import annotations

from moderation.risk.assess import assess
from moderation.risk.compile import RuleSet
from moderation.risk.levels import Level


def test_every_rule_fires_on_its_own_positive_examples(starter_rules: RuleSet) -> None:
    quiet = []
    for rule in starter_rules.rules.values():
        for example in rule.positive:
            levels = [m.level for m in assess(example, starter_rules).matches if m.rule == rule.id]
            if max(levels, default=Level.GREEN) < rule.level or (
                rule.level == Level.GREEN and not levels
            ):
                quiet.append(f"{rule.id}: {example}")
    assert not quiet, "\n".join(quiet)


def test_no_rule_fires_on_its_own_negative_examples(starter_rules: RuleSet) -> None:
    loud = [
        f"{rule.id}: {example}"
        for rule in starter_rules.rules.values()
        for example in rule.negative
        if any(match.rule == rule.id for match in assess(example, starter_rules).matches)
    ]
    assert not loud, "\n".join(loud)


def test_every_rule_has_examples_and_a_reason(starter_rules: RuleSet) -> None:
    poor = [
        rule.id
        for rule in starter_rules.rules.values()
        if len(rule.positive) < 3
        or len(rule.negative) < 2
        or not rule.reason_id
        or not rule.reason_en
    ]
    assert not poor


def test_crisis_rules_are_on(starter_rules: RuleSet) -> None:
    rules = starter_rules.lexicon.rules
    assert all(rule.enabled for rule in rules if rule.level == Level.CRISIS)
