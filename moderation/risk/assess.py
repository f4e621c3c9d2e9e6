"""Say how urgent a text is, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from moderation.risk.categories import CATEGORIES, DISTRESS, TAGS
from moderation.risk.combine import combine
from moderation.risk.compile import RuleSet
from moderation.risk.context import Context, Surroundings, shift
from moderation.risk.hits import Hit, find_hits
from moderation.risk.levels import Level
from moderation.risk.normalise import Cleaned, clean
from moderation.risk.personal import find_personal_data
from moderation.risk.signs import Sign

__all__ = ["Assessment", "Context", "Match", "assess"]


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
    """What the engine thinks of a post; ``categories`` are names, ``reasons`` English.

    ``signs`` hold what history raised, too.
    """

    level: Level
    categories: tuple[str, ...]
    matches: tuple[Match, ...]
    reasons: tuple[str, ...]
    holds: bool
    signs: tuple[Sign, ...]


def assess(text: str, ruleset: RuleSet, context: Context = Context()) -> Assessment:  # noqa: B008
    """Return the assessment of ``text``; never raises, whatever the text holds."""
    cleaned = clean(text)
    found, line, whole = find_hits(cleaned, ruleset)
    around = Surroundings(cleaned, line, whole, ruleset, context)
    hits = [shift(hit, ruleset.rules[hit.rule], around) for hit in found]
    hits += find_personal_data(cleaned)
    hits += combine(hits, ruleset, around)
    level = max((hit.level for hit in hits), default=Level.GREEN)
    level, raised_by = _weigh_history(level, hits, context)
    counted = [hit for hit in hits if hit.level > Level.GREEN]
    kept = [hit for hit in hits if hit.level > Level.GREEN or hit.category in TAGS]
    kept.sort(key=lambda hit: (-hit.level, hit.start, hit.end))
    told = _signs(hits, counted, level, context)
    return Assessment(
        level=level,
        categories=tuple(
            dict.fromkeys(CATEGORIES[hit.category].name for hit in kept if hit.category not in TAGS)
        ),
        matches=tuple(_as_match(hit, cleaned) for hit in kept),
        reasons=tuple(dict.fromkeys(hit.reason for hit in kept)),
        holds=any(hit.holds or CATEGORIES[hit.category].holds for hit in counted),
        signs=(*raised_by, *told),
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


def _weigh_history(level: Level, hits: list[Hit], context: Context) -> tuple[Level, list[Sign]]:
    """Raise a level by what the same person wrote before (section 9); it never lowers."""
    raised_by = []
    before = context.amber_recent or context.ambers_last_7_days > 0
    distress = any(hit.category in DISTRESS and hit.level > Level.GREEN for hit in hits)
    if before and level == Level.AMBER and distress:
        level = Level.RED
        raised_by.append(Sign.SECOND_SIGN)
    goodbye = any(hit.category == "SUI_BYE" and hit.level > Level.GREEN for hit in hits)
    if before and goodbye and level < Level.CRISIS:
        level = Level.CRISIS
        raised_by.append(Sign.GOODBYE_AFTER_SIGN)
    return level, raised_by


def _signs(hits: list[Hit], counted: list[Hit], level: Level, context: Context) -> Iterator[Sign]:
    """Yield the signs of the ``hits``, of which ``counted`` are above green."""
    found, urgent = {hit.category for hit in hits}, {hit.category for hit in counted}
    if "AGE" in found:
        yield Sign.MINOR
        if not urgent.isdisjoint({"SOLICIT", "ABUSE"}):
            yield Sign.CHILD_AT_RISK
    if any(hit.calls_lead for hit in counted):
        yield Sign.RULE_CALLS
    if "CTX" in found:
        yield Sign.CARE
    if any(CATEGORIES[code].pages_lead for code in urgent):
        yield Sign.NOW
    if context.deleted_after_flag and level >= Level.AMBER:
        yield Sign.TAKEN_BACK
    if "ENCOURAGE" in urgent and (context.thread_level or Level.GREEN) >= Level.RED:
        yield Sign.PUSHED
