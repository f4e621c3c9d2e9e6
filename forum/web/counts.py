"""Counts that run out by themselves, in the limiter's store; in this process while that is away.

What is counted must never say who it is about: a key is a door, a hash of the day, or the hash
of something random.
"""

import time
from collections.abc import Callable
from typing import Any, cast

import structlog
from flask import Flask, current_app
from limits.storage import MemoryStorage

from forum.extensions import limiter

# A store that did not answer is left alone for so long: each try could cost half a second.
REST_SECONDS = 5.0

log = structlog.get_logger()


class Counts:
    """The counts of one app."""

    def __init__(self) -> None:
        self._here: MemoryStorage | None = None
        self._rest_until = 0.0

    def up(self, key: str, seconds: int) -> int:
        """Count one more; return how many there are now. They are forgotten after that time."""
        return self._ask(lambda store: store.incr(f"count:{key}", seconds))

    def of(self, key: str) -> int:
        """Return how many were counted."""
        return self._ask(lambda store: store.get(f"count:{key}"))

    def _ask(self, question: Callable[[Any], int]) -> int:
        if time.monotonic() >= self._rest_until:
            try:
                return question(limiter.storage)
            except limiter.storage.base_exceptions as error:
                self._rest_until = time.monotonic() + REST_SECONDS
                log.warning("counts_kept_here", error=type(error).__name__)
        if self._here is None:
            # Made here and not before a fork: it keeps a timer.
            self._here = MemoryStorage()
        return question(self._here)


def add_counts(app: Flask) -> None:
    """Give the app its counts."""
    app.extensions["counts"] = Counts()


def counts() -> Counts:
    """Return the counts of the running app."""
    return cast(Counts, current_app.extensions["counts"])
