"""Signs that together mean more than each alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from moderation.risk.categories import TAGS
from moderation.risk.compile import RuleSet, Sign
from moderation.risk.context import Surroundings
from moderation.risk.hits import Hit
from moderation.risk.levels import Level
from moderation.risk.rules import Combination

# Of each sign so many places are tried, so that a long text cannot multiply them.
MOST_PLACES = 12


@dataclass(frozen=True, slots=True)
class _Place:
    start: int
    end: int
    hit: Hit | None


def combine(hits: Sequence[Hit], ruleset: RuleSet, around: Surroundings) -> list[Hit]:
    """Return the hits that combinations add; one each, the tightest in file order."""
    added: list[Hit] = []
    for combination in ruleset.lexicon.combinations:
        known = [hit for hit in (*hits, *added) if hit.category not in TAGS]
        places = []
        # Hits are at hand, patterns have to be looked for.
        for signs in sorted(ruleset.combinations[combination.id], key=_has_pattern):
            found = _places(signs, known, around)
            if not found:
                break
            places.append(found)
        else:
            together = _choose(places, combination, around)
            if together:
                added.append(_as_hit(combination, together))
    return added


def _has_pattern(signs: tuple[Sign, ...]) -> bool:
    return any(sign.matcher is not None for sign in signs)


def _places(signs: tuple[Sign, ...], hits: list[Hit], around: Surroundings) -> list[_Place]:
    found: list[_Place] = []
    for sign in signs:
        if sign.matcher is not None:
            found += [_Place(start, end, None) for start, end in around.find(sign.matcher)]
        else:
            found += [
                _Place(hit.start, hit.end, hit)
                for hit in hits
                if hit.level >= sign.level and sign.category in ("", hit.category)
            ]
    return found[:MOST_PLACES]


def _choose(
    places: list[list[_Place]], combination: Combination, around: Surroundings
) -> list[_Place]:
    """Return the closest set of different places, one for each sign, [] when there is none."""
    best: list[_Place] = []
    for first in places[0]:
        chosen = [first]
        for others in places[1:]:
            fitting = [place for place in others if _fits(place, chosen, combination, around)]
            if not fitting:
                break
            chosen.append(min(fitting, key=lambda place: abs(place.start - chosen[0].start)))
        else:
            if not best or _width(chosen) < _width(best):
                best = chosen
    return best


def _fits(
    place: _Place, chosen: list[_Place], combination: Combination, around: Surroundings
) -> bool:
    for other in chosen:
        if place.start < other.end and other.start < place.end:
            return False
        # One rule that hits twice is one sign, not two.
        if place.hit is not None and other.hit is not None and place.hit.rule == other.hit.rule:
            return False
        reach = {"sentence": 0, "near": 1}.get(combination.within)
        if reach is not None and around.apart(place.start, other.start) > reach:
            return False
    return True


def _width(places: list[_Place]) -> int:
    return max(place.end for place in places) - min(place.start for place in places)


def _as_hit(combination: Combination, places: list[_Place]) -> Hit:
    start = min(place.start for place in places)
    end = max(place.end for place in places)
    if combination.within == "post":
        # Marking a whole post says nothing; mark the strongest of its signs.
        strongest = max(
            places, key=lambda place: (place.hit.level if place.hit else Level.GREEN, -place.start)
        )
        start, end = strongest.start, strongest.end
    bold = [place.hit.view for place in places if place.hit is not None]
    return Hit(
        combination.id,
        combination.category,
        combination.level,
        start,
        end,
        bold[0] if bold else "raw",
        combination.reason_en or "several signs together",
    )
