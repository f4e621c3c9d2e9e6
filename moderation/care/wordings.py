"""Words that a moderator may begin to write with: check_ins.yaml, always theirs to change."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

from moderation.risk.levels import Level


@dataclass(frozen=True)
class Wording:
    """A text for one situation, in both languages.

    It fits a case of one of its levels; with categories named, the case must have one of them.
    """

    key: str
    situation_id: str
    situation_en: str
    text_id: str
    text_en: str
    levels: frozenset[Level]
    categories: frozenset[str]
    needs_review: tuple[str, ...]

    def text(self, language: str) -> str:
        """Return the text in "id" or "en"."""
        return self.text_en if language == "en" else self.text_id


@cache
def wordings() -> tuple[Wording, ...]:
    """Return all wordings in the order of the file."""
    loaded = yaml.safe_load(files("moderation.care").joinpath("check_ins.yaml").read_text("utf-8"))
    return tuple(
        Wording(
            key=entry["key"],
            situation_id=entry["situation_id"],
            situation_en=entry["situation_en"],
            text_id=" ".join(entry["text_id"].split()),
            text_en=" ".join(entry["text_en"].split()),
            levels=frozenset(Level.parse(word) for word in entry["levels"]),
            categories=frozenset(entry["categories"]),
            needs_review=tuple(entry["needs_review"]),
        )
        for entry in loaded["wordings"]
    )


def find_wording(key: str) -> Wording | None:
    """Return the wording with this key."""
    return next((wording for wording in wordings() if wording.key == key), None)


def wordings_for(level: Level, categories: Collection[str]) -> tuple[list[Wording], list[Wording]]:
    """Return the wordings that fit a case, the most particular first, and all others."""
    fitting = [
        wording
        for wording in wordings()
        if level in wording.levels
        and (not wording.categories or not wording.categories.isdisjoint(categories))
    ]
    others = [wording for wording in wordings() if wording not in fitting]
    return sorted(fitting, key=lambda wording: not wording.categories), others
