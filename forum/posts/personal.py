"""Personal data in what somebody is about to publish: shown to them first, covered if they wish.

What is found is known to the rules; moderation lends them (`forum.app`). What the writer covers is
gone before anything is stored: one COVERED stands in its place, and the post keeps that this was
so, never the value (docs/decisions/0020-data-rights.md).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from forum.text import Span, clean, clean_line

COVER, KEEP = "cover", "keep"
# Nobody needs it to be understood, and it opens doors to a whole life.
NEVER_KEPT = frozenset({"pii-identity-number"})
AROUND = 30


class Place(NamedTuple):
    """One place that looks like personal data: code points of a clean text, and its rule."""

    start: int
    end: int
    kind: str


class Covered(NamedTuple):
    """What a writer covers for good, in the clean title and in the clean body."""

    title: tuple[Span, ...] = ()
    body: tuple[Span, ...] = ()


class Excerpt(NamedTuple):
    """A place with what stands around it, for its writer's eyes."""

    before: str
    words: str
    after: str
    kind: str


NOTHING = Covered()


@dataclass(frozen=True)
class Found:
    """What was found in a text, and what its writer said to it: COVER, KEEP or nothing yet."""

    title: str
    body: str
    in_title: tuple[Place, ...]
    in_body: tuple[Place, ...]
    answer: str
    in_danger: bool

    @property
    def kinds(self) -> frozenset[str]:
        """The rules that found something."""
        return frozenset(place.kind for place in (*self.in_title, *self.in_body))

    @property
    def may_stay(self) -> bool:
        """Whether the text may be published with all that was found."""
        return self.kinds.isdisjoint(NEVER_KEPT)

    @property
    def stays(self) -> bool:
        """Whether it is published as it is."""
        return self.answer == KEEP and self.may_stay

    @property
    def must_ask(self) -> bool:
        """Whether the writer is asked before anything is saved.

        Words of danger are never held up: they go on at once, with what was found covered.
        """
        return bool(self.kinds) and not (self.stays or self.answer == COVER or self.in_danger)

    @property
    def covered(self) -> Covered:
        """What is covered when the text is saved."""
        if self.stays:
            return NOTHING
        return Covered(
            tuple((place.start, place.end) for place in self.in_title),
            tuple((place.start, place.end) for place in self.in_body),
        )

    @property
    def unasked(self) -> bool:
        """Whether something was covered that the writer was not asked about."""
        return bool(self.kinds) and self.in_danger and self.answer not in (COVER, KEEP)

    @property
    def excerpts(self) -> list[Excerpt]:
        """Every place with a little of what stands around it."""
        parts = ((self.title, self.in_title), (self.body, self.in_body))
        return [_cut(text, place) for text, places in parts for place in places]


def look(
    title: str,
    body: str,
    answer: str,
    *,
    find: Callable[[str], list[Place]],
    is_in_danger: Callable[[str], bool],
) -> Found:
    """Return what a title (empty for a reply) and a body hold that could lead to a person.

    `find` and `is_in_danger` are what the rules know; danger is asked about only where something
    was found. Raises forum.text.TextTooLong.
    """
    title, body = clean_line(title), clean(body)
    in_title, in_body = tuple(find(title)), tuple(find(body))
    any_found = bool(in_title or in_body)
    in_danger = any_found and is_in_danger(f"{title}\n\n{body}".strip())
    return Found(title, body, in_title, in_body, answer, in_danger)


def _cut(text: str, place: Place) -> Excerpt:
    before = text[max(0, place.start - AROUND) : place.start]
    after = text[place.end : place.end + AROUND]
    return Excerpt(
        f"{'…' if place.start > AROUND else ''}{before}",
        text[place.start : place.end],
        f"{after}{'…' if place.end + AROUND < len(text) else ''}",
        place.kind,
    )
