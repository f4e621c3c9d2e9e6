"""The publish gate: what a version of the rules may not lose."""

from dataclasses import replace

import pytest

from forum.accounts.models import Role
from forum.extensions import db
from moderation.risk.compile import compile_rules
from moderation.risk.levels import Level
from moderation.risk.rules import ContextWords, WordClass
from moderation.rules import operations
from moderation.rules.gate import Demand, GoldenPost, Refusal, check_version
from moderation.rules.operations import GateClosed
from moderation.rules.queries import (
    newest_version_id,
    rules_in_force,
)
from tests.factories import make_member
from tests.pages import Page, send
from tests.rulebook import a_rule, put_in_force, rule_of

pytestmark = pytest.mark.usefixtures("context")


@pytest.fixture
def admin(context):
    return make_member("wening", Role.ADMIN)


def refusals_of(lexicon, golden=()):
    """Return what the gate says of a lexicon in place of the one in force."""
    return check_version(rules_in_force().ruleset, compile_rules(lexicon), tuple(golden))


def test_the_gate_refuses_to_lose_a_crisis_rule(admin):
    lexicon = operations.without_rule(rules_in_force().lexicon, "test-now")
    with pytest.raises(GateClosed) as closed:
        put_in_force(admin, lexicon, "oops")
    assert {refusal.demand for refusal in closed.value.refusals} == {Demand.KEPT_EXAMPLE}
    assert {refusal.rule for refusal in closed.value.refusals} == {"test-now"}


def test_the_gate_refuses_to_switch_a_crisis_rule_off_without_a_replacement(admin):
    lexicon = rules_in_force().lexicon
    rule = rule_of(lexicon, "test-now")
    off = operations.with_rules(lexicon, [replace(rule, enabled=False)])
    with pytest.raises(GateClosed):
        put_in_force(admin, off, "oops")
    replaced = operations.with_new_rule(off, replace(rule, id="test-now-too"))
    assert put_in_force(admin, replaced, "moved").id == newest_version_id()


@pytest.mark.parametrize("rule_id", ["test-tired", "test-wish", "test-now"])
def test_a_rule_can_not_be_lost_in_any_way_that_loses_what_it_saw(context, rule_id):
    lexicon = rules_in_force().lexicon
    rule = rule_of(lexicon, rule_id)
    kept = {
        "removed": operations.without_rule(lexicon, rule_id),
        "off": operations.with_rules(lexicon, [replace(rule, enabled=False)]),
        "emptied": operations.with_rules(
            lexicon, [replace(rule, patterns=("zznever",), positive=(), negative=())]
        ),
        "lowered": operations.with_rules(lexicon, [replace(rule, level=rule.level - 1)]),
        "an idiom": replace(lexicon, idioms=rule.patterns),
        "unless": operations.with_rules(lexicon, [replace(rule, unless=rule.patterns)]),
    }
    for way, less in kept.items():
        lost = [found for found in refusals_of(less) if found.demand is Demand.KEPT_EXAMPLE]
        assert {(found.rule, found.wanted) for found in lost} == {(rule_id, rule.level)}, way
        assert {found.text for found in lost} == set(rule.positive), way
    assert refusals_of(lexicon) == ()


def test_a_word_less_in_a_class_is_noticed_by_a_rule_that_did_not_change(admin):
    sound = rules_in_force().lexicon
    wish = a_rule(level="red", patterns=["{wish}"], positive=["zzfar"])
    classes = {"wish": WordClass("wish", ("zzfar", "zznear"))}
    put_in_force(admin, replace(sound, rules=(*sound.rules, wish), classes=classes), "a class")
    narrower = replace(rules_in_force().lexicon, classes={"wish": WordClass("wish", ("zznear",))})
    (found,) = refusals_of(narrower)
    assert (found.demand, found.rule, found.text) == (Demand.KEPT_EXAMPLE, wish.id, "zzfar")
    assert (found.wanted, found.found) == (Level.RED, Level.GREEN)


