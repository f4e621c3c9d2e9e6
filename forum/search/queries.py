"""What somebody finds. Three statements at most, however much there is."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, not_, or_, select, union
from sqlalchemy.orm import contains_eager, joinedload

from forum.accounts.models import Alias, Member
from forum.accounts.names import fold_name
from forum.blocks.queries import is_muted_for
from forum.extensions import db
from forum.posts.models import Post, Thread, Visibility
from forum.posts.queries import readable_by
from forum.rooms.models import ContentWarning, Room
from forum.search.full_text import words_match
from forum.search.indexing import is_open, plain_text
from forum.search.models import SearchEntry
from forum.search.words import asked_words, places_of_words

RESULTS_PER_PAGE = 10
# The newest matches that a search looks at; what is older wants a narrower question.
MATCHES = 500
BEFORE, AFTER = 60, 140

Piece = tuple[str, bool]


@dataclass(frozen=True)
class Result:
    """One post that was found. `title` is empty where it must not be shown, the excerpt too.

    The excerpt is pieces of text, each with whether it is a word that was asked for.
    """

    post: Post
    title: str
    excerpt: list[Piece]


@dataclass(frozen=True)
class Results:
    """One page of results. `number` counts from 1."""

    items: list[Result]
    number: int
    has_next: bool


def search(viewer: Member, asked: str, number: int = 1) -> Results:
    """Return posts that hold all words asked for, or were written under that name; newest first.

    A member finds what they may read in listed rooms, without held, hidden, covered and warned
    words. Staff find posts in every state, by what is not covered, and are shown no words of them.
    """
    wanted = asked_words(asked)
    if not wanted:
        return Results([], number, has_next=False)
    candidates = _candidates(viewer, wanted, fold_name(asked))
    rows = list(
        db.session.scalars(
            select(Post)
            .join(Post.thread)
            .join(Thread.room)
            .options(
                contains_eager(Post.thread).contains_eager(Thread.room),
                joinedload(Post.author),
                joinedload(Post.alias),
            )
            .where(
                Post.id.in_(candidates),
                readable_by(viewer),
                Post.thread_id.in_(_reachable_threads(viewer, candidates)),
                *_only_for_members(viewer),
            )
            .order_by(Post.id.desc())
            .offset((number - 1) * RESULTS_PER_PAGE)
            .limit(RESULTS_PER_PAGE + 1)
        )
    )
    shown = rows[:RESULTS_PER_PAGE]
    titled = _threads_with_open_titles(shown)
    items = [
        Result(
            post,
            post.thread.title if post.thread_id in titled else "",
            excerpt_of(post, wanted) if is_open(post) else [],
        )
        for post in shown
    ]
    return Results(items, number, len(rows) > RESULTS_PER_PAGE)


def excerpt_of(post: Post, wanted: Iterable[str]) -> list[Piece]:
    """Return the part of a post around the first word asked for, as others read it."""
    text, stems = plain_text(post), set(wanted)
    places = [
        (start, end) for start, end, found in places_of_words(text) if stems.intersection(found)
    ]
    first = places[0][0] if places else 0
    begin = 0 if first <= BEFORE else text.find(" ", first - BEFORE) + 1
    end = len(text) if len(text) - first <= AFTER else text.rfind(" ", first, first + AFTER)
    end = max(end, first + 1)
    pieces: list[Piece] = [("… ", False)] if begin else []
    at = begin
    for start, stop in places:
        if begin <= start and stop <= end:
            pieces += [(text[at:start], False), (text[start:stop], True)]
            at = stop
    pieces.append((text[at:end], False))
    return [*pieces, (" …", False)] if end < len(text) else pieces


def _candidates(viewer: Member, wanted: list[str], name: str) -> Select[tuple[int]]:
    by_words = select(SearchEntry.post_id).where(
        # No quotes can be in a word, so these are no one's syntax.
        words_match(SearchEntry.post_id, SearchEntry.words, " ".join(f'"{w}"' for w in wanted))
    )
    # A name is found as it stands beside the posts of a room, and under no other of its owner.
    by_pseudonym = (
        select(Post.id)
        .join(Member, Member.id == Post.author_id)
        .outerjoin(Alias, Alias.id == Post.alias_id)
        .where(Member.folded_name == name, Alias.name.is_(None))
    )
    by_alias = (
        select(Post.id)
        .join(Alias, Alias.id == Post.alias_id)
        .where(Post.author_id == Alias.member_id, Alias.folded_name == name)
    )
    found = union(by_words, by_pseudonym, by_alias).subquery()
    entries = select(SearchEntry.post_id).join(found, found.c[0] == SearchEntry.post_id)
    if not viewer.is_staff:
        entries = entries.where(SearchEntry.is_open)
    newest = entries.order_by(SearchEntry.post_id.desc()).limit(MATCHES).subquery()
    return select(newest.c.post_id)


def _only_for_members(viewer: Member) -> list[ColumnElement[bool]]:
    """Return what the posts themselves must be, should the index ever be behind them."""
    if viewer.is_staff:
        return []
    return [
        Post.visibility == Visibility.VISIBLE,
        Post.scanned_version >= Post.version,
        Post.warning == ContentWarning.NONE,
        Room.is_listed,
        not_(is_muted_for(viewer.id)),
        # What stands below a topic that they leave out of lists is not warned of itself.
        or_(Thread.warning.not_in(viewer.left_out), Post.author_id == viewer.id),
    ]


def _reachable_threads(viewer: Member, candidates: Select[tuple[int]]) -> Select[tuple[int]]:
    """Return the threads of candidates whose page opens to the viewer."""
    asked = select(Post.thread_id).where(Post.id.in_(candidates)).correlate(None)
    return (
        select(Post.thread_id)
        .join(Post.thread)
        .join(Thread.room)
        .where(
            Post.is_opening,
            Post.thread_id.in_(asked),
            or_(readable_by(viewer), Post.visibility == Visibility.DELETED),
        )
        .correlate(None)
    )


def _threads_with_open_titles(posts: list[Post]) -> set[int]:
    """Return the threads whose title everyone may read: neither held nor hidden nor warned of."""
    ids = {post.thread_id for post in posts if post.thread.warning is ContentWarning.NONE}
    if not ids:
        return set()
    return set(
        db.session.scalars(
            select(Post.thread_id).where(
                Post.thread_id.in_(ids),
                Post.is_opening,
                Post.visibility == Visibility.VISIBLE,
                Post.scanned_version >= Post.version,
                Post.warning == ContentWarning.NONE,
            )
        )
    )
