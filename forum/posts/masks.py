"""Covered words: single places of a text that others do not read, while the rest stays.

A place counts code points of the whole text, which is what a scan reads. What pages show, the
stored HTML and the thread's title, is made without the covered words, so no page can leak them.
"""

import re
from collections.abc import Iterable

from forum.posts.models import Mask, Post
from forum.text import RENDERER_VERSION, Span, cover, render, render_marked

# Between title and body of an opening post.
GAP = "\n\n"


def whole_text(post: Post) -> str:
    """Return the body, under the title where the post opens a thread."""
    return f"{post.thread.typed_title}{GAP}{post.body}" if post.is_opening else post.body


def places_of(words: str, text: str) -> list[Span]:
    """Return where the words stand, in capitals or not, however they are spaced."""
    parts = words.split()
    if not parts:
        return []
    pattern = r"\s+".join(re.escape(part) for part in parts)
    return [found.span() for found in re.finditer(pattern, text, re.IGNORECASE)]


def quoted_places_of(words: str, text: str) -> list[Span]:
    """Return where the words stand in lines that quote someone."""
    lines = [found.span() for found in re.finditer(r"(?m)^[ \t]*>.*$", text)]
    return [
        (start, end)
        for start, end in places_of(words, text)
        if any(first <= start < last for first, last in lines)
    ]


def add_masks(post: Post, spans: Iterable[Span], reason: str) -> list[Mask]:
    """Return the post's masks with these places added; what is covered already is left out."""
    masks = list(post.masks)
    for start, end in spans:
        if not any(mask["start"] <= start and end <= mask["end"] for mask in masks):
            masks.append(Mask(start=start, end=end, reason=reason))
    return masks


def set_masks(post: Post, masks: list[Mask]) -> None:
    """Cover these places of the present text and no others."""
    post.masks = sorted(masks, key=lambda mask: (mask["start"], mask["end"]))
    post.body_html = render(cover(post.body, _in_body(post)))
    post.renderer_version = RENDERER_VERSION
    if post.is_opening:
        title = post.thread.typed_title
        post.thread.title = cover(title, _cut_out(post, 0, len(title)))


def covered_words(post: Post) -> list[tuple[str, str]]:
    """Return what is covered, with the reason of each place; for its author and for staff."""
    text = whole_text(post)
    return [(text[mask["start"] : mask["end"]], mask["reason"]) for mask in post.masks]


def masks_for(text: str, covered: Iterable[tuple[str, str]]) -> list[Mask]:
    """Return masks for the same words wherever a new text still has them."""
    masks: list[Mask] = []
    for words, reason in covered:
        for start, end in places_of(words, text):
            masks.append(Mask(start=start, end=end, reason=reason))
    return masks


def marked_html(post: Post) -> str:
    """Return the author's own view of the body: every word, with the covered ones marked."""
    return render_marked(post.body, _in_body(post))


def _in_body(post: Post) -> list[Span]:
    begin = len(whole_text(post)) - len(post.body)
    return _cut_out(post, begin, begin + len(post.body))


def _cut_out(post: Post, begin: int, end: int) -> list[Span]:
    """Return the part of each covered place that lies between two points, counted from there."""
    return [
        (max(mask["start"], begin) - begin, min(mask["end"], end) - begin)
        for mask in post.masks
        if mask["start"] < end and begin < mask["end"]
    ]
