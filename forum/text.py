"""Member text: made clean on the way in, turned into safe HTML once, when it is written.

The only module that knows the sanitiser. bleach is at its end of life, so it is fed nothing
but HTML that we made ourselves, with nine tags and no attributes; the tests hold its output
against nh3 (docs/decisions/0002-bleach.md).
"""

import re
import unicodedata

import bleach
from markdown_it import MarkdownIt

MAX_BODY = 10_000
MAX_TITLE = 120
# Past this many times the limit a text is not even normalised: it can't become short enough.
HOPELESS = 4
MAX_MARKS = 4
TAGS = frozenset({"p", "br", "em", "strong", "s", "ul", "ol", "li", "blockquote"})
RENDERER_VERSION = 1

_markdown = MarkdownIt("zero", {"html": False, "linkify": False, "breaks": True}).enable(
    ["emphasis", "strikethrough", "list", "blockquote", "newline", "entity", "escape"]
)
_cleaner = bleach.Cleaner(
    tags=TAGS, attributes={}, protocols=frozenset(), strip=True, strip_comments=True
)
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_PLAIN = re.compile(r"[\n -~]*\Z")


class TextTooLong(Exception):
    """The text has more characters than the limit. `length` and `limit` count characters."""

    def __init__(self, length: int, limit: int) -> None:
        super().__init__(f"{length} characters, {limit} allowed")
        self.length = length
        self.limit = limit


def clean(raw: str, limit: int = MAX_BODY) -> str:
    """Return the text as it is stored: NFC, plain line ends, nothing invisible.

    Drops control, direction and zero-width characters, which can carry a watermark or hide a
    word, and more than four marks on one letter. Raises TextTooLong above `limit` characters.
    """
    text = raw.replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > limit * HOPELESS:
        raise TextTooLong(len(text), limit)
    if not _PLAIN.match(text):
        text = unicodedata.normalize("NFC", _drop_invisible(text))
    text = re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE).strip()
    text = re.sub(r"\n{3,}", "\n\n", text)
    if len(text) > limit:
        raise TextTooLong(len(text), limit)
    return text


def clean_line(raw: str, limit: int = MAX_TITLE) -> str:
    """Return a one-line text, such as a title, with every run of white space as one space."""
    return " ".join(clean(raw, limit).split())


def render(text: str) -> str:
    """Return safe HTML of Markdown-lite: emphasis, lists, quotes, line breaks, nothing else."""
    return _cleaner.clean(_markdown.render(text))


def _drop_invisible(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for char in text:
        kind = unicodedata.category(char)
        if kind in ("Mn", "Me"):
            marks += 1
            if marks > MAX_MARKS:
                continue
        else:
            marks = 0
        # A joiner inside an emoji is part of the picture that the writer chose.
        joins = char == "\u200d" and kept and _is_picture(kept[-1])
        if kind in _INVISIBLE and char not in "\n\t" and not joins:
            continue
        kept.append("\n" if kind in ("Zl", "Zp") else char)
    return "".join(kept)


def _is_picture(char: str) -> bool:
    return char == "\ufe0f" or unicodedata.category(char) in ("So", "Sk")
