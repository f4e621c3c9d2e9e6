"""What the rules in force see in a text that is not sent yet. Nothing of it is written down."""

from forum.posts.outlook import Outlook
from moderation.risk.assess import Context, assess
from moderation.risk.levels import Level
from moderation.rules.queries import NoRules, rules_in_force

ADVICE = "MEDADV"


def look_ahead(text: str, *, is_reply: bool) -> Outlook:
    """Return what a writer may want to know before sending; without rules, nothing."""
    try:
        ruleset = rules_in_force().ruleset
    except NoRules:
        return Outlook()
    found = assess(text, ruleset, Context(is_reply=is_reply))
    flagged = {match.category for match in found.matches if match.level > Level.GREEN}
    return Outlook(is_crisis=found.level >= Level.CRISIS, advises=is_reply and ADVICE in flagged)
