"""Scan lines of JSON and measure a rule set against labelled cases.

``python -m moderation.risk.evaluate FILE [--rules PATH] [--no-misses]`` does what ``teduh risk
evaluate`` does, without the rest of the forum.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from moderation.risk.assess import Assessment, assess
from moderation.risk.categories import CATEGORIES
from moderation.risk.compile import RuleSet, compile_rules
from moderation.risk.levels import Level
from moderation.risk.rulefile import load_files
from moderation.risk.rules import Lexicon
from moderation.risk.starter import starter

LEVELS = (Level.AMBER, Level.RED, Level.CRISIS)


class BadLine(ValueError):
    """A line that is no case: its number from 1 and what is wrong with it."""

    def __init__(self, number: int, message: str) -> None:
        super().__init__(f"line {number}: {message}")
        self.number = number
        self.message = message


def read_case(number: int, line: str | bytes, fields: tuple[str, ...]) -> dict[str, Any]:
    """Return the object of one JSON line that has all ``fields``; raise ``BadLine``."""
    try:
        case = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadLine(number, f"this is not JSON ({error})") from None
    if not isinstance(case, dict):
        raise BadLine(number, "write an object with id and text")
    for name in fields:
        if name not in case:
            raise BadLine(number, f"the field {name} is missing")
    if not isinstance(case["text"], str):
        raise BadLine(number, "the field text must be a string")
    return case


def as_output(case_id: object, found: Assessment) -> dict[str, Any]:
    """Return an assessment as the object ``teduh risk scan`` prints."""
    return {
        "id": case_id,
        "level": found.level.word,
        "categories": list(found.categories),
        "matches": [
            {
                "rule": match.rule,
                "category": CATEGORIES[match.category].name,
                "level": match.level.word,
                "start": match.start,
                "end": match.end,
                "text": match.text,
                "view": match.view,
            }
            for match in found.matches
        ],
    }


def scan_lines(lines: Iterable[str | bytes], ruleset: RuleSet) -> Iterator[dict[str, Any]]:
    """Yield one object a line: the assessment, or ``{"line", "error"}`` for a bad line.

    Blank lines are skipped but counted.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            case = read_case(number, line, ("id", "text"))
        except BadLine as error:
            yield {"line": error.number, "error": error.message}
            continue
        yield as_output(case["id"], assess(case["text"], ruleset))


