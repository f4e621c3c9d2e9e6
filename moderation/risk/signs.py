"""What the engine tells of a post besides its level: who may be writing, and what raised it."""

from __future__ import annotations

from enum import StrEnum


class Sign(StrEnum):
    """One thing that whoever reads the case should know at once.

    Source: ``risk-lexicon.md`` sections 7 to 9.
    """

    # The writer may be under 18.
    MINOR = "minor"
    # Somebody close has died.
    CARE = "care"
    # History raised the level.
    SECOND_SIGN = "second_sign"
    GOODBYE_AFTER_SIGN = "goodbye_after_sign"
    # Each of these calls a lead at once.
    NOW = "now"
    CHILD_AT_RISK = "child_at_risk"
    # A rule with `calls_lead` fired: pictures or secrecy are asked for.
    RULE_CALLS = "rule_calls"
    TAKEN_BACK = "taken_back"
    PUSHED = "pushed"


CALLS_LEAD = frozenset(
    {Sign.NOW, Sign.CHILD_AT_RISK, Sign.RULE_CALLS, Sign.TAKEN_BACK, Sign.PUSHED}
)
