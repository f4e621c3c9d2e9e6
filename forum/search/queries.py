"""What somebody finds. Six statements at most, however much there is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, func, not_, or_, select, union
from sqlalchemy.orm import contains_eager, joinedload

from forum.accounts.models import Alias, Member
from forum.accounts.names import fold_name
from forum.blocks.queries import is_muted_for
from forum.extensions import db
from forum.posts.models import Post, Thread, Visibility
from forum.posts.queries import readable_by
from forum.rooms.models import ContentWarning, Room
from forum.search.full_text import holds_words
from forum.search.indexing import is_open, plain_text
from forum.search.models import SearchEntry
from forum.search.words import asked_words, places_of_words

RESULTS_PER_PAGE = 10
# The newest matches that a search looks at; what is older wants a narrower question.
MATCHES = 200
# The latest posts, where a common word is found.
LATEST = 20_000
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
    if not candidates:
        return Results([], number, has_next=False)
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


def _candidates(viewer: Member, wanted: list[str], name: str) -> list[int]:
    """Return the ids of the newest matches, the newest first, in four statements at most."""
    owner, alias_id, last_id = db.session.execute(_owners_and_last(name)).one()
    found = set(_with_words(viewer, wanted, last_id or 0))
    posts = select(SearchEntry.post_id).join(Post, Post.id == SearchEntry.post_id)
    ways = []
    # Nobody has written so much that it would have to be cut.
    if owner is not None:
        # A name is found as it stands beside the posts of a room, and under no other of its owner.
        nameless = posts.outerjoin(Alias, Alias.id == Post.alias_id).where(Alias.name.is_(None))
        ways.append(_of(viewer, nameless.where(Post.author_id == owner)))
    if alias_id is not None:
        of_alias = posts.join(Alias, Alias.id == Post.alias_id).where(Post.alias_id == alias_id)
        ways.append(_of(viewer, of_alias.where(Post.author_id == Alias.member_id)))
    if ways:
        found.update(db.session.scalars(union(*ways)))
    return sorted(found, reverse=True)[:MATCHES]


def _with_words(viewer: Member, wanted: list[str], last_id: int) -> Sequence[int]:
    """Return the newest posts that hold all words: among the latest ones, else among all.

    A common word is found at once by going back from the newest post, a rare one by the index
    of words. PostgreSQL can't tell them apart, and takes seconds where it goes the wrong way.
    """
    # No quotes can be in a word, so these are no one's syntax.
    query = " ".join(f'"{word}"' for word in wanted)
    entries = _of(viewer, select(SearchEntry.post_id).where(holds_words(query)))
    newest = SearchEntry.post_id.desc()
    latest = entries.where(SearchEntry.post_id > last_id - LATEST).order_by(newest).limit(MATCHES)
    ids = db.session.scalars(latest).all()
    if len(ids) == MATCHES or last_id <= LATEST:
        return ids
    every = entries.cte().prefix_with("MATERIALIZED", dialect="postgresql")
    return db.session.scalars(
        select(every.c.post_id).order_by(every.c.post_id.desc()).limit(MATCHES)
    ).all()


def _of(viewer: Member, entries: Select[tuple[int]]) -> Select[tuple[int]]:
    """Return the entries that a viewer may look through."""
    return entries if viewer.is_staff else entries.where(SearchEntry.is_open)


def _owners_and_last(name: str) -> Select[tuple[int | None, int | None, int | None]]:
    """Return whose pseudonym a folded name is, which alias has it, and the newest post: ids."""
    owner = select(Member.id).where(Member.folded_name == name).scalar_subquery()
    alias = select(Alias.id).where(Alias.folded_name == name).scalar_subquery()
    return select(owner, alias, select(func.max(SearchEntry.post_id)).scalar_subquery())


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


def _reachable_threads(viewer: Member, candidates: Sequence[int]) -> Select[tuple[int]]:
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
