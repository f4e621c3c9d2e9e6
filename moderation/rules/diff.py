"""What changed between two lexicons, entry by entry, for people."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moderation.risk.rulefile import SECTIONS, lexicon_as_mapping
from moderation.risk.rules import Lexicon

Fields = Mapping[str, Any]
IDIOMS = "idioms"
# What an entry says that came or went; of a rule its examples and the rest would hide it.
TOLD = {"rules": ("category", "level", "patterns"), "combinations": ("category", "level", "all")}


@dataclass(frozen=True)
class Change:
    """One field of one entry, before and after, its lines as written.

    An entry that came or went has no field and one side only. `section` is one of SECTIONS.
    """

    section: str
    entry: str
    field: str
    before: str
    after: str


def diff_lexicons(before: Lexicon, after: Lexicon) -> list[Change]:
    """Return every difference, by the sections of a rule file."""
    old, new = lexicon_as_mapping(before), lexicon_as_mapping(after)
    return [
        change
        for section in SECTIONS
        if old[section] != new[section]
        for change in _section(section, _entries(section, old), _entries(section, new))
    ]


def _section(section: str, old: dict[str, Fields], new: dict[str, Fields]) -> list[Change]:
    changes = []
    for name in dict.fromkeys((*old, *new)):
        if name not in new:
            changes.append(Change(section, name, "", _say(section, old[name]), ""))
        elif name not in old:
            changes.append(Change(section, name, "", "", _say(section, new[name])))
        else:
            changes += [
                Change(section, name, field, _text(old[name].get(field)), _text(value))
                for field, value in new[name].items()
                if old[name].get(field) != value
            ]
    return changes


def _entries(section: str, plain: Fields) -> dict[str, Fields]:
    """Return the entries of a section by their names, each with the same fields."""
    found = plain[section]
    if section == IDIOMS:
        return {IDIOMS: {"entries": found}}
    if isinstance(found, dict):
        return {
            name: fields if isinstance(fields, dict) else {"entries": fields}
            for name, fields in found.items()
        }
    return {
        fields["id"]: fields | {"all": _signs(fields["all"])} if "all" in fields else fields
        for fields in found
    }


def _signs(signs: list[list[str]]) -> list[str]:
    """Return one line for each alternative, so that a changed one stands out."""
    return [
        f"{number}. {alternative}"
        for number, alternatives in enumerate(signs, 1)
        for alternative in alternatives
    ]


def _say(section: str, fields: Fields) -> str:
    told = TOLD.get(section, tuple(fields))
    return "\n".join(text for field in told if (text := _text(fields[field])))


def _text(value: object) -> str:
    return "\n".join(map(str, value)) if isinstance(value, list | tuple) else str(value or "")
