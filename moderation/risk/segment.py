"""Cut letters without blanks into known words."""

from __future__ import annotations

from moderation.risk.vocabulary import LONGEST_PIECE, Vocabulary

# Costs of a word by its length: first so that long words win ("hiding in", not "hid ingin"), then
# so that many words do ("aja lah", not "ajalah"). And of a letter that belongs to no word.
_COARSE = tuple(-length * length for length in range(LONGEST_PIECE + 1))
_FINE = (0, 0, 3, *[-1] * (LONGEST_PIECE - 2))
_LETTER = 20
_LONE = frozenset("i")


def segment(letters: str, vocabulary: Vocabulary, fine: bool = False) -> list[tuple[int, int]]:
    """Return the cheapest cut of ``letters`` as (start, end) pieces, [] when it is no good.

    Good means that it has at least two words, one of them with three letters or more, and that
    at most a third of the letters belong to no word. ``fine`` prefers many short words. Cost:
    length times the longest word.
    """
    costs = _FINE if fine else _COARSE
    pieces, lengths = vocabulary.pieces, vocabulary.lengths
    size = len(letters)
    cost = [_LETTER * size + 1] * (size + 1)
    cost[0] = 0
    back = [0] * (size + 1)
    for start in range(size):
        here = cost[start]
        total = here + _LETTER - (letters[start] in _LONE)
        if total < cost[start + 1]:
            cost[start + 1], back[start + 1] = total, start
        total = here + costs[2]
        if start + 2 <= size and total <= cost[start + 2] and letters[start : start + 2] in pieces:
            cost[start + 2], back[start + 2] = total, start
        for length in lengths.get(letters[start : start + 3], ()):
            end = start + length
            total = here + costs[length]
            if end <= size and total <= cost[end] and letters[start:end] in pieces:
                cost[end], back[end] = total, start
    cuts: list[tuple[int, int]] = []
    end = size
    while end:
        cuts.append((back[end], end))
        end = back[end]
    cuts.reverse()
    return _merge(letters, cuts)


def _merge(letters: str, cuts: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Put lone letters beside each other into one unknown piece and judge the result."""
    merged: list[tuple[int, int]] = []
    words = unknown = long_words = 0
    open_run = False
    for start, end in cuts:
        if end - start > 1:
            words += 1
            long_words += end - start > 2
            open_run = False
        elif letters[start] in _LONE and not open_run:
            words += 1
        else:
            unknown += 1
            first = merged.pop()[0] if open_run else start
            open_run = True
            merged.append((first, end))
            continue
        merged.append((start, end))
    if words < 2 or not long_words or 3 * unknown > len(letters):
        return []
    return merged
