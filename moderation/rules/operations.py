"""What admins do with rules: add, change, switch off. Each change is a new published version."""

import hashlib
from collections.abc import Callable
from dataclasses import replace

from forum.accounts.models import Member
from forum.clock import now
from forum.extensions import db
from moderation.risk.compile import compile_rules
from moderation.risk.rulefile import dump_yaml
from moderation.risk.rules import Lexicon, Rule
from moderation.rules.models import RulesVersion, VersionState
from moderation.rules.queries import newest_version_id, rules_in_force


class RuleExists(Exception):
    """A rule with this id is there already."""


class UnknownRule(Exception):
    """No rule has this id."""


def publish(author: Member | None, lexicon: Lexicon, reason: str) -> RulesVersion:
    """Put a whole lexicon in force. The next post is scanned by it.

    Raises moderation.risk.rules.RuleError for a rule that can't be compiled.
    """
    compile_rules(lexicon)
    body = dump_yaml(lexicon)
    moment = now()
    version = RulesVersion(
        state=VersionState.PUBLISHED,
        body=body,
        sha256=hashlib.sha256(body.encode()).hexdigest(),
        author_id=author.id if author else None,
        reason=reason,
        created_at=moment,
        published_at=moment,
    )
    db.session.add(version)
    db.session.flush()
    return version


def publish_starter(lexicon: Callable[[], Lexicon]) -> bool:
    """Put the starter lexicon in force on a site without rules. Returns whether it did."""
    if newest_version_id() is not None:
        return False
    publish(None, lexicon(), "starter lexicon")
    return True


def add_rule(admin: Member, rule: Rule, reason: str) -> RulesVersion:
    """Put a new rule in force. Raises RuleExists, moderation.risk.rules.RuleError."""
    lexicon = rules_in_force().lexicon
    if any(known.id == rule.id for known in lexicon.rules):
        raise RuleExists
    return publish(admin, replace(lexicon, rules=(*lexicon.rules, rule)), reason)


def change_rule(admin: Member, rule: Rule, reason: str) -> RulesVersion:
    """Put a rule in force in place of the one with its id.

    Raises UnknownRule, moderation.risk.rules.RuleError.
    """
    lexicon = rules_in_force().lexicon
    if all(known.id != rule.id for known in lexicon.rules):
        raise UnknownRule
    rules = tuple(rule if known.id == rule.id else known for known in lexicon.rules)
    return publish(admin, replace(lexicon, rules=rules), reason)


def switch_rule(admin: Member, rule_id: str, *, enabled: bool, reason: str) -> RulesVersion:
    """Switch a rule on or off. Raises UnknownRule."""
    for known in rules_in_force().lexicon.rules:
        if known.id == rule_id:
            return change_rule(admin, replace(known, enabled=enabled), reason)
    raise UnknownRule
