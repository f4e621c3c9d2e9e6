"""What a lexicon is made of: rules, word classes, contexts and combinations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from moderation.risk.categories import CATEGORIES
from moderation.risk.levels import Level
from moderation.risk.nodes import Regex
from moderation.risk.patterns import PatternError, parse_pattern

LANGUAGES = ("id", "en", "any")
SHIFTS = ("lower", "raise")
SCOPES = ("sentence", "near", "post")
# Conditions the engine recognises by itself; every other one is a context of the lexicon.
BUILT_IN_CONTEXTS = frozenset(
    {"quote", "question", "reply", "thread_start", "first_post", "amber_recent"}
)


class RuleError(ValueError):
    """An entry that cannot be used: which one, in which field and column, what to write."""

    def __init__(self, rule_id: str, field: str, column: int, message: str) -> None:
        where = f"{field}, column {column}" if column else field
        super().__init__(f"{rule_id}: {where}: {message}")
        self.rule_id = rule_id
        self.field = field
        self.column = column
        self.message = message


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the lexicon; see ``docs/rules.md`` for what each field means to a reader."""

    id: str
    category: str
    level: Level
    patterns: tuple[str, ...]
    language: str = "any"
    unless: tuple[str, ...] = ()
    when: Mapping[str, str] = field(default_factory=dict)
    floor: Level = Level.GREEN
    holds: bool = False
    calls_lead: bool = False
    enabled: bool = True
    note: str = ""
    reason_id: str = ""
    reason_en: str = ""
    positive: tuple[str, ...] = ()
    negative: tuple[str, ...] = ()
    reviewer: str | None = None
    reviewed_on: str | None = None
    needs_review: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WordClass:
    """A named list of words and phrases, written ``{name}`` in patterns."""

    name: str
    entries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ContextWords:
    """How a context condition is recognised: words in the ``within`` of a hit."""

    name: str
    patterns: tuple[str, ...]
    unless: tuple[str, ...] = ()
    within: str = "sentence"


@dataclass(frozen=True, slots=True)
class Combination:
    """Several signs that together mean more; each of ``all`` is a tuple of alternatives.

    An alternative is a category code, ``@level`` (any hit of that level or more), both as in
    ``SUI_ACTIVE@red``, or a pattern.
    """

    id: str
    all: tuple[tuple[str, ...], ...]
    category: str
    level: Level
    within: str = "sentence"
    reason_id: str = ""
    reason_en: str = ""


