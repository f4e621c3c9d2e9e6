"""What a match is about, and what that means for a post.

Source: ``risk-lexicon.md`` section 8. A category that holds keeps the post from other members
until a person has looked; one that pages calls the lead at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from moderation.risk.levels import Level


@dataclass(frozen=True, slots=True)
class Category:
    """One subject of risk: ``code`` in rules, ``name`` in outputs and data files."""

    code: str
    name: str
    base: Level
    holds: bool = False
    pages_lead: bool = False


_ALL = (
    Category("SUI_PASSIVE", "suicide", Level.AMBER),
    Category("SUI_ACTIVE", "suicide", Level.RED),
    Category("SUI_PLAN", "suicide", Level.CRISIS),
    Category("SUI_NOW", "suicide", Level.CRISIS, pages_lead=True),
    Category("SUI_BYE", "suicide", Level.RED),
    Category("SH", "self_harm", Level.RED),
    Category("HOPELESS", "hopelessness", Level.AMBER),
    Category("ABUSE", "abuse", Level.RED),
    Category("VIOL", "harm_to_others", Level.RED),
    Category("ED", "eating_disorder", Level.AMBER),
    Category("DRUG", "substance", Level.AMBER),
    Category("PSYCH", "psychosis", Level.AMBER),
    Category("ENCOURAGE", "encouragement", Level.RED, holds=True),
    Category("HARASS", "harassment", Level.AMBER, holds=True),
    Category("METHOD", "suicide", Level.RED, holds=True),
    Category("MEDADV", "medical_advice", Level.AMBER),
    Category("SOLICIT", "solicitation", Level.AMBER, holds=True),
    Category("PII", "personal_data", Level.AMBER),
    Category("THIRD", "concern_for_other", Level.AMBER),
    Category("AGE", "minor", Level.GREEN),
    Category("CTX", "care", Level.GREEN),
)

CATEGORIES: dict[str, Category] = {category.code: category for category in _ALL}

# Amber in one of these is a sign of distress, so a second one within a week counts.
DISTRESS = frozenset(
    {
        "SUI_PASSIVE",
        "SUI_ACTIVE",
        "SUI_PLAN",
        "SUI_NOW",
        "SUI_BYE",
        "SH",
        "HOPELESS",
        "ABUSE",
        "ED",
        "DRUG",
        "PSYCH",
    }
)

# These say something about the post without making it urgent.
TAGS = frozenset({"AGE", "CTX"})