def test_a_tag_that_raises_nothing_is_kept_too(admin):
    young = a_rule(id="test-young", category="AGE", level="green", positive=["zzmade"])
    sound = rules_in_force().lexicon
    put_in_force(admin, operations.with_new_rule(sound, young), "ages")
    (found,) = refusals_of(sound)
    assert (found.demand, found.rule) == (Demand.KEPT_EXAMPLE, "test-young")


def test_an_example_that_is_wrong_goes_first_and_then_its_rule(admin):
    lexicon = rules_in_force().lexicon
    bare = replace(rule_of(lexicon, "test-wish"), positive=())
    put_in_force(admin, operations.with_rules(lexicon, [bare]), "wrong examples")
    lexicon = operations.without_rule(rules_in_force().lexicon, "test-wish")
    assert put_in_force(admin, lexicon, "a wrong rule").id == newest_version_id()


def test_a_crisis_rule_without_examples_stays_whole(admin):
    """Nothing would show that another rule replaces it."""
    lexicon = rules_in_force().lexicon
    bare = replace(rule_of(lexicon, "test-now"), positive=())
    put_in_force(admin, operations.with_rules(lexicon, [bare]), "no examples")
    lexicon = rules_in_force().lexicon
    other = replace(bare, patterns=("zznever",))
    for less in (
        operations.without_rule(lexicon, "test-now"),
        operations.with_rules(lexicon, [other]),
        operations.with_rules(lexicon, [replace(bare, unless=("zzcrisis zz",))]),
    ):
        assert refusals_of(less) == (Refusal(Demand.CRISIS_RULE, "test-now"),)
    wider = replace(bare, patterns=("zzcrisis", "zznever"), note="wider")
    assert refusals_of(operations.with_rules(lexicon, [wider])) == ()


def test_the_gate_holds_a_rule_to_its_examples():
    """It has to see them, and at its level, whatever another rule or a context does."""
    lexicon = operations.with_new_rule(
        rules_in_force().lexicon, a_rule(positive=["zzother"], negative=["zzmade"])
    )
    found = {refusal.demand for refusal in refusals_of(lexicon)}
    assert found == {Demand.OWN_EXAMPLE, Demand.OWN_COUNTER_EXAMPLE}
    lower = a_rule(level="red", when={"reply": "lower", "past": "lower"}, positive=["zzmade once"])
    lexicon = operations.with_new_rule(rules_in_force().lexicon, lower)
    past = {"past": ContextWords("past", ("once",))}
    (refusal,) = refusals_of(replace(lexicon, contexts=past))
    assert (refusal.demand, refusal.found) == (Demand.OWN_EXAMPLE, Level.AMBER)


def test_the_gate_keeps_golden_posts_at_their_level():
    lexicon = rules_in_force().lexicon
    golden = (GoldenPost("so zzred today", Level.RED), GoldenPost("unseen", Level.RED))
    assert refusals_of(lexicon, golden) == (), "no worse than before is let through"
    less = operations.with_rules(
        lexicon, [replace(rule_of(lexicon, "test-wish"), patterns=("zzred a", "b zzred"))]
    )
    refusal = refusals_of(less, golden)[0]
    assert (refusal.demand, refusal.rule, refusal.text, refusal.found) == (
        Demand.GOLDEN_POST,
        "test-wish",
        "so zzred today",
        Level.GREEN,
    )


def test_a_closed_gate_says_on_the_page_what_and_what_to_do(admin, browser_of):
    db.session.commit()
    client = browser_of("wening")
    answer = send(client, "/aturan/test-now", patterns="zznever", to="force", why="zz")
    page = Page(answer)
    assert answer.status_code == 409
    assert "Examples of these rules would come out too low" in page.text
    assert "Let another rule see them at their level" in page.text
    assert "test-now : b zzcrisis" in page.text
