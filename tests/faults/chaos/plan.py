"""Which fault comes when: drawn from a seed, so that a run can be repeated."""

import random
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """A fault, and how many seconds after the first post it begins at the earliest."""

    at: float
    fault: str


def make_plan(faults: Sequence[str], count: int, seconds: float, seed: int) -> list[Step]:
    """Spread `count` faults over so many seconds: every kind before any comes again.

    The poison comes first where it is among them, because its five tries take minutes.
    """
    chooser = random.Random(seed)
    names: list[str] = []
    while len(names) < count:
        names += chooser.sample(list(faults), len(faults))
    names = sorted(names[:count], key=lambda name: name != "poison post")
    gap = seconds / max(1, count)
    return [Step((n + chooser.random() / 2) * gap, name) for n, name in enumerate(names)]
