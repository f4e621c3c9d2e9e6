"""How a post shows itself to one reader, and its HTML, made once for all who see it alike.

The HTML is made from a face and nothing else, so two readers with equal faces see equal words,
and whatever differs between two readers is part of the face.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import current_app
from jinja2.filters import do_truncate
from markupsafe import Markup
from werkzeug.local import LocalProxy

from forum.accounts.models import Member
from forum.posts.masks import covered_words, marked_html
from forum.posts.models import Post, Visibility
from forum.reactions.models import ReactionKind
from forum.reactions.queries import Signs
from forum.rooms.models import ContentWarning, Showing, Tag
from forum.web.language import current_language
from forum.web.pages import rough_time, warning_name

QUOTED_CHARACTERS = 160
# Some 3 KB each, the words included: 6 MB a process at most.
FACES = 2_000


@dataclass(frozen=True)
class Quote:
    """A few words of the post that an answer is about, for one reader."""

    post_id: str
    name: str
    fold: str
    warning: str
    words: str


@dataclass(frozen=True)
class Face:
    """All that a reader sees of a post. Texts are in `language`; ids are public ones.

    `fold` is "muted", "warning" or nothing; `others` and `own` are the signs that came to it.
    """

    language: str
    post_id: str
    thread_id: str
    state: str
    name: str
    age: str
    words: str
    is_mine: bool
    is_volunteer: bool
    is_starter: bool
    is_edited: bool
    is_scanned: bool
    is_self_covered: bool
    for_staff: bool
    fold: str
    warning: str
    tags: tuple[str, ...]
    covered: tuple[tuple[str, str], ...]
    has_masks: bool
    quote: Quote | None
    shows_signs: bool
    others: tuple[str, ...]
    own: tuple[str, ...]
    may_react: bool
    may_answer: bool
    may_block: bool
    small_card: bool
    page: int


def quote_of(post: Post, viewer: Any, *, muted: bool) -> Quote:
    """Return a quote. What is folded stays folded, what is covered stays covered."""
    fold, warning = _fold(post, viewer, muted=muted, is_mine=False)
    words = "" if fold else Markup(post.body_html).striptags()  # noqa: S704 (of forum.text)
    return Quote(
        post_id=post.public_id,
        name=post.author_name,
        fold=fold,
        warning=warning,
        words=do_truncate(current_app.jinja_env, words, QUOTED_CHARACTERS),
    )


def show(
    post: Post,
    viewer: Any,
    *,
    muted: bool = False,
    small_card: bool = False,
    signs: Signs | None = None,
    quote: Quote | None = None,
    tags: Iterable[Tag] = (),
    may_answer: bool = False,
    page: int = 1,
) -> Markup:
    """Return the HTML of a post for a reader.

    `viewer` is who asks, a member or a visitor; `muted` folds a name that they would rather not
    read; `small_card` puts the line of help below it; `signs` are the reactions, where they are
    shown; `page` is the number of the thread's page that it stands on.
    """
    if isinstance(viewer, LocalProxy):
        # Each look through the proxy would look for the request again.
        viewer = viewer._get_current_object()  # noqa: SLF001 (Werkzeug documents it)
    knows = viewer.is_authenticated
    is_mine = knows and viewer.id == post.author_id
    is_muted = muted and not post.as_volunteer
    fold, warning = _fold(post, viewer, muted=is_muted, is_mine=is_mine)
    language = current_language()
    face = Face(
        language=language,
        post_id=post.public_id,
        thread_id=post.thread.public_id,
        state=post.visibility.value,
        name=post.author_name,
        age=rough_time(post.created_at),
        words=marked_html(post) if is_mine and post.masks else post.body_html,
        is_mine=is_mine,
        is_volunteer=post.as_volunteer,
        is_starter=_is_starter(post),
        is_edited=post.version > 1,
        is_scanned=post.is_scanned,
        is_self_covered=post.is_self_covered,
        for_staff=viewer.is_staff,
        fold=fold,
        warning=warning,
        tags=tuple(tag[language] for tag in tags),
        covered=tuple(covered_words(post)) if is_mine and post.masks else (),
        has_masks=bool(post.masks),
        quote=quote,
        shows_signs=signs is not None and not muted,
        others=_in_order(signs.others) if signs else (),
        own=_in_order(signs.mine) if signs else (),
        may_react=knows and post.visibility is Visibility.VISIBLE and not viewer.is_paused,
        may_answer=may_answer and not muted,
        may_block=knows and not viewer.is_staff and not post.as_volunteer and not muted,
        small_card=small_card,
        page=page,
    )
    # What one person alone sees is of no use to another.
    return _draw(face) if is_mine or viewer.is_staff else _keep(face)


def _is_starter(post: Post) -> bool:
    """Return whether an answer is by who began the thread; of two who left nobody can tell."""
    is_same = post.author_id == post.thread.author_id and not post.author.has_left
    return is_same and not post.is_opening


def _fold(post: Post, viewer: Member | Any, *, muted: bool, is_mine: bool) -> tuple[str, str]:
    """Return why a post's words are folded, and what its content warning says."""
    warning = "" if post.warning is ContentWarning.NONE else warning_name(post.warning)
    if muted:
        return "muted", warning
    opens = viewer.is_authenticated and viewer.showing_of(post.warning) is Showing.OPEN
    return "warning" if warning and not is_mine and not opens else "", warning


def _in_order(kinds: set[ReactionKind]) -> tuple[str, ...]:
    return tuple(kind.value for kind in ReactionKind if kind in kinds)


def _draw(face: Face) -> Markup:
    macros = current_app.jinja_env.get_template("macros/posts.html").module
    return Markup(macros.post(face, tuple(ReactionKind)))  # type: ignore[attr-defined]  # noqa: S704 (a template's)


_keep = lru_cache(maxsize=FACES)(_draw)
