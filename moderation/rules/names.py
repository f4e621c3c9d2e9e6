"""Whether a pseudonym is one that the rules would flag in a post."""

import re

from moderation.risk.assess import assess
from moderation.risk.levels import Level
from moderation.rules.queries import rules_in_force

_BETWEEN_WORDS = re.compile(r"[-_. ]+")


def may_be_name(name: str) -> bool:
    """Return whether the rules in force find nothing in a name, read as words and as one word.

    Insults, method words of the database overlay and signs of danger stand there already; a
    name is shown beside everything that its owner writes.
    """
    ruleset = rules_in_force().ruleset
    words = _BETWEEN_WORDS.sub(" ", name)
    return all(
        assess(text, ruleset).level == Level.GREEN for text in {words, words.replace(" ", "")}
    )
