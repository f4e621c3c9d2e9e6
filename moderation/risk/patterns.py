r"""Read the pattern language of the rules.

::

    ingin mati            words and phrases, any blank between them
    (mau|pengen banget)   one of several      (banget)?   may be missing
    {want}                a named class       ~bunuh      all forms of a root
    sedih*                a prefix            ...3        up to three words between
    [obat & semua]        both close together, in any order
    /\d{4}/                RE2, alone, for what words cannot say

Nodes are told apart by identity: one that is met again is the same part of both patterns.
Every error names the column, counted from 1, and says what to write instead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import re2

from moderation.risk.normalise import clean, tokenise

LONGEST_PATTERN = 1_000
WIDEST_GAP = 6
DEEPEST = 6
# Two words of a window of six tokens have at most four between them.
WINDOW_GAP = 4


class PatternError(ValueError):
    """A pattern that cannot be read: ``column`` from 1 and a ``message`` saying what to write."""

    def __init__(self, column: int, message: str) -> None:
        super().__init__(f"column {column}: {message}")
        self.column = column
        self.message = message


@dataclass(frozen=True, slots=True, eq=False)
class Word:
    """One cleaned token."""

    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Prefix:
    """Any token that begins with ``text``."""

    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Root:
    """Any form of an Indonesian root."""

    text: str


@dataclass(frozen=True, slots=True, eq=False)
class ClassName:
    """Any entry of a named word class."""

    name: str
    column: int


@dataclass(frozen=True, slots=True, eq=False)
class Gap:
    """Up to ``most`` tokens that end no sentence or line."""

    most: int


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    """Parts one after the other."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """One of several words or sequences; ``optional`` when it may be missing."""

    words: tuple[str, ...]
    options: tuple[Sequence, ...]
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Regex:
    """An RE2 expression, run on the cleaned lower-case text."""

    source: str


Node = Word | Prefix | Root | ClassName | Gap | Sequence | Choice

# In a pattern that is no expression.
CLASS_NAME = re.compile(r"\{([^{}\s]*)\}")
_LEXEME = re.compile(
    r"(?P<blank>\s+)|(?P<words>\([a-z]+(?:[ |'-][a-z]+)*\))|\.\.\.(?P<gap>\d*)"
    r"|\{(?P<name>[^{}\s]*)\}|~(?P<root>[^\W\d_]+)|(?P<emoji><e:[a-z]+>)|(?P<sign>[()\[\]|&?])"
    r"|(?P<word>[^\s()\[\]{}|&?~<]+)|(?P<stray>.)",
    re.DOTALL,
)
# So many different patterns, phrases and words are remembered.
_REMEMBERED = 131_072


class _Lexeme(NamedTuple):
    kind: str
    text: str
    column: int


def _cut(pattern: str) -> list[_Lexeme]:
    lexemes = []
    for found in _LEXEME.finditer(pattern):
        kind = found.lastgroup or "stray"
        if kind == "blank":
            continue
        if kind == "stray":
            hint = {
                "{": "close the class name with “}”, as in {want}",
                "}": "remove “}” or open it with “{” before a class name",
                "~": "write a root of letters right after “~”, as in ~bunuh",
            }.get(found[0], f"remove “{found[0]}”")
            raise PatternError(found.start() + 1, hint)
        lexemes.append(_Lexeme(kind, found[kind], found.start() + 1))
    return lexemes


class _Reader:
    def __init__(self, pattern: str) -> None:
        self.lexemes = _cut(pattern)
        self.at = 0
        self.end = len(pattern) + 1

    def peek(self, sign: str) -> bool:
        if self.at >= len(self.lexemes):
            return False
        lexeme = self.lexemes[self.at]
        return lexeme.kind == "sign" and lexeme.text == sign

    def take(self, sign: str) -> bool:
        if self.peek(sign):
            self.at += 1
            return True
        return False

    def sequence(self, closers: str, depth: int) -> Sequence:
        parts: list[Node] = []
        start = self.lexemes[self.at].column if self.at < len(self.lexemes) else self.end
        while self.at < len(self.lexemes):
            lexeme = self.lexemes[self.at]
            if lexeme.kind == "sign" and lexeme.text in closers:
                break
            self.at += 1
            parts += self.part(lexeme, depth)
        if not parts:
            raise PatternError(start, "write a word here, nothing is left to look for")
        for edge in (parts[0], parts[-1]):
            if isinstance(edge, Gap):
                raise PatternError(start, "put a word before and after a gap such as ...3")
        sequence = Sequence(tuple(parts))
        if _may_be_empty(sequence):
            raise PatternError(start, "write at least one word that may not be missing")
        return sequence

    def part(self, lexeme: _Lexeme, depth: int) -> list[Node]:
        match lexeme.kind:
            case "gap":
                return [self.gap(lexeme)]
            case "name":
                return [self.repeatable(ClassName(_name(lexeme), lexeme.column))]
            case "root":
                return [self.repeatable(Root(_single(lexeme)))]
            case "emoji":
                return [self.repeatable(Word(lexeme.text))]
            case "word":
                return self.word(lexeme)
            case "words" if depth < DEEPEST:
                return [_choice(lexeme.text, self.take("?"))]
        if depth >= DEEPEST:
            raise PatternError(lexeme.column, f"use at most {DEEPEST} brackets inside each other")
        if lexeme.text == "(":
            choices = [self.sequence("|)", depth + 1)]
            while self.take("|"):
                choices.append(self.sequence("|)", depth + 1))
            if not self.take(")"):
                raise PatternError(lexeme.column, "close this bracket with “)”")
            return [_choose(choices, self.take("?"))]
        if lexeme.text == "[":
            return [self.together(lexeme, depth)]
        hints = {
            "?": "put what may be missing in brackets, as in (banget)?",
            "|": "put the choice in brackets, as in (mau|ingin)",
            "&": "put words that belong together in brackets, as in [obat & semua]",
        }
        raise PatternError(lexeme.column, hints.get(lexeme.text, f"remove “{lexeme.text}”"))

    def repeatable(self, node: Node) -> Node:
        return _choose([Sequence((node,))], True) if self.take("?") else node

    def gap(self, lexeme: _Lexeme) -> Gap:
        if not lexeme.text:
            raise PatternError(lexeme.column, "write how many words may stand between, as in ...3")
        most = int(lexeme.text[:4])
        if not 1 <= most <= WIDEST_GAP:
            raise PatternError(lexeme.column, f"write a gap of 1 to {WIDEST_GAP}, as in ...3")
        return Gap(most)

    def word(self, lexeme: _Lexeme) -> list[Node]:
        text = lexeme.text
        if "*" in text[:-1]:
            raise PatternError(
                lexeme.column + text.index("*"), "a star may only end a word, as in sedih*"
            )
        prefix = text.endswith("*")
        words = _phrase(text.rstrip("*")).parts
        if not words:
            raise PatternError(lexeme.column, f"“{text}” has no letters; write a word")
        last = words[-1]
        if prefix and isinstance(last, Word) and len(last.text) < 3:
            raise PatternError(lexeme.column, "write at least three letters before the star")
        if self.peek("?"):
            raise PatternError(lexeme.column + len(text), f"write ({text})? if it may be missing")
        if prefix and isinstance(last, Word):
            return [*words[:-1], Prefix(last.text)]
        return list(words)

    def together(self, lexeme: _Lexeme, depth: int) -> Choice:
        # Nested windows would multiply their orders, so their contents go to the deepest level.
        parts = [self.sequence("&]", DEEPEST - 1)]
        while self.take("&"):
            parts.append(self.sequence("&]", DEEPEST - 1))
        if not self.take("]"):
            raise PatternError(lexeme.column, "close this bracket with “]”")
        if len(parts) != 2:
            raise PatternError(lexeme.column, "write two parts joined by “&”, as in [obat & semua]")
        first, second = parts
        gap = Gap(WINDOW_GAP)
        return _choose(
            [
                Sequence((*first.parts, gap, *second.parts)),
                Sequence((*second.parts, gap, *first.parts)),
            ],
            self.take("?"),
        )


@lru_cache(maxsize=_REMEMBERED)
def _word(text: str) -> Word:
    return Word(text)


@lru_cache(maxsize=_REMEMBERED)
def _phrase(text: str) -> Sequence:
    """Return the words of plain ``text``; equal ones are one object."""
    tokens = tokenise(clean(text).text)
    return Sequence(tuple([_word(token.core.replace("'", "")) for token in tokens]))


@lru_cache(maxsize=_REMEMBERED)
def _choice(text: str, optional: bool) -> Choice:
    """Return the choice of plain words in brackets, such as ``(aku|saya)``."""
    options = text[1:-1].split("|")
    words = filter(str.isalpha, options)
    others = _choose([_phrase(option) for option in options if not option.isalpha()], optional)
    return Choice((*words, *others.words), others.options, optional)


def _choose(options: list[Sequence], optional: bool) -> Choice:
    """Return a choice, with the options that are one word apart from the others."""
    words = []
    others = []
    for option in options:
        first = option.parts[0]
        if len(option.parts) == 1 and isinstance(first, Word):
            words.append(first.text)
        else:
            others.append(option)
    return Choice(tuple(words), tuple(others), optional)


def _name(lexeme: _Lexeme) -> str:
    if not lexeme.text:
        raise PatternError(lexeme.column, "write a class name between the braces, as in {want}")
    return lexeme.text


def _single(lexeme: _Lexeme) -> str:
    words = [token.core for token in tokenise(clean(lexeme.text).text)]
    if len(words) != 1 or len(words[0]) < 3:
        raise PatternError(lexeme.column, "write a root of at least three letters, as in ~bunuh")
    return words[0]


def _may_be_empty(sequence: Sequence) -> bool:
    return all(isinstance(part, Choice) and part.optional for part in sequence.parts)


@lru_cache(maxsize=_REMEMBERED)
def parse_pattern(pattern: str) -> Sequence | Regex:
    """Return the pattern as a tree; raise ``PatternError`` when it cannot be read."""
    if len(pattern) > LONGEST_PATTERN:
        raise PatternError(LONGEST_PATTERN, f"keep a pattern under {LONGEST_PATTERN} characters")
    if not pattern.strip():
        raise PatternError(1, "write at least one word")
    if pattern.startswith("/"):
        return _parse_regex(pattern)
    return _Reader(pattern).sequence("", 0)


def forget_patterns() -> None:
    """Forget all patterns read so far. Reading a lexicon and compiling it reads each but once."""
    for remembering in (parse_pattern, _choice, _phrase, _word):
        remembering.cache_clear()


def _parse_regex(pattern: str) -> Regex:
    if len(pattern) < 3 or not pattern.endswith("/"):
        raise PatternError(len(pattern), "end the expression with “/” and put nothing after it")
    source = pattern[1:-1]
    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(source, options)
    except re2.error as error:
        reason = error.args[0] if error.args else "unknown"
        text = reason.decode() if isinstance(reason, bytes) else str(reason)
        raise PatternError(2, f"RE2 cannot read this expression ({text})") from None
    if compiled.search("") is not None:
        raise PatternError(2, "the expression matches empty text; make it need a letter")
    return Regex(source)
