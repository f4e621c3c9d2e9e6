"""What the golden posts hold a version of the rules to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from moderation.risk.assess import Assessment, assess
from moderation.risk.compile import RuleSet, compile_rules
from moderation.risk.levels import Level
from moderation.rules.gate import Demand, GoldenPost, check_version, golden_posts

Seen = dict[GoldenPost, Assessment]


@pytest.fixture(scope="module")
def seen(starter_rules: RuleSet) -> Seen:
    """What the starter lexicon makes of each golden post that demands something."""
    urgent = [post for post in golden_posts() if post.level > Level.GREEN]
    return {post: assess(post.text, starter_rules) for post in urgent}


def without(ruleset: RuleSet, combination_id: str) -> RuleSet:
    """Return the same rules without one combination; to compile anew for each takes too long."""
    kept = tuple(one for one in ruleset.lexicon.combinations if one.id != combination_id)
    return replace(ruleset, lexicon=replace(ruleset.lexicon, combinations=kept))


def test_golden_posts_are_seen_at_their_level(seen: Seen) -> None:
    missed = [post.text for post, found in seen.items() if found.level < post.level]
    # One that the rules do not reach yet.
    assert len(missed) <= 1, missed


def test_without_any_crisis_combination_a_golden_post_falls(
    starter_rules: RuleSet, seen: Seen
) -> None:
    """So the gate refuses every version that leaves one out, or empties it."""
    crisis = [one.id for one in starter_rules.lexicon.combinations if one.level is Level.CRISIS]
    unheld = [
        name
        for name in crisis
        if not any(
            assess(post.text, without(starter_rules, name)).level < Level.CRISIS
            for post, found in seen.items()
            if post.level is Level.CRISIS and any(match.rule == name for match in found.matches)
        )
    ]
    assert len(crisis) > 30
    assert not unheld


def test_the_gate_names_the_combination_that_a_version_lacks(
    starter_rules: RuleSet, seen: Seen
) -> None:
    name = "means-and-sign"
    lacking = compile_rules(without(starter_rules, name).lexicon)
    held = tuple(
        post for post, found in seen.items() if any(match.rule == name for match in found.matches)
    )
    (refusal,) = check_version(starter_rules, lacking, held)
    assert (refusal.demand, refusal.rule) == (Demand.GOLDEN_POST, name)
    assert (refusal.wanted, refusal.found) == (Level.CRISIS, Level.GREEN)
