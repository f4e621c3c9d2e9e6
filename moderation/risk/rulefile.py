"""Read and write the rule files volunteers edit, in YAML."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import yaml

from moderation.risk.categories import CATEGORIES
from moderation.risk.garbage import no_collecting
from moderation.risk.patterns import CLASS_NAME
from moderation.risk.rules import (
    BUILT_IN_CONTEXTS,
    SCOPES,
    Combination,
    ContextWords,
    Lexicon,
    Rule,
    RuleError,
    WordClass,
    as_choice,
    as_level,
    as_text,
    as_words,
    check_fields,
    check_patterns,
    parse_rule,
    parse_sign,
    rule_as_mapping,
)

# Every scalar stays text: to a volunteer, `no` is a word and not a truth value. The C parser is
# there on every platform with a wheel; the slow one gives the same result.
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

_ANCHOR = re.compile(r"(?:^|[\s:\[,-])&\S")

SECTIONS = ("classes", "slang", "idioms", "contexts", "rules", "combinations")


class LexiconErrors(ValueError):
    """Every bad entry of the files: ``errors`` holds (file name, line from 1, error)."""

    def __init__(self, errors: list[tuple[str, int, RuleError]]) -> None:
        self.errors = errors
        super().__init__("\n".join(f"{name}:{line}: {error}" for name, line, error in errors))


class _Collector:
    """Entries read so far, and the errors with their places."""

    def __init__(self) -> None:
        self.rules: dict[str, Rule] = {}
        self.classes: dict[str, WordClass] = {}
        self.slang: dict[str, tuple[str, ...]] = {}
        self.idioms: list[str] = []
        self.contexts: dict[str, ContextWords] = {}
        self.combinations: dict[str, Combination] = {}
        self.errors: list[tuple[str, int, RuleError]] = []
        self.places: dict[tuple[str, str], tuple[str, int]] = {}

    def lexicon(self) -> Lexicon:
        return Lexicon(
            rules=tuple(self.rules.values()),
            classes=self.classes,
            slang=self.slang,
            idioms=tuple(dict.fromkeys(self.idioms)),
            contexts=self.contexts,
            combinations=tuple(self.combinations.values()),
        )


def load_yaml(text: str) -> Lexicon:
    """Return the lexicon written in ``text``; raise ``LexiconErrors`` with all bad entries."""
    return load_files({"rules.yaml": text})


@no_collecting()
def load_files(files: Mapping[str, str]) -> Lexicon:
    """Return one lexicon from several texts, by file name; a class may stand in any of them."""
    found = _Collector()
    for name, text in files.items():
        _read(name, text, found)
    lexicon = found.lexicon()
    found.errors += [
        (*found.places[kind, name], error) for kind, name, error in broken_references(lexicon)
    ]
    if found.errors:
        raise LexiconErrors(sorted(found.errors, key=lambda error: error[:2]))
    return lexicon


def _read(name: str, text: str, found: _Collector) -> None:
    try:
        # An alias can make a small file endless, and no rule needs one.
        if _ANCHOR.search(text) and any(
            isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=_LOADER)
        ):
            error_ = RuleError("file", "yaml", 0, "write the words out instead of an *alias")
            found.errors.append((name, 1, error_))
            return
        root = yaml.compose(text, Loader=_LOADER)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "this is not YAML"
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 0)
        found.errors.append((name, line, RuleError("file", "yaml", column, str(problem))))
        return
    if root is None:
        return
    if not isinstance(root, yaml.MappingNode):
        error_ = RuleError("file", "yaml", 0, f"begin with a section: {', '.join(SECTIONS)}")
        found.errors.append((name, 1, error_))
        return
    for key, value in root.value:
        section = str(key.value)
        if section not in SECTIONS:
            message = f"this section is unknown; sections are {', '.join(SECTIONS)}"
            place = (name, key.start_mark.line + 1)
            found.errors.append((*place, RuleError("file", section, 0, message)))
            continue
        for line, entry in _entries(value):
            try:
                _READERS[section](entry, found, (name, line))
            except RuleError as error:
                found.errors.append((name, line, error))


def _entries(node: yaml.Node) -> Iterator[tuple[int, Any]]:
    """Yield (line from 1, entry); an entry of a mapping is a pair of key and value."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key.start_mark.line + 1, (str(_plain(key)), _plain(value))
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield value.start_mark.line + 1, _plain(value)
    elif node.value:
        yield node.start_mark.line + 1, node.value


