"""What changed between two lexicons, rule by rule, for people."""

from dataclasses import dataclass

from moderation.risk.rulefile import dump_yaml
from moderation.risk.rules import Lexicon, Rule, rule_as_mapping


@dataclass(frozen=True)
class Change:
    """One field of one rule, before and after; a rule that came or went has one side only."""

    rule: str
    field: str
    before: str
    after: str


def diff_lexicons(before: Lexicon, after: Lexicon) -> list[Change]:
    """Return every difference. Word classes and the rest count as one rule named `(words)`."""
    old = {rule.id: rule for rule in before.rules}
    new = {rule.id: rule for rule in after.rules}
    changes = [Change(name, "", _say(old[name]), "") for name in old if name not in new]
    for name, rule in new.items():
        if name not in old:
            changes.append(Change(name, "", "", _say(rule)))
        elif rule != old[name]:
            changes.extend(_fields(old[name], rule))
    if _words(before) != _words(after):
        changes.append(Change("(words)", "classes, slang, idioms, contexts, combinations", "", ""))
    return changes


def _fields(before: Rule, after: Rule) -> list[Change]:
    old, new = rule_as_mapping(before), rule_as_mapping(after)
    return [
        Change(after.id, field, _text(old.get(field)), _text(new.get(field)))
        for field in dict.fromkeys((*old, *new))
        if old.get(field) != new.get(field)
    ]


def _say(rule: Rule) -> str:
    return f"{rule.category} {rule.level.word}\n{_text(list(rule.patterns))}"


def _text(value: object) -> str:
    return "\n".join(map(str, value)) if isinstance(value, list | tuple) else str(value or "")


def _words(lexicon: Lexicon) -> str:
    bare = Lexicon(
        classes=lexicon.classes,
        slang=lexicon.slang,
        idioms=lexicon.idioms,
        contexts=lexicon.contexts,
        combinations=lexicon.combinations,
    )
    return dump_yaml(bare)
