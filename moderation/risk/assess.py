"""Say how urgent a text is, and why."""

from __future__ import annotations

from dataclasses import dataclass

from moderation.risk.categories import CATEGORIES, DISTRESS, TAGS
from moderation.risk.combine import combine
from moderation.risk.compile import RuleSet
from moderation.risk.context import Context, Surroundings, shift
from moderation.risk.hits import Hit, find_hits
from moderation.risk.levels import Level
from moderation.risk.normalise import Cleaned, clean
from moderation.risk.personal import find_personal_data

__all__ = ["Assessment", "Context", "Match", "assess"]

LEAD = "lead"
CARE = "care"
MINOR = "minor"


@dataclass(frozen=True, slots=True)
class Match:
    """One marked place: offsets in code points of the original, ``text`` the slice itself.

    ``reason`` is for a moderator and never holds the value of personal data; ``text`` does, so
    store offsets only. ``read`` is what the words were read as in ``view``: pages say the reason
    in their own language with it.
    """

    rule: str
    category: str
    level: Level
    start: int
    end: int
    text: str
    view: str
    reason: str
    read: str = ""


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the engine thinks of a post; ``categories`` are names, ``reasons`` English."""

    level: Level
    categories: tuple[str, ...]
    matches: tuple[Match, ...]
    reasons: tuple[str, ...]
    holds: bool
    minor: bool
    tags: tuple[str, ...]


def assess(text: str, ruleset: RuleSet, context: Context = Context()) -> Assessment:  # noqa: B008
    """Return the assessment of ``text``; never raises, whatever the text holds."""
    cleaned = clean(text)
    found, line, whole = find_hits(cleaned, ruleset)
    around = Surroundings(cleaned, line, whole, ruleset, context)
    hits = [shift(hit, ruleset.rules[hit.rule], around) for hit in found]
    hits += find_personal_data(cleaned)
    hits += combine(hits, ruleset, around)
    level = max((hit.level for hit in hits), default=Level.GREEN)
    level, history = _weigh_history(level, hits, context)
    counted = [hit for hit in hits if hit.level > Level.GREEN]
    kept = [hit for hit in hits if hit.level > Level.GREEN or hit.category in TAGS]
    kept.sort(key=lambda hit: (-hit.level, hit.start, hit.end))
    codes = {hit.category for hit in counted}
    minor = any(hit.category == "AGE" for hit in hits)
    return Assessment(
        level=level,
        categories=tuple(
            dict.fromkeys(CATEGORIES[hit.category].name for hit in kept if hit.category not in TAGS)
        ),
        matches=tuple(_as_match(hit, cleaned) for hit in kept),
        reasons=(*dict.fromkeys(hit.reason for hit in kept), *history),
        holds=any(hit.holds or CATEGORIES[hit.category].holds for hit in counted),
        minor=minor,
        tags=tuple(_tags(codes, kept, minor, level, context)),
    )


def _as_match(hit: Hit, cleaned: Cleaned) -> Match:
    start, end = cleaned.span(hit.start, hit.end)
    return Match(
        hit.rule,
        hit.category,
        hit.level,
        start,
        end,
        cleaned.original[start:end],
        hit.view,
        hit.reason,
        hit.read,
    )


def _weigh_history(level: Level, hits: list[Hit], context: Context) -> tuple[Level, list[str]]:
    """Raise a level by what the same person wrote before (section 9); it never lowers."""
    reasons = []
    before = context.amber_recent or context.ambers_last_7_days > 0
    distress = any(hit.category in DISTRESS and hit.level > Level.GREEN for hit in hits)
    if before and level == Level.AMBER and distress:
        level = Level.RED
        reasons.append("a second amber post within seven days")
    goodbye = any(hit.category == "SUI_BYE" and hit.level > Level.GREEN for hit in hits)
    if before and goodbye and level < Level.CRISIS:
        level = Level.CRISIS
        reasons.append("a goodbye after an amber post")
    return level, reasons


def _tags(
    codes: set[str], kept: list[Hit], minor: bool, level: Level, context: Context
) -> list[str]:
    tags = []
    if minor:
        tags.append(MINOR)
    if any(hit.category == "CTX" for hit in kept):
        tags.append(CARE)
    pages = any(CATEGORIES[code].pages_lead for code in codes)
    grooming = minor and not codes.isdisjoint({"SOLICIT", "ABUSE"})
    deleted = context.deleted_after_flag and level >= Level.AMBER
    pushed = "ENCOURAGE" in codes and (context.thread_level or Level.GREEN) >= Level.RED
    if pages or grooming or deleted or pushed:
        tags.append(LEAD)
    return tags
