"""What the rules lend to the forum before a post is saved: personal data, danger, advice."""

from forum.posts.outlook import Outlook
from forum.posts.personal import Place
from moderation.risk.assess import Context, assess
from moderation.risk.levels import Level
from moderation.risk.personal import personal_places
from moderation.rules.queries import NoRules, rules_in_force

ADVICE = "MEDADV"


def find_personal(text: str) -> list[Place]:
    """Return every place that looks like personal data; numbers of help lines are left alone."""
    return [Place(start, end, rule) for rule, start, end in personal_places(text)]


def is_in_danger(text: str) -> bool:
    """Return whether the rules in force read a text as red or crisis. Raises NoRules."""
    return assess(text, rules_in_force().ruleset).level >= Level.RED


def look_ahead(text: str, *, is_reply: bool) -> Outlook:
    """Return what a writer may want to know before sending; without rules, nothing."""
    try:
        ruleset = rules_in_force().ruleset
    except NoRules:
        return Outlook()
    found = assess(text, ruleset, Context(is_reply=is_reply, is_thread_start=not is_reply))
    flagged = {match.category for match in found.matches if match.level > Level.GREEN}
    return Outlook(is_crisis=found.level >= Level.CRISIS, advises=is_reply and ADVICE in flagged)
