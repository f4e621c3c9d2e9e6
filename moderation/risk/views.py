"""The views a token or a match is seen in, from the plainest to the boldest.

A view is a guess about what the writer meant. Several are kept side by side and the plainest one
that matches is reported. The bold ones (``STRONG_ONLY``) guess so much that only rules of level
red or crisis listen to them (``risk-lexicon.md`` section 3, steps 3d, 3e and 3g).
"""

from __future__ import annotations

RAW = "raw"
AFFIX = "affix"
CLEAN = "clean"
NORM = "norm"
SQUASH = "squash"
REPEAT = "repeat"
LEET = "leet"
JOIN = "join"
SPLIT = "split"
CRUMBS = "crumbs"
MASK = "mask"
GLUED = "glued"

ORDER = (RAW, AFFIX, CLEAN, NORM, SQUASH, REPEAT, LEET, JOIN, SPLIT, CRUMBS, MASK, GLUED)
RANK = {view: rank for rank, view in enumerate(ORDER)}
STRONG_ONLY = frozenset({CRUMBS, MASK, GLUED})

# How a moderator is told; each completes "matched `word` ...".
REASONS = {
    RAW: "as written",
    AFFIX: "as a form of a root",
    CLEAN: "after reading look-alike and invisible characters",
    NORM: "after writing out short forms",
    SQUASH: "after shortening stretched letters",
    REPEAT: "after reading 2 as a repetition",
    LEET: "after reading digits and signs as letters",
    JOIN: "after joining spaced letters",
    SPLIT: "after splitting words written together",
    CRUMBS: "after joining pieces of a word",
    MASK: "after filling in masked letters",
    GLUED: "after parting words written without blanks",
}


def boldest(views: list[str]) -> str:
    """Return the view that guesses most; a match is only as plain as its boldest token."""
    return max(views, key=RANK.__getitem__, default=RAW)
