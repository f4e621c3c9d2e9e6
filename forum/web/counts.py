"""Counts that run out by themselves, in the broker's memory; in this process while that is away.

What is counted must never say who it is about: a key is a door, a hash of the day, or the hash
of something random.
"""

import time
from collections.abc import Callable
from functools import cached_property
from typing import TypeVar

import structlog
from limits.storage import MemoryStorage, RedisStorage, Storage

from forum.extensions import limiter

# A store that did not answer is left alone for so long: each try could cost half a second.
REST_SECONDS = 5.0

Answer = TypeVar("Answer")

log = structlog.get_logger()


class SoftStore(Storage):
    """What the limiter counts in: Redis, or this process's memory while that does not answer.

    Flask-Limiter's own fallback answers 500 to all but the first of the requests that wait for the
    store when it dies.
    """

    STORAGE_SCHEME = ["soft+redis", "soft+rediss", "soft+redis+unix"]  # noqa: RUF012 (theirs)

    def __init__(
        self, uri: str, wrap_exceptions: bool = False, **options: float | str | bool
    ) -> None:
        super().__init__(uri, wrap_exceptions=wrap_exceptions)
        self.far = RedisStorage(uri.removeprefix("soft+"), **options)
        self._rest_until = 0.0

    @cached_property
    def near(self) -> MemoryStorage:
        """The memory of this process. Made when needed and not before a fork: it keeps a timer."""
        return MemoryStorage()

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        """What the store raises when it is away; nothing of it leaves this class."""
        return self.far.base_exceptions

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count more; return how many there are now. They are forgotten after `expiry` seconds."""
        return self._ask(lambda store: store.incr(key, expiry, amount))

    def get(self, key: str) -> int:
        """Return how many were counted."""
        return self._ask(lambda store: store.get(key))

    def get_expiry(self, key: str) -> float:
        """Return when a count is forgotten, in seconds since 1970."""
        return self._ask(lambda store: store.get_expiry(key))

    def clear(self, key: str) -> None:
        """Forget a count."""
        self._ask(lambda store: store.clear(key))

    def reset(self) -> int | None:
        """Forget all counts."""
        return self._ask(lambda store: store.reset())

    def check(self) -> bool:
        """Say that it counts: somewhere, it always does."""
        return True

    def _ask(self, question: Callable[[Storage], Answer]) -> Answer:
        if time.monotonic() >= self._rest_until:
            try:
                return question(self.far)
            except self.base_exceptions as error:
                self._rest_until = time.monotonic() + REST_SECONDS
                log.warning("counts_kept_here", error=type(error).__name__)
        return question(self.near)


def count_up(key: str, seconds: int) -> int:
    """Count one more; return how many there are now. They are forgotten after that time."""
    return limiter.storage.incr(f"count:{key}", seconds)


def counted(key: str) -> int:
    """Return how many were counted."""
    return limiter.storage.get(f"count:{key}")