@dataclass(slots=True)
class Score:
    """Counts of one class: found rightly, found wrongly, missed."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        """Share of what was found that is right; 0 when nothing was found."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 0.0

    @property
    def recall(self) -> float:
        """Share of what is there that was found; 0 when nothing is there."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        both = 2 * self.right + self.wrong + self.missed
        return 2 * self.right / both if both else 0.0


@dataclass(slots=True)
class Group:
    """Cases of one kind or language: urgent ones and green ones, and how they came out."""

    cases: int = 0
    urgent: int = 0
    seen: int = 0
    as_red: int = 0
    green: int = 0
    flagged: int = 0
    green_red: int = 0

    def count(self, true: Level, found: Level) -> None:
        """Add one case."""
        self.cases += 1
        if true >= Level.RED:
            self.urgent += 1
            self.seen += found >= Level.AMBER
            self.as_red += found >= Level.RED
        if true == Level.GREEN:
            self.green += 1
            self.flagged += found > Level.GREEN
            self.green_red += found >= Level.RED


@dataclass(slots=True)
class Report:
    """What ``evaluate`` counted."""

    total: Group = field(default_factory=Group)
    levels: dict[str, Score] = field(default_factory=dict)
    categories: dict[str, Score] = field(default_factory=dict)
    kinds: dict[str, Group] = field(default_factory=dict)
    languages: dict[str, Group] = field(default_factory=dict)
    misses: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def macro_f1(self) -> float:
        """Mean F1 of amber, red and crisis."""
        return sum(self.levels[level.word].f1 for level in LEVELS) / len(LEVELS)


def evaluate(lines: Iterable[str | bytes], ruleset: RuleSet) -> Report:
    """Return the counts over labelled cases, one JSON object a line.

    A case has id, text and level; categories, kind and lang are used when they are there.
    """
    report = Report(levels={level.word: Score() for level in Level})
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            case = read_case(number, line, ("id", "text", "level"))
            true = Level.parse(str(case["level"]))
        except BadLine as error:
            report.errors.append(str(error))
            continue
        except ValueError as error:
            report.errors.append(f"line {number}: {error}")
            continue
        _count(report, case, true, assess(case["text"], ruleset))
    return report


def _count(report: Report, case: dict[str, Any], true: Level, found: Assessment) -> None:
    report.total.count(true, found.level)
    report.kinds.setdefault(str(case.get("kind", "-")), Group()).count(true, found.level)
    report.languages.setdefault(str(case.get("lang", "-")), Group()).count(true, found.level)
    if true == found.level:
        report.levels[true.word].right += 1
    else:
        report.levels[true.word].missed += 1
        report.levels[found.level.word].wrong += 1
        report.misses.append(_describe(case, true, found))
    expected = {str(name) for name in case.get("categories", ())}
    for name in expected | set(found.categories):
        score = report.categories.setdefault(name, Score())
        if name in expected and name in found.categories:
            score.right += 1
        elif name in expected:
            score.missed += 1
        else:
            score.wrong += 1


def _describe(case: dict[str, Any], true: Level, found: Assessment) -> str:
    rules = ", ".join(
        f"{match.rule} ({match.level.word}: {match.text!r})" for match in found.matches
    )
    text = " ".join(case["text"].split())
    return f"{case['id']}  {true.word} -> {found.level.word}  {text}\n    {rules or 'no rule'}"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f} ({part}/{whole})" if whole else "-"


def render(report: Report, misses: bool = True) -> str:
    """Return the report as plain text."""
    total = report.total
    lines = [f"cases {total.cases}", "", "level        precision  recall  f1     cases"]
    for word, score in report.levels.items():
        lines.append(_row(word, score))
    lines += [
        f"macro-F1 (amber, red, crisis)            {report.macro_f1:.3f}",
        "",
        f"red or worse seen as amber or worse      {_share(total.seen, total.urgent)}",
        f"red or worse seen as red or worse        {_share(total.as_red, total.urgent)}",
        f"green flagged at all                     {_share(total.flagged, total.green)}",
        f"green flagged red or worse               {_share(total.green_red, total.green)}",
        "",
        "category            precision  recall  f1     cases",
    ]
    for word, score in sorted(report.categories.items()):
        lines.append(_row(word, score, 20))
    for title, groups in (("kind", report.kinds), ("lang", report.languages)):
        lines += ["", f"{title:<14}{'cases':<7}{'urgent seen':<18}{'as red':<18}green flagged"]
        for name, group in sorted(groups.items()):
            lines.append(
                f"{name:<14}{group.cases:<7}{_share(group.seen, group.urgent):<18}"
                f"{_share(group.as_red, group.urgent):<18}{_share(group.flagged, group.green)}"
            )
    if misses and report.misses:
        lines += ["", "misses (true -> found)", *report.misses]
    if report.errors:
        lines += ["", "bad lines", *report.errors]
    return "\n".join(lines)


def _row(word: str, score: Score, width: int = 13) -> str:
    cases = score.right + score.missed
    return f"{word:<{width}}{score.precision:<11.3f}{score.recall:<8.3f}{score.f1:<7.3f}{cases}"


def read_lexicon(source: str) -> Lexicon:
    """Return the starter lexicon for ``starter``, else the lexicon of a file or a folder.

    Raises ``OSError`` for a path that cannot be read and ``LexiconErrors`` for bad entries.
    """
    if source == "starter":
        return starter()
    path = Path(source)
    files = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
    return load_files({file.name: file.read_text(encoding="utf-8") for file in files})


def main() -> int:
    """Print the report for the file on the command line; return the exit status."""
    parser = argparse.ArgumentParser(description="Measure a rule set against labelled cases.")
    parser.add_argument("file")
    parser.add_argument("--rules", default="starter", help="starter, a file or a folder")
    parser.add_argument("--no-misses", action="store_true", help="print figures only")
    options = parser.parse_args()
    ruleset = compile_rules(read_lexicon(options.rules))
    with open(options.file, "rb") as lines:
        report = evaluate(lines, ruleset)
    sys.stdout.write(render(report, misses=not options.no_misses) + "\n")
    return 1 if report.errors else 0


if __name__ == "__main__":
    sys.exit(main())
