"""How urgent a post is."""

from __future__ import annotations

from enum import IntEnum


class Level(IntEnum):
    """Urgency, ordered so that ``max`` keeps the more urgent one."""

    GREEN = 0
    AMBER = 1
    RED = 2
    CRISIS = 3

    @property
    def word(self) -> str:
        """The lower-case English word used in rule files, outputs and data files."""
        return self.name.lower()

    @classmethod
    def parse(cls, word: str) -> Level:
        """Return the level named by ``word``; raise ``ValueError`` that lists the words."""
        try:
            return cls[word.strip().upper()]
        except KeyError:
            known = ", ".join(level.word for level in cls)
            raise ValueError(f"“{word}” is not a level; write one of {known}") from None
