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
# Once accents stand apart. Other letters, such as a dotless i, pass for these and fold to none.
_PLAIN = re.compile(r"[a-z0-9_. -]+\Z")
_PART = re.compile(r"[-_. ]+|(?<=[a-z])(?=[A-Z])")
_READ_AS_ONE = (("rn", "m"), ("vv", "w"))
# Names that could be taken for staff, after folding: these anywhere in a name,
_STAFF_WORDS = (
    *("admin", "moderator", "moderasi", "teduh", "relawan", "volunteer", "petugas", "pengurus"),
    *("psikolog", "psikiater", "psycholog", "psychiat", "dokter", "doctor", "perawat"),
    *("konselor", "konseling", "counselor", "counsellor", "terapis", "therapist", "pendamping"),
    *("fasilitator", "facilitator", "helpdesk", "official", "resmi"),
)
# and these as a part of their own: "mod" is in "Modesta", "dr" in "Andri", "staf" in "Mustafa".
_STAFF_PARTS = (
    *("staf", "staff", "mod", "mods", "dr", "drg", "psi", "ners", "nurse", "suster", "bidan"),
    *("cs", "support", "hotline", "sistem", "system"),
)
_LOOK_ALIKES = str.maketrans({"0": "o", "1": "i", "l": "i", "3": "e", "4": "a", "5": "s", "7": "t"})


def fold_name(name: str) -> str:
    """Return what two names that a tired eye would confuse have in common."""
    letters = "".join(char for char in _without_accents(name) if char.isalnum())
    return letters.translate(_LOOK_ALIKES)


def name_problem(name: str) -> str | None:
    """Return why a name can't be used, as a code of `forms.NAME_PROBLEMS`, or None."""
    if not MIN_LENGTH <= len(name) <= MAX_LENGTH:
        return "length"
    if len(re.findall(r"\d", name)) >= 6:
        return "personal"
    if not _ALLOWED.match(name):
        return "characters"
    if not _PLAIN.match(_without_accents(name)):
        return "characters"
    if _looks_like_staff(name):
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


def _without_accents(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name).casefold()
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def _looks_like_staff(name: str) -> bool:
    """Tell whether somebody could take a name for one of the team."""
    whole = _fold_for_staff(name)
    if any(fold_name(word) in whole for word in _STAFF_WORDS):
        return True
    parts = _PART.split(name)
    parts += [part.strip("0123456789") for part in parts]
    return not {whole, *map(_fold_for_staff, parts)}.isdisjoint(map(fold_name, _STAFF_PARTS))


def _fold_for_staff(name: str) -> str:
    """Fold pairs of letters too that are read as one; of other names that would take too many."""
    folded = fold_name(name)
    for pair, letter in _READ_AS_ONE:
        folded = folded.replace(pair, letter)
    return folded


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
