"""What is stored: every table and column with what it is for and how long it is kept.

`inventory.yaml` says it once, the privacy page shows it, and a test compares it with the schema.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from forum.extensions import setting
from moderation.rights.retention import APPLICATION_WORDS


@dataclass(frozen=True)
class Column:
    """One column, and what kind of thing it holds, in the language of the page."""

    name: str
    kind: str


@dataclass(frozen=True)
class Table:
    """One table: what it is for, and its columns."""

    name: str
    what: str
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Section:
    """What belongs together for a reader: why it is kept, for how long, and in which tables."""

    name: str
    title: str
    why: str
    kept: str
    erased: str
    tables: tuple[Table, ...]


@cache
def inventory() -> dict[str, Any]:
    """Return inventory.yaml: `kinds` of columns, and `sections` with their tables."""
    text = (files("moderation.rights") / "inventory.yaml").read_text("utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def sections(language: str) -> list[Section]:
    """Return everything that is stored, in "id" or "en", with the lengths that are set here."""
    found = inventory()
    kinds = {name: said[language] for name, said in found["kinds"].items()}
    return [
        Section(
            name,
            section["title"][language],
            section["why"][language],
            _fill(section["kept"][language]),
            _fill(section["erased"][language]),
            tuple(
                Table(
                    table,
                    _fill(entry[language]),
                    tuple(Column(column, kinds[kind]) for column, kind in _columns(entry)),
                )
                for table, entry in section["tables"].items()
            ),
        )
        for name, section in found["sections"].items()
    ]


def columns_of(table: dict[str, Any]) -> dict[str, str]:
    """Return the kind of each column of a table's entry."""
    return dict(_columns(table))


def _columns(entry: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the pairs of column and kind; the file groups columns by kind."""
    return [(column, kind) for kind, columns in entry["columns"].items() for column in columns]


def _fill(text: str) -> str:
    """Put the settings that a text names, such as {NOTICE_DAYS}, into it."""
    names = ("EXACT_TIMES_DAYS", "CASE_WORDS_DAYS", "NOTICE_DAYS", "SHIFT_WORDS_DAYS", "DRAFT_DAYS")
    return text.format(
        APPLICATION_WORDS_DAYS=APPLICATION_WORDS.length.days,
        **{name: setting(name) for name in (*names, "EXPORT_HOURS", "ERASE_HOLD_HOURS")},
    )
