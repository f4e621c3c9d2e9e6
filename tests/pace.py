"""How much work something is, counted in other work of the same run: test machines are noisy."""

import gc
import time
from collections.abc import Callable
from hashlib import sha256
from typing import TypeVar

T = TypeVar("T")


def seconds_of(call: Callable[[], T]) -> tuple[T, float]:
    """Return what a call gives, and the seconds of work of this thread that it took.

    Without the collector of garbage, whose rounds go through all that earlier tests left.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        began = time.thread_time()
        given = call()
        return given, time.thread_time() - began
    finally:
        if collects:
            gc.enable()


def work_of(call: Callable[[], T]) -> tuple[T, float]:
    """Return what a call gives, and how many pieces of plain work the same time is.

    The pieces are done just before and just after, and the slower one counts: a machine that is
    busy with other things is slow for both. One piece takes about 10 ms on a desk's computer.
    """
    before = seconds_of(_piece)[1]
    given, seconds = seconds_of(call)
    return given, seconds / max(before, seconds_of(_piece)[1])


def _piece() -> None:
    """Do a little of what pages are made of: objects, texts, a hash."""
    for number in range(8_000):
        sha256(f"{number}:{{}}".format([number] * 3).encode()).hexdigest()
