"""Where the marks of a chart stand. Templates draw them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from moderation.insight.queries import Hour, LevelFigures

# Minutes at which the axis of waiting has marks; it is logarithmic, with room for zero.
MARKS = (0, 5, 15, 60, 240, 720, 1440, 4320, 10080)
SHADES = 4


@dataclass(frozen=True)
class Bar:
    """One level's waiting on the axis: each a place from 0 to `width`."""

    figures: LevelFigures
    half: float | None
    most: float | None
    target: float


@dataclass(frozen=True)
class WaitingChart:
    """The bars of all levels on one axis; `marks` are minutes and their places."""

    bars: tuple[Bar, ...]
    marks: tuple[tuple[int, float], ...]


def waiting_chart(levels: Sequence[LevelFigures], width: int) -> WaitingChart:
    """Return where the bars of a chart of this width in pixels begin and end."""
    last = max(
        *(found.target_minutes for found in levels), *(found.taken.p95 or 0 for found in levels)
    )

    def place(minutes: float) -> float:
        return round(width * log(1 + max(0, minutes)) / log(1 + last), 1)

    bars = tuple(
        Bar(
            figures=found,
            half=None if found.taken.p50 is None else place(found.taken.p50),
            most=None if found.taken.p95 is None else place(found.taken.p95),
            target=place(found.target_minutes),
        )
        for found in levels
    )
    return WaitingChart(bars, tuple((mark, place(mark)) for mark in MARKS if mark <= last))


def shade(hour: Hour, most: int) -> int:
    """Return how dark an hour's cell is, 0 to SHADES, by its urgent cases."""
    return 0 if not most else -(-SHADES * hour.urgent // most)
