"""Clean a text and cut it into tokens, without losing where each letter came from.

Cleaning always runs (``risk-lexicon.md`` section 3, steps 1 and 2): compatibility decomposition,
look-alike letters, lower case, invisible characters and combining marks away, curly apostrophes
straight. It keeps one number per cleaned character, its offset in the original, so that a later
match marks what the person really wrote. Plain ASCII needs none of this and takes a fast path.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from moderation.risk.confusables import CONFUSABLES

# How two neighbouring tokens are parted. A phrase reaches over PLAIN and LINE, a gap over PLAIN
# and COMMA, nothing reaches over END.
PLAIN, LINE, COMMA, END = range(4)

# Emoji that are a weak sign (section 4.16), as the token a pattern writes. Others are ignored.
EMOJI = {
    "\U0001f52a": "<e:knife>",
    "\U0001f5e1": "<e:knife>",
    "\U0001f48a": "<e:pill>",
    "\U0001fa78": "<e:blood>",
    "\u26b0": "<e:coffin>",
    "\U0001f480": "<e:skull>",
    "\U0001faa2": "<e:knot>",
    "\U0001f494": "<e:heartbreak>",
    "\U0001f622": "<e:cry>",
    "\U0001f62d": "<e:cry>",
    "\U0001f940": "<e:wilted>",
    "\U0001f54a": "<e:dove>",
    "\U0001f3b5": "<e:music>",
    "\U0001f3b6": "<e:music>",
}

MOST_PARTS = 4

_STRAIGHT = dict.fromkeys("\u2018\u2019\u201b\u02bc\u02bb\u2032\u00b4\uff07\u02b9", "'")
_STRAIGHT |= dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\u300c\u300d", '"')
_STRAIGHT |= dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043", "-")
_STRAIGHT |= dict.fromkeys("\u2022\u25cf\u2219\u00b7\u30fb\u204e\u2217\u2731\u25cb\u25e6", "*")
_STRAIGHT |= {"\u3002": ".", "\u2024": ".", "\u2028": "\n", "\u2029": "\n", "\x85": "\n"}
# Letters and blanks that draw nothing, though Unicode files them elsewhere.
_STRAIGHT |= dict.fromkeys("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5", "")

_FOREIGN = re.compile(r"[^\x09-\x0d\x20-\x7e]+")
_WORD = r"[^\W_]"
_TOKEN = re.compile(
    rf"(?P<lead>[@$!|*]*)(?P<core>{_WORD}+(?:[@$!|*#']+{_WORD}+)*)(?P<tail>[@$|*!']*)"
    rf"|(?P<emoji>[{''.join(EMOJI)}])"
)
_STOP = re.compile(r"[.?!]")
_DOTS = re.compile(r"[^?!.]*(?:\.{2,}[^?!.]*)+")


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A cleaned ``text``; ``origin[i]`` is where its character i stood in ``original``.

    ``origin`` is None when nothing moved.
    """

    original: str
    text: str
    origin: Sequence[int] | None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the offsets in the original of the cleaned characters ``start`` to ``end``.

        Marks that sit on the last letter belong to it; invisible characters after it do not.
        """
        if self.origin is None:
            return start, end
        last = self.origin[end - 1] + 1
        original = self.original
        while last < len(original) and unicodedata.category(original[last]) in ("Mn", "Me"):
            last += 1
        return self.origin[start], last


class Token(NamedTuple):
    """A word of the cleaned text: its core at ``start:end`` and the signs that touch it."""

    start: int
    end: int
    core: str
    lead: str = ""
    tail: str = ""


@lru_cache(maxsize=16_384)
def fold(char: str) -> str:
    """Return what one character outside plain ASCII is read as: letters, a blank or nothing."""
    known = CONFUSABLES.get(char, _STRAIGHT.get(char))
    if known is not None:
        return known
    if char in EMOJI:
        return char
    out = []
    parts = unicodedata.normalize("NFKD", char)
    # A few Arabic and Japanese signs stand for whole phrases; they hide no word of ours.
    for part in parts if len(parts) <= MOST_PARTS else char:
        if part in CONFUSABLES or part in _STRAIGHT:
            out.append(CONFUSABLES.get(part) or _STRAIGHT[part])
            continue
        category = unicodedata.category(part)
        if category in ("Mn", "Me", "Cf", "Cc"):
            continue
        if category == "Cs":
            out.append("\ufffd")
        elif category == "Zs":
            out.append(" ")
        else:
            out += [CONFUSABLES.get(letter, letter) for letter in part.casefold()]
    return "".join(out)


def clean(text: str) -> Cleaned:
    """Return ``text`` cleaned, with the way back to the original."""
    if _FOREIGN.search(text) is None:
        return Cleaned(text, text.lower(), None)
    pieces: list[str] = []
    origin = array("l")
    done = 0
    for run in _FOREIGN.finditer(text):
        start, end = run.span()
        pieces.append(text[done:start].lower())
        origin.extend(range(done, start))
        for index in range(start, end):
            folded = fold(text[index])
            if folded:
                pieces.append(folded)
                origin.extend([index] * len(folded))
        done = end
    pieces.append(text[done:].lower())
    origin.extend(range(done, len(text)))
    return Cleaned(text, "".join(pieces), origin)


def tokenise(text: str) -> list[Token]:
    """Cut a cleaned text into tokens, in order."""
    tokens = []
    for found in _TOKEN.finditer(text):
        lead, core, tail, emoji = found.groups()
        start, end = found.span()
        if emoji:
            tokens.append(Token(start, end, EMOJI[emoji]))
        elif lead or tail:
            tokens.append(Token(start + len(lead), end - len(tail), core, lead, tail))
        else:
            tokens.append(Token(start, end, core))
    return tokens


@lru_cache(maxsize=4_096)
def _classify(between: str) -> int:
    if _STOP.search(between) and between != "." and not _DOTS.fullmatch(between):
        return END
    lines = between.count("\n")
    if lines:
        return LINE if lines == 1 else END
    return COMMA if any(sign in between for sign in ",;:()") else PLAIN


def classify(between: str) -> int:
    """Return how the text between two tokens parts them: PLAIN, LINE, COMMA or END.

    A single dot without a blank ("bunuh.diri") and an ellipsis do not end a sentence.
    """
    if between == " ":
        return PLAIN
    return _classify(between) if len(between) <= 16 else _classify(_shorten(between))


def _shorten(between: str) -> str:
    kept = [sign for sign in ("?", "!", ",", ";", ":", "(") if sign in between]
    if between.count("\n") > 1:
        kept.append("\n\n")
    elif "\n" in between:
        kept.append("\n")
    if "." in between:
        kept.append(".." if ".." in between else ". ")
    return "".join(kept)
