"""The tree of a pattern as ``patterns`` reads it.

Nodes are told apart by identity: one that is met again is the same part of both patterns.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Word:
    """One cleaned token."""

    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Prefix:
    """Any token that begins with ``text``."""

    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Root:
    """Any form of an Indonesian root."""

    text: str


@dataclass(frozen=True, slots=True, eq=False)
class ClassName:
    """Any entry of a named word class."""

    name: str
    column: int


@dataclass(frozen=True, slots=True, eq=False)
class Gap:
    """Up to ``most`` tokens that end no sentence or line."""

    most: int


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    """Parts one after the other."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """One of several words or sequences; ``optional`` when it may be missing."""

    words: tuple[str, ...]
    options: tuple[Sequence, ...]
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Regex:
    """An RE2 expression, run on the cleaned lower-case text."""

    source: str


Node = Word | Prefix | Root | ClassName | Gap | Sequence | Choice
