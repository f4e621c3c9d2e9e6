"""What the rules lend to the forum before a post is saved: personal data, and danger."""

from forum.posts.personal import Place
from moderation.risk.assess import assess
from moderation.risk.levels import Level
from moderation.risk.personal import personal_places
from moderation.rules.queries import rules_in_force


def find_personal(text: str) -> list[Place]:
    """Return every place that looks like personal data; numbers of help lines are left alone."""
    return [Place(start, end, rule) for rule, start, end in personal_places(text)]


def is_in_danger(text: str) -> bool:
    """Return whether the rules in force read a text as red or crisis. Raises NoRules."""
    return assess(text, rules_in_force().ruleset).level >= Level.RED
