"""Member text: made clean on the way in, turned into safe HTML once, when it is written.

The only module that knows the sanitiser. bleach is at its end of life, so it is fed nothing
but HTML that we made ourselves, with nine tags and no attributes; the tests hold its output
against nh3 (docs/decisions/0002-bleach.md).
"""

import re
import unicodedata
from collections.abc import Iterable

import bleach
from markdown_it import MarkdownIt

MAX_BODY = 10_000
MAX_TITLE = 120
# Past this many times the limit a text is not even normalised: it can't become short enough.
HOPELESS = 4
MAX_MARKS = 4
TAGS = frozenset({"p", "br", "em", "strong", "s", "ul", "ol", "li", "blockquote"})
RENDERER_VERSION = 1

# What stands for covered words, and what opens and closes them for their writer. Unicode keeps
# these for programs: `clean` drops them and Markdown's entities can't make them, so nobody can
# type them, and a page that forgets to say them shows an empty box and never the words.
COVERED, OPENED, CLOSED = "\ufdd0", "\ufdd1", "\ufdd2"
# The name of who has left: pages say it in the reader's language.
LEFT = "\ufdd3"

Span = tuple[int, int]

_markdown = MarkdownIt("zero", {"html": False, "linkify": False, "breaks": True}).enable(
    ["emphasis", "strikethrough", "list", "blockquote", "newline", "entity", "escape"]
)
_cleaner = bleach.Cleaner(
    tags=TAGS, attributes={}, protocols=frozenset(), strip=True, strip_comments=True
)
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_PLAIN = re.compile(r"[\n -~]*\Z")
# What begins a quote or a list, and means nothing once a mark stands before it.
_LINE_START = re.compile(r"[ \t]*(?:(?:>|[-*+](?=\s)|\d{1,9}[.)](?=\s))[ \t]*)*")
_TAG = re.compile(r"(<[^>]*>)")


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


def join_spans(spans: Iterable[Span]) -> list[Span]:
    """Return the same places in order, those that touch made one. Empty ones are left out."""
    joined: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def cover(text: str, spans: Iterable[Span]) -> str:
    """Return the text with one COVERED in the place of each span, however long it was.

    Spans count code points of `text`. The words are gone before anything is rendered, so no
    markup around or inside them can bring them back.
    """
    pieces, at = [], 0
    for start, end in join_spans(spans):
        pieces += [text[at:start], COVERED]
        at = end
    return "".join([*pieces, text[at:]])


def render_marked(text: str, spans: Iterable[Span]) -> str:
    """Return safe HTML of the whole text, with `<mark>` around what is covered for others.

    Each piece of text between two tags is marked by itself, so marks always nest.
    """
    pieces, at = [], 0
    for start, end in join_spans(spans):
        begin = _after_line_start(text, start, end)
        pieces += [text[at:begin], OPENED, text[begin:end], CLOSED]
        at = end
    inside, html = False, []
    for part in _TAG.split(render("".join([*pieces, text[at:]]))):
        if part.startswith("<"):
            html.append(part)
            continue
        for piece in re.split(f"([{OPENED}{CLOSED}])", part):
            if piece in (OPENED, CLOSED):
                inside = piece == OPENED
            else:
                html.append(f"<mark>{piece}</mark>" if inside and piece.strip() else piece)
    return "".join(html)


def _after_line_start(text: str, start: int, end: int) -> int:
    if start and text[start - 1] != "\n":
        return start
    found = _LINE_START.match(text, start)
    return min(found.end(), end) if found else start


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