def parse_sign(text: str) -> tuple[str, Level] | None:
    """Return (category code or empty, least level) of a sign that is no pattern, else None.

    Raises ``ValueError`` for a level that is not known.
    """
    category, at, level = text.partition("@")
    if category not in CATEGORIES and (category or not at):
        return None
    return category, Level.parse(level) if at else Level.AMBER


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Everything the engine knows about words."""

    rules: tuple[Rule, ...] = ()
    classes: Mapping[str, WordClass] = field(default_factory=dict)
    slang: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    idioms: tuple[str, ...] = ()
    contexts: Mapping[str, ContextWords] = field(default_factory=dict)
    combinations: tuple[Combination, ...] = ()


def as_words(rule_id: str, name: str, value: Any) -> tuple[str, ...]:
    """Return a list of non-empty strings as a tuple; raise ``RuleError`` for anything else."""
    if value is None or value == "":
        return ()
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, (list, tuple)):
        raise RuleError(rule_id, name, 0, "write a list, one entry a line, each after a dash")
    words = []
    for entry in value:
        if not isinstance(entry, (str, int)) or isinstance(entry, bool):
            raise RuleError(rule_id, name, 0, f"write plain text instead of {entry!r}, in quotes")
        if not str(entry).strip():
            raise RuleError(rule_id, name, 0, "remove the empty entry")
        words.append(str(entry))
    return tuple(words)


def as_text(rule_id: str, name: str, value: Any) -> str:
    """Return ``value`` as text, empty for a missing one; raise ``RuleError`` for a list."""
    if value is None:
        return ""
    if isinstance(value, (list, dict, tuple)):
        raise RuleError(rule_id, name, 0, "write one line of text")
    return str(value).strip()


def as_level(rule_id: str, name: str, value: Any, default: Level) -> Level:
    """Return the level ``value`` names, ``default`` when it is missing."""
    text = as_text(rule_id, name, value)
    if not text:
        return default
    try:
        return Level.parse(text)
    except ValueError as error:
        raise RuleError(rule_id, name, 0, str(error)) from None


def as_choice(rule_id: str, name: str, value: Any, choices: Iterable[str], default: str) -> str:
    """Return ``value`` if it is one of ``choices``, ``default`` when it is missing."""
    text = as_text(rule_id, name, value) or default
    if text not in choices:
        known = ", ".join(sorted(choices))
        raise RuleError(rule_id, name, 0, f"“{text}” is unknown; write one of {known}")
    return text


def as_flag(rule_id: str, name: str, value: Any, default: bool) -> bool:
    """Return a truth value written as true or false."""
    if isinstance(value, bool):
        return value
    text = as_text(rule_id, name, value).lower()
    if text in ("", "null"):
        return default
    if text not in ("true", "false"):
        raise RuleError(rule_id, name, 0, "write true or false")
    return text == "true"


def check_fields(rule_id: str, mapping: Mapping[str, Any], known: Iterable[str]) -> None:
    """Raise ``RuleError`` for the first key of ``mapping`` that is not ``known``."""
    for key in mapping:
        if key not in known:
            names = ", ".join(known)
            raise RuleError(rule_id, str(key), 0, f"this field is unknown; fields are {names}")


def check_patterns(rule_id: str, name: str, patterns: Iterable[str], regex: bool = False) -> None:
    """Raise ``RuleError`` with the column for the first pattern that cannot be read.

    Expressions between slashes are welcome only where ``regex`` says so.
    """
    for number, pattern in enumerate(patterns, 1):
        place = f"{name}[{number}]"
        try:
            parsed = parse_pattern(pattern)
        except PatternError as error:
            raise RuleError(rule_id, place, error.column, error.message) from None
        if isinstance(parsed, Regex) and not regex:
            raise RuleError(rule_id, place, 1, "only the patterns of a rule may be /expressions/")


_FIELDS = tuple(Rule.__dataclass_fields__)
_NOTHING = (None, "", "null", "~")


def parse_rule(mapping: Mapping[str, Any]) -> Rule:
    """Return the rule written in ``mapping``; raise ``RuleError`` naming field and column."""
    if not isinstance(mapping, Mapping):
        raise RuleError("?", "rule", 0, "write the fields of a rule, each on its own line")
    rule_id = str(mapping.get("id") or "").strip()
    if not rule_id:
        raise RuleError("?", "id", 0, "give the rule a short name of its own")
    check_fields(rule_id, mapping, _FIELDS)
    category = as_choice(rule_id, "category", mapping.get("category"), CATEGORIES, "")
    patterns = as_words(rule_id, "patterns", mapping.get("patterns"))
    if not patterns:
        raise RuleError(rule_id, "patterns", 0, "write at least one pattern")
    unless = as_words(rule_id, "unless", mapping.get("unless"))
    check_patterns(rule_id, "patterns", patterns, regex=True)
    check_patterns(rule_id, "unless", unless)
    when = mapping.get("when") or {}
    if not isinstance(when, Mapping):
        raise RuleError(rule_id, "when", 0, "write conditions as in {past: lower}")
    return Rule(
        id=rule_id,
        category=category,
        level=as_level(rule_id, "level", mapping.get("level"), CATEGORIES[category].base),
        patterns=patterns,
        language=as_choice(rule_id, "language", mapping.get("language"), LANGUAGES, "any"),
        unless=unless,
        when={
            str(name): as_choice(rule_id, f"when.{name}", shift, SHIFTS, "")
            for name, shift in when.items()
        },
        floor=as_level(rule_id, "floor", mapping.get("floor"), Level.GREEN),
        holds=as_flag(rule_id, "holds", mapping.get("holds"), False),
        calls_lead=as_flag(rule_id, "calls_lead", mapping.get("calls_lead"), False),
        enabled=as_flag(rule_id, "enabled", mapping.get("enabled"), True),
        note=as_text(rule_id, "note", mapping.get("note")),
        reason_id=as_text(rule_id, "reason_id", mapping.get("reason_id")),
        reason_en=as_text(rule_id, "reason_en", mapping.get("reason_en")),
        positive=as_words(rule_id, "positive", mapping.get("positive")),
        negative=as_words(rule_id, "negative", mapping.get("negative")),
        reviewer=_as_optional(rule_id, "reviewer", mapping.get("reviewer")),
        reviewed_on=_as_optional(rule_id, "reviewed_on", mapping.get("reviewed_on")),
        needs_review=as_words(rule_id, "needs_review", mapping.get("needs_review")),
    )


def _as_optional(rule_id: str, name: str, value: Any) -> str | None:
    return None if value in _NOTHING else as_text(rule_id, name, value)


def rule_as_mapping(rule: Rule) -> dict[str, Any]:
    """Return ``rule`` as plain data that ``parse_rule`` reads back to an equal rule."""
    plain: dict[str, Any] = {}
    for name in _FIELDS:
        value = getattr(rule, name)
        if isinstance(value, Level):
            value = value.word
        elif isinstance(value, tuple):
            value = list(value)
        elif isinstance(value, Mapping):
            value = dict(value)
        plain[name] = value
    return plain
