"""The order of the desk in pure Python: the queue keeps to it, and the desk model plays it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, TypeVar

from moderation.risk.levels import Level

# While red waits, every fourth of the red and aged amber cases is an amber one. It costs red about
# two points of its target at any load; ageing by due time alone cost 3 to 25
# (docs/desk-simulation.md, finding 4).
AMBER_TURN: Final = 4

Waits = TypeVar("Waits")


def arrange(
    lines: Mapping[Level, Iterable[Waits]],
    is_aged: Callable[[Waits], bool],
    reds_before: int = 0,
    turn: int = AMBER_TURN,
) -> Iterator[Waits]:
    """Yield waiting cases in the order in which they are to be taken.

    `lines` holds the cases of each level by due time. Crisis goes first, then red, amber, green;
    but an amber case that has aged goes before red after `turn - 1` reds in a row. `reds_before`
    is how many reds were taken since the last amber. Takes no more from the lines than it yields
    and one of each.
    """
    yield from lines.get(Level.CRISIS, ())
    reds, ambers = iter(lines.get(Level.RED, ())), iter(lines.get(Level.AMBER, ()))
    red, amber = next(reds, None), next(ambers, None)
    in_a_row = reds_before
    while red is not None:
        if amber is not None and in_a_row >= turn - 1 and is_aged(amber):
            yield amber
            amber, in_a_row = next(ambers, None), 0
        else:
            yield red
            red, in_a_row = next(reds, None), in_a_row + 1
    if amber is not None:
        yield amber
    yield from ambers
    yield from lines.get(Level.GREEN, ())
