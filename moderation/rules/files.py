"""Rules as files: YAML for a whole lexicon, CSV for a table of rules."""

import csv
import io
from collections.abc import Iterable
from dataclasses import replace

from moderation.risk.rulefile import LexiconErrors, broken_references, dump_yaml, load_yaml
from moderation.risk.rules import Lexicon, Rule, RuleError, parse_rule, rule_as_mapping

COLUMNS = (
    "id",
    "category",
    "level",
    "language",
    "enabled",
    "patterns",
    "unless",
    "reason_id",
    "reason_en",
    "positive",
    "negative",
    "note",
)
LISTS = frozenset({"patterns", "unless", "positive", "negative"})
# A spreadsheet runs a cell that begins so as a formula (ASVS V1.2.10).
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")

__all__ = ["read_csv", "read_yaml", "write_csv", "write_yaml"]

read_yaml = load_yaml
write_yaml = dump_yaml


def write_csv(rules: Iterable[Rule]) -> str:
    """Return a table with one rule a row; lists have one item a line inside their cell."""
    table = io.StringIO()
    writer = csv.DictWriter(table, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for rule in rules:
        mapping = rule_as_mapping(rule)
        writer.writerow({column: _write_cell(mapping.get(column)) for column in COLUMNS})
    return table.getvalue()


def read_csv(text: str, lexicon: Lexicon) -> list[Rule]:
    """Return the rules of a table, on top of what the lexicon knows of each and the table lacks.

    Raises LexiconErrors with every bad row and its line.
    """
    table = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    try:
        rows = [(table.line_num, row) for row in table]
    except csv.Error as error:
        unreadable = RuleError("?", "csv", 0, str(error))
        raise LexiconErrors([("csv", table.line_num, unreadable)]) from None
    unknown = set(table.fieldnames or ()) - set(COLUMNS)
    if unknown or "id" not in (table.fieldnames or ()):
        wanted = ", ".join(COLUMNS)
        error = RuleError("?", "columns", 0, f"the first line names the columns: {wanted}")
        raise LexiconErrors([("csv", 1, error)])
    known = {rule.id: rule_as_mapping(rule) for rule in lexicon.rules}
    rules: dict[str, Rule] = {}
    lines: dict[str, int] = {}
    errors: list[tuple[str, int, RuleError]] = []
    for line, row in rows:
        mapping = {name: _read_cell(name, cell or "") for name, cell in row.items() if name}
        try:
            rule = parse_rule(known.get(str(mapping["id"]), {}) | mapping)
        except RuleError as error:
            errors.append(("csv", line, error))
            continue
        if rule.id in rules:
            twice = RuleError(rule.id, "id", 0, "two rows have this name; keep one")
            errors.append(("csv", line, twice))
        rules[rule.id], lines[rule.id] = rule, line
    together = replace(lexicon, rules=tuple(rules.values()))
    errors += [
        ("csv", lines[name], error)
        for kind, name, error in broken_references(together)
        if kind == "rule" and name in lines
    ]
    if errors:
        raise LexiconErrors(sorted(errors, key=lambda error: error[1]))
    return list(rules.values())


def _write_cell(value: object) -> str:
    if value is None:
        return ""
    text = "\n".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text


def _read_cell(name: str, cell: str) -> object:
    text = cell.removeprefix("'") if cell[1:].startswith(FORMULA_SIGNS) else cell
    if name in LISTS:
        return [line.strip() for line in text.splitlines() if line.strip()]
    return text.strip()
