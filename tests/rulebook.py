"""Rules that tests make up, put in force and look up."""

from forum.accounts.models import Member
from moderation.risk.rules import Lexicon, Rule, parse_rule
from moderation.rules import operations
from moderation.rules.models import RulesVersion


def a_rule(**fields: object) -> Rule:
    """Return a rule on a word that no other rule of the tests knows."""
    mapping = {
        "id": "test-made-up",
        "category": "HOPELESS",
        "level": "amber",
        "language": "en",
        "patterns": ["zzmade"],
        "reason_id": "buatan",
        "reason_en": "made up",
    }
    return parse_rule(mapping | fields)


def rule_of(lexicon: Lexicon, rule_id: str) -> Rule:
    """Return one rule of a lexicon."""
    return next(rule for rule in lexicon.rules if rule.id == rule_id)


def put_in_force(admin: Member, lexicon: Lexicon, reason: str) -> RulesVersion:
    """Publish a lexicon through the gate."""
    return operations.publish(admin, operations.prepare(lexicon), reason)


def draft_of(admin: Member, lexicon: Lexicon, reason: str) -> RulesVersion:
    """Keep a lexicon as the draft."""
    return operations.save_draft(admin, operations.prepare(lexicon, gate=False), reason)
