"""Whether a few bare words, such as a query, signal danger."""

from moderation.risk.assess import assess
from moderation.risk.levels import Level
from moderation.rules.queries import rules_in_force

# A query leaves out who and what: "mati" alone is read as a wish too, and help costs nobody.
READINGS = ("{}", "aku {}", "aku mau {}", "i want to {}")


def danger_in(text: str) -> str:
    """Return "red" or "crisis" or "amber" if a text signals danger in any reading, else "".

    Nothing of it is stored.
    """
    ruleset = rules_in_force().ruleset
    level = max(assess(reading.format(text), ruleset).level for reading in READINGS)
    return "" if level == Level.GREEN else Level(level).word
