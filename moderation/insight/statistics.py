"""Two figures that need a formula."""

from collections.abc import Mapping


def kappa(pairs: Mapping[tuple[str, str], int]) -> float | None:
    """Return Cohen's kappa of two people's verdicts, or None where chance alone explains all.

    `pairs` counts how often the first said one thing and the second another. 1 is full agreement,
    0 is what chance gives. Source: J. Cohen, Educational and Psychological Measurement 20 (1960).
    """
    total = sum(pairs.values())
    if not total:
        return None
    verdicts = {verdict for pair in pairs for verdict in pair}
    agreed = sum(pairs.get((verdict, verdict), 0) for verdict in verdicts) / total
    by_chance = sum(
        _share(pairs, 0, verdict, total) * _share(pairs, 1, verdict, total) for verdict in verdicts
    )
    if by_chance == 1:
        return None
    return (agreed - by_chance) / (1 - by_chance)


def _share(pairs: Mapping[tuple[str, str], int], side: int, verdict: str, total: int) -> float:
    return sum(number for pair, number in pairs.items() if pair[side] == verdict) / total