def _plain(node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return {str(_plain(key)): _plain(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(value) for value in node.value]
    return node.value


def _pair(entry: Any, section: str) -> tuple[str, Any]:
    if not isinstance(entry, tuple):
        raise RuleError(section, section, 0, "write a name, a colon and the list of words")
    return entry


def _read_class(entry: Any, found: _Collector, place: tuple[str, int]) -> None:
    name, value = _pair(entry, "classes")
    if name in found.classes:
        raise RuleError(name, "classes", 0, "this class exists already; choose another name")
    entries = as_words(name, "classes", value)
    check_patterns(name, "classes", entries)
    found.classes[name] = WordClass(name, entries)
    found.places["class", name] = place


def _read_slang(entry: Any, found: _Collector, place: tuple[str, int]) -> None:
    word, value = _pair(entry, "slang")
    readings = as_words(word, "slang", value)
    found.slang[word] = tuple(dict.fromkeys((*found.slang.get(word, ()), *readings)))


def _read_idiom(entry: Any, found: _Collector, place: tuple[str, int]) -> None:
    if not isinstance(entry, str) or not entry.strip():
        raise RuleError("idioms", "idioms", 0, "write one idiom a line, each after a dash")
    check_patterns(entry, "idioms", [entry])
    found.idioms.append(entry)


def _read_context(entry: Any, found: _Collector, place: tuple[str, int]) -> None:
    name, value = _pair(entry, "contexts")
    fields = value if isinstance(value, dict) else {"patterns": value}
    check_fields(name, fields, ("patterns", "unless", "within"))
    if name in BUILT_IN_CONTEXTS or name in found.contexts:
        raise RuleError(name, "contexts", 0, "this context exists already; choose another name")
    patterns = as_words(name, "patterns", fields.get("patterns"))
    unless = as_words(name, "unless", fields.get("unless"))
    check_patterns(name, "patterns", patterns)
    check_patterns(name, "unless", unless)
    within = as_choice(name, "within", fields.get("within"), SCOPES, "sentence")
    found.contexts[name] = ContextWords(name, patterns, unless, within)
    found.places["context", name] = place


def _read_rule(entry: Any, found: _Collector, place: tuple[str, int]) -> None:
    rule = parse_rule(entry)
    if rule.id in found.rules or rule.id in found.combinations:
        raise RuleError(rule.id, "id", 0, "another rule has this id; choose a new one")
    found.rules[rule.id] = rule
    found.places["rule", rule.id] = place


_COMBINATION_FIELDS = ("id", "all", "within", "level", "category", "reason_id", "reason_en")


def _read_combination(entry: Any, found: _Collector, place: tuple[str, int]) -> None:
    if not isinstance(entry, dict):
        raise RuleError("combinations", "combinations", 0, "write the fields of a combination")
    name = as_text("?", "id", entry.get("id"))
    if not name or name in found.combinations or name in found.rules:
        raise RuleError(name or "?", "id", 0, "give the combination a name of its own")
    check_fields(name, entry, _COMBINATION_FIELDS)
    category = as_choice(name, "category", entry.get("category"), CATEGORIES, "")
    parts = entry.get("all")
    if not isinstance(parts, list) or len(parts) < 2:
        raise RuleError(name, "all", 0, "write a list of at least two signs")
    signs = tuple(as_words(name, f"all[{number}]", part) for number, part in enumerate(parts, 1))
    for number, alternatives in enumerate(signs, 1):
        for sign in alternatives:
            try:
                if parse_sign(sign) is None:
                    check_patterns(name, f"all[{number}]", [sign])
            except ValueError as error:
                if isinstance(error, RuleError):
                    raise
                raise RuleError(name, f"all[{number}]", 0, str(error)) from None
    found.combinations[name] = Combination(
        id=name,
        all=signs,
        category=category,
        level=as_level(name, "level", entry.get("level"), CATEGORIES[category].base),
        within=as_choice(name, "within", entry.get("within"), SCOPES, "sentence"),
        reason_id=as_text(name, "reason_id", entry.get("reason_id")),
        reason_en=as_text(name, "reason_en", entry.get("reason_en")),
    )
    found.places["rule", name] = place


_READERS: dict[str, Callable[[Any, _Collector, tuple[str, int]], None]] = {
    "classes": _read_class,
    "slang": _read_slang,
    "idioms": _read_idiom,
    "contexts": _read_context,
    "rules": _read_rule,
    "combinations": _read_combination,
}


def _classes_of(pattern: str) -> Iterator[tuple[str, int]]:
    """Yield the class names a readable pattern uses, with their columns."""
    if not pattern.startswith("/"):
        for found in CLASS_NAME.finditer(pattern):
            yield found[1], found.start() + 1


def broken_references(lexicon: Lexicon) -> Iterator[tuple[str, str, RuleError]]:
    """Yield (kind, name, error) for what an entry names and the lexicon lacks, or has twice.

    The kind is class, context or rule; a combination counts as a rule. A text that any of these
    stands in is one that ``load_yaml`` refuses.
    """
    users = [("class", words.name, "classes", words.entries) for words in lexicon.classes.values()]
    for context in lexicon.contexts.values():
        users.append(("context", context.name, "patterns", context.patterns))
        users.append(("context", context.name, "unless", context.unless))
    combined = {combination.id for combination in lexicon.combinations}
    for rule in lexicon.rules:
        users.append(("rule", rule.id, "patterns", rule.patterns))
        users.append(("rule", rule.id, "unless", rule.unless))
        if rule.id in combined:
            message = "a combination has this id; choose a new one"
            yield "rule", rule.id, RuleError(rule.id, "id", 0, message)
        for name in rule.when:
            if name not in BUILT_IN_CONTEXTS and name not in lexicon.contexts:
                known = ", ".join(sorted({*BUILT_IN_CONTEXTS, *lexicon.contexts}))
                message = f"“{name}” is no context; write one of {known}"
                yield "rule", rule.id, RuleError(rule.id, "when", 0, message)
    for combination in lexicon.combinations:
        patterns = tuple(
            sign
            for alternatives in combination.all
            for sign in alternatives
            if parse_sign(sign) is None
        )
        users.append(("rule", combination.id, "all", patterns))
    for kind, name, section, patterns in users:
        for pattern in patterns:
            for used, column in _classes_of(pattern):
                if used not in lexicon.classes:
                    known = ", ".join(sorted(lexicon.classes)) or "none yet"
                    message = f"there is no class {{{used}}}; classes are {known}"
                    yield kind, name, RuleError(name, section, column, message)


def lexicon_as_mapping(lexicon: Lexicon) -> dict[str, Any]:
    """Return ``lexicon`` as plain data, by the sections of a rule file."""
    return {
        "classes": {words.name: list(words.entries) for words in lexicon.classes.values()},
        "slang": {word: list(readings) for word, readings in lexicon.slang.items()},
        "idioms": list(lexicon.idioms),
        "contexts": {
            context.name: {
                "patterns": list(context.patterns),
                "unless": list(context.unless),
                "within": context.within,
            }
            for context in lexicon.contexts.values()
        },
        "rules": [rule_as_mapping(rule) for rule in lexicon.rules],
        "combinations": [
            {
                "id": combination.id,
                "all": [list(alternatives) for alternatives in combination.all],
                "within": combination.within,
                "level": combination.level.word,
                "category": combination.category,
                "reason_id": combination.reason_id,
                "reason_en": combination.reason_en,
            }
            for combination in lexicon.combinations
        ],
    }


def dump_yaml(lexicon: Lexicon) -> str:
    """Return ``lexicon`` as text that ``load_yaml`` reads back to an equal lexicon."""
    plain = lexicon_as_mapping(lexicon)
    return yaml.dump(plain, Dumper=_DUMPER, allow_unicode=True, sort_keys=False, width=1_000)
