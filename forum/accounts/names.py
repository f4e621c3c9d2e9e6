"""Pseudonyms: suggestions, and what makes a name unfit."""

import re
import secrets
import unicodedata
from functools import cache
from importlib.resources import files

import yaml

MIN_LENGTH = 3
MAX_LENGTH = 24
# Two digits, but for the one that people joke about.
NUMBERS = tuple(number for number in range(10, 100) if number != 69)
# Shorter ones are part of good words: "asu" is in "kasur".
LONG_ENOUGH_INSIDE = 6
_ALLOWED = re.compile(r"[^\W_]+(?:[-_. ][^\W_]+)*\Z")
# Names that could be taken for staff, after folding.
_STAFF_WORDS = (
    "admin",
    "moderator",
    "teduh",
    "relawan",
    "volunteer",
    "psikolog",
    "psikiater",
    "dokter",
    "konselor",
    "petugas",
    "official",
    "resmi",
)
_LOOK_ALIKES = str.maketrans({"0": "o", "1": "i", "l": "i", "3": "e", "4": "a", "5": "s", "7": "t"})


def fold_name(name: str) -> str:
    """Return what two names that a tired eye would confuse have in common."""
    decomposed = unicodedata.normalize("NFKD", name).casefold()
    letters = "".join(char for char in decomposed if char.isalnum())
    return letters.translate(_LOOK_ALIKES)


def name_problem(name: str) -> str | None:
    """Return why a name can't be used, as a code of `forms.NAME_PROBLEMS`, or None."""
    if not MIN_LENGTH <= len(name) <= MAX_LENGTH:
        return "length"
    if len(re.findall(r"\d", name)) >= 6:
        return "personal"
    if not _ALLOWED.match(name):
        return "characters"
    if any(char.isalpha() and not _is_latin(char) for char in name):
        return "characters"
    folded = fold_name(name)
    if any(word.translate(_LOOK_ALIKES) in folded for word in _STAFF_WORDS):
        return "staff"
    if _is_unfit(name):
        return "heavy"
    return None


def suggest_names(count: int = 5) -> list[str]:
    """Return that many random pseudonyms, such as `hangat-kenari-64`."""
    first, second = _words()["first"], _words()["second"]
    return [
        f"{secrets.choice(first)}-{secrets.choice(second)}-{secrets.choice(NUMBERS)}"
        for _ in range(count)
    ]


def _is_latin(char: str) -> bool:
    return unicodedata.name(char, "").startswith("LATIN")


def _is_unfit(name: str) -> bool:
    """Tell whether a name holds a word that nobody should have to read."""
    unfit = _unfit_words()
    whole = fold_name(name)
    inside = any(word in whole for word in unfit if len(word) >= LONG_ENOUGH_INSIDE)
    return inside or any(fold_name(word) in unfit for word in re.split(r"[-_. \d]+", name))


@cache
def _unfit_words() -> frozenset[str]:
    return frozenset(map(fold_name, _words()["unfit"]))


@cache
def _words() -> dict[str, list[str]]:
    text = files("forum.accounts").joinpath("words.yaml").read_text("utf-8")
    lists: dict[str, list[str]] = yaml.safe_load(text)
    return lists
