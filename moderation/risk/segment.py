"""Cut letters without blanks into known words."""

from __future__ import annotations

from moderation.risk.vocabulary import Vocabulary

# Costs of a word and of a letter that belongs to none, so that few long known words win.
_WORD = 4
_SHORT_WORD = 6
_LETTER = 5
LONGEST_WORD = 20
_LONE = frozenset("iw")


def segment(letters: str, vocabulary: Vocabulary) -> list[tuple[int, int]]:
    """Return the cheapest cut of ``letters`` as (start, end) pieces, [] when it is no good.

    Good means that it has at least two words, one of them with three letters or more, and that
    at most a third of the letters belong to no word. Cost: length times the longest word.
    """
    pieces = vocabulary.pieces
    longest = min(LONGEST_WORD, vocabulary.longest_piece)
    size = len(letters)
    cost = [0] * (size + 1)
    back = [0] * (size + 1)
    for end in range(1, size + 1):
        best, origin = cost[end - 1] + _LETTER, end - 1
        if letters[end - 1] in _LONE:
            best -= 1
        for start in range(max(0, end - longest), end - 1):
            total = cost[start] + (_WORD if end - start > 2 else _SHORT_WORD)
            if total <= best and letters[start:end] in pieces:
                best, origin = total, start
        cost[end], back[end] = best, origin
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
            if open_run:
                start = merged.pop()[0]
            open_run = True
        merged.append((start, end))
    if words < 2 or not long_words or 3 * unknown > len(letters):
        return []
    return merged
