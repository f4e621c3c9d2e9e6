"""The lessons and practice cases that Teduh brings along, in both languages.

Their words are in `lessons/`: a text for each language as Markdown, and the questions as YAML.
All posts in practice cases are invented.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from zlib import crc32

import yaml
from markdown_it import MarkdownIt
from markupsafe import Markup

from moderation.risk.levels import Level
from moderation.training.models import Module

LANGUAGES = ("id", "en")
# Every module but the practice cases is a lesson with a test.
LESSON_MODULES = tuple(module for module in Module if module is not Module.PRACTICE)

_markdown = MarkdownIt("zero", {"html": False}).enable(
    ["heading", "emphasis", "list", "blockquote"]
)


@dataclass(frozen=True)
class Said:
    """A text in both languages."""

    id: str
    en: str

    def text(self, language: str) -> str:
        """Return the text in "id" or "en"."""
        return self.en if language == "en" else self.id


@dataclass(frozen=True)
class Choice:
    """One answer to choose: whether it is right, and why or why not."""

    key: str
    words: Said
    why: Said
    is_right: bool


@dataclass(frozen=True)
class Question:
    """A situation with some answers, of which one or more are right."""

    key: str
    words: Said
    choices: Sequence[Choice]

    def choice(self, key: str) -> Choice | None:
        """Return the answer with this key."""
        return next((choice for choice in self.choices if choice.key == key), None)


@dataclass(frozen=True)
class Source:
    """Where a fact of a lesson comes from."""

    what: str
    where: str


@dataclass(frozen=True)
class Lesson:
    """One module: a text to read, and questions."""

    module: Module
    title: Said
    minutes: int
    body: Said
    questions: Sequence[Question]
    sources: Sequence[Source]
    needs_review: Sequence[str]

    def html(self, language: str) -> Markup:
        """Return the text as HTML, in "id" or "en"."""
        # Ours and not a member's; HTML in it is off all the same.
        return Markup(_markdown.render(self.body.text(language)))  # noqa: S704


@dataclass(frozen=True)
class PracticeCase:
    """An invented post: which level it has and why, which first words and which step fit."""

    key: str
    post: Said
    level: Level
    why_level: Said
    reply: Question
    step: Question


@dataclass(frozen=True)
class Practice:
    """All practice cases, and who must still look at them."""

    cases: Sequence[PracticeCase]
    needs_review: Sequence[str]


@cache
def lessons() -> tuple[Lesson, ...]:
    """Return all lessons, in their order."""
    return tuple(_lesson(module) for module in LESSON_MODULES)


def find_lesson(name: str) -> Lesson | None:
    """Return the lesson of a module's name."""
    return next((lesson for lesson in lessons() if lesson.module.value == name), None)


@cache
def practice() -> Practice:
    """Return the practice cases, in their order."""
    loaded = yaml.safe_load(_read("practice.yaml"))
    return Practice(
        tuple(
            PracticeCase(
                key=entry["key"],
                post=_said(entry, "post"),
                level=Level.parse(entry["level"]),
                why_level=_said(entry, "why_level"),
                reply=_question("reply", entry["replies"]),
                step=_question("step", entry["steps"]),
            )
            for entry in loaded["cases"]
        ),
        tuple(loaded["needs_review"]),
    )


def find_practice(key: str) -> PracticeCase | None:
    """Return the practice case with this key."""
    return next((case for case in practice().cases if case.key == key), None)


def _lesson(module: Module) -> Lesson:
    name = module.value
    loaded = yaml.safe_load(_read(f"{name}.yaml"))
    return Lesson(
        module=module,
        title=_said(loaded, "title"),
        minutes=loaded["minutes"],
        body=Said(*(_read(f"{name}.{language}.md") for language in LANGUAGES)),
        questions=tuple(
            _question(f"q{number}", entry["answers"], _said(entry, "ask"))
            for number, entry in enumerate(loaded["questions"], 1)
        ),
        sources=tuple(Source(entry["what"], entry["where"]) for entry in loaded["sources"]),
        needs_review=tuple(loaded["needs_review"]),
    )


def _question(key: str, answers: list[dict[str, Any]], words: Said | None = None) -> Question:
    choices = [
        Choice(f"{key}-{number}", _said(answer, ""), _said(answer, "why"), answer["right"])
        for number, answer in enumerate(answers, 1)
    ]
    # In an order that has nothing to do with which one is right.
    choices.sort(key=lambda choice: crc32(choice.words.en.encode()))
    return Question(key, words or Said("", ""), tuple(choices))


def _said(entry: dict[str, Any], field: str) -> Said:
    """Return a field that stands in the file as `field_id` and `field_en`, or `id` and `en`."""
    prefix = f"{field}_" if field else ""
    return Said(*(" ".join(entry[prefix + language].split()) for language in LANGUAGES))


def _read(name: str) -> str:
    return files("moderation.training").joinpath("lessons", name).read_text("utf-8")
