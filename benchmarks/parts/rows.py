"""The rows of a made-up forum, table by table."""

import base64
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from benchmarks.parts.bulk import Told, without_full_text, write
from benchmarks.parts.talk import DAYS, MEASURED_POSTS, STAFF, STAFF_COUNTS, Size, Talk
from benchmarks.parts.words import PARAGRAPHS, make_paragraphs
from forum.accounts.models import Member, Role
from forum.accounts.names import fold_name
from forum.accounts.operations import AGREEMENT_VERSION
from forum.follows.models import Follow
from forum.posts.models import Post, Thread, Visibility
from forum.reactions.models import Reaction, ReactionKind
from forum.rooms.models import ContentWarning
from forum.search.models import SearchEntry
from forum.search.words import words_of
from forum.text import RENDERER_VERSION
from moderation.cases.models import Act, Case, CaseState, CloseReason, Decision, Flag, Lane
from moderation.risk.levels import Level
from moderation.risk.rules import Rule

# How many paragraphs a post has: 1.8 on average, which is some 500 characters.
LENGTHS = (1, 1, 2, 2, 3)
REACTED = 0.2
URGENT = {Level.RED: 0.10, Level.CRISIS: 0.02}


@dataclass
class Rows:
    """Writes all tables through one connection; `tell` hears how many rows of a table went.

    `rules` is the version in force and some of its rules, for the flags.
    """

    connection: Connection
    size: Size
    talk: Talk
    moment: datetime
    rules: tuple[int, list[Rule]]

    def __post_init__(self) -> None:
        random_ = random.Random(self.size.seed)
        paragraphs = make_paragraphs(
            random_, min(PARAGRAPHS, 2 * MEASURED_POSTS + self.size.posts // 4)
        )
        self.texts = [
            random_.choices(paragraphs, k=random_.choice(LENGTHS)) for _ in self.talk.thread
        ]
        # The measured thread has the same words in a database of any size.
        for place in range(min(MEASURED_POSTS, len(self.texts))):
            self.texts[place] = [paragraphs[2 * place], paragraphs[2 * place + 1]]

    def add_members(self, tell: Told) -> None:
        """Add members who can't sign in with a passphrase; the first of them are the staff."""
        roles = [role for role, count in STAFF_COUNTS.items() for _ in range(count)]

        def rows() -> Iterator[tuple[Any, ...]]:
            for place in range(self.size.members):
                name = f"penulis-fiktif-{place}"
                yield (
                    place + 1,
                    name,
                    fold_name(name),
                    "-",
                    roles[place] if place < len(roles) else Role.MEMBER,
                    "id",
                    AGREEMENT_VERSION,
                    self.moment.date() - timedelta(days=60 + place % DAYS),
                    f"{place:032x}",
                )

        names = ("id", "pseudonym", "folded_name", "passphrase_hash", "role", "language")
        names += ("agreement_version", "joined_on", "erase_key")
        write(self.connection, Member.__table__, names, rows(), tell)

    def add_threads(self, tell: Told) -> None:
        """Add the threads, without their posts."""
        keys = random.Random("threads")

        def rows() -> Iterator[tuple[Any, ...]]:
            for number, (room, author, created, last, warning) in enumerate(self.talk.threads, 1):
                title = title_of(number)
                yield number, _public_id(keys), room, author, title, title, warning, created, last

        names = ("id", "public_id", "room_id", "author_id", "title", "typed_title", "warning")
        write(
            self.connection, Thread.__table__, (*names, "created_at", "last_post_at"), rows(), tell
        )

    def add_posts(self, tell: Told) -> None:
        """Add posts that workers have read and everyone sees."""
        keys = random.Random("posts")

        def rows() -> Iterator[tuple[Any, ...]]:
            for place, parts in enumerate(self.texts):
                yield (
                    place + 1,
                    _public_id(keys),
                    self.talk.thread[place],
                    self.talk.author[place],
                    self.talk.is_opening[place],
                    "\n\n".join(part.text for part in parts),
                    "".join(part.html for part in parts),
                    RENDERER_VERSION,
                    self.warning_of(place),
                    Visibility.VISIBLE,
                    1,
                    *(self.talk.written[place],) * 3,
                    f"{place:032x}",
                )

        names = ("id", "public_id", "thread_id", "author_id", "is_opening", "body", "body_html")
        names += ("renderer_version", "warning", "visibility", "scanned_version", "created_at")
        names += ("written_at", "scanned_at", "submission_key")
        write(self.connection, Post.__table__, names, rows(), tell)

    def add_what_goes_with_posts(self, tell: Told) -> None:
        """Add what finds the posts, who follows the threads, and signs without words."""

        def entries() -> Iterator[tuple[Any, ...]]:
            for place, parts in enumerate(self.texts):
                is_opening, thread = self.talk.is_opening[place], self.talk.thread[place]
                words = words_of(title_of(thread)) if is_opening else []
                is_open = self.warning_of(place) is ContentWarning.NONE
                yield place + 1, " ".join([*words, *(part.stems for part in parts)]), is_open

        names = ("post_id", "words", "is_open")
        with without_full_text(self.connection):
            write(self.connection, SearchEntry.__table__, names, entries(), tell)
        last = {
            pair: place
            for place, pair in enumerate(zip(self.talk.author, self.talk.thread, strict=True), 1)
        }
        follows = ((*pair, place) for pair, place in last.items())
        names = ("member_id", "thread_id", "seen_post_id")
        write(self.connection, Follow.__table__, names, follows)
        random_, kinds = random.Random("signs"), list(ReactionKind)
        signs = (
            (place, random_.randint(1, self.size.members), kinds[place % len(kinds)])
            for place in range(1, len(self.texts) + 1)
            if random_.random() < REACTED
        )
        names = ("post_id", "member_id", "kind")
        write(self.connection, Reaction.__table__, names, signs)

    def warning_of(self, place: int) -> ContentWarning:
        """Return the content warning of the post at a place; answers have none."""
        warning: ContentWarning = self.talk.threads[self.talk.thread[place] - 1][4]
        return warning if self.talk.is_opening[place] else ContentWarning.NONE

    def add_cases(self, tell: Told) -> None:
        """Add cases with a flag each: those that wait are of today, the others were answered."""
        keys = random.Random("cases")
        version_id, chosen = self.rules
        closed = self.size.cases - self.size.open_cases
        openings = [place for place, first in enumerate(self.talk.is_opening) if first]
        answers = [place for place, first in enumerate(self.talk.is_opening) if not first]
        # The latest threads, each once: a person has one open case in a thread.
        places = [answers[place * len(answers) // closed] for place in range(closed)]
        places += openings[len(openings) - self.size.open_cases :]
        levels = keys.choices(
            [*URGENT, Level.AMBER], [*URGENT.values(), 1 - sum(URGENT.values())], k=self.size.cases
        )

        def cases() -> Iterator[tuple[Any, ...]]:
            for number, place in enumerate(places, 1):
                is_open = number > closed
                level = levels[number - 1] if is_open else Level.AMBER
                opened = (
                    self.moment - timedelta(minutes=keys.uniform(5, 600))
                    if is_open
                    else self.talk.written[place]
                )
                yield (
                    number,
                    _public_id(keys),
                    self.talk.thread[place],
                    self.talk.author[place],
                    Lane.RISK,
                    int(level),
                    CaseState.WAITING if is_open else CaseState.CLOSED,
                    1 if is_open else 3,
                    opened,
                    opened + timedelta(hours=1 if level > Level.AMBER else 12),
                    None if is_open else opened + timedelta(hours=2),
                    None if is_open else CloseReason.NO_RISK,
                )

        names = ("id", "public_id", "thread_id", "subject_id", "lane", "level", "state", "version")
        names += ("opened_at", "due_at", "closed_at", "close_reason")
        write(self.connection, Case.__table__, names, cases(), tell)

        def flags() -> Iterator[tuple[Any, ...]]:
            for number, place in enumerate(places, 1):
                rule = chosen[number % len(chosen)]
                level = levels[number - 1] if number > closed else Level.AMBER
                written = self.talk.written[place]
                yield (
                    number,
                    place + 1,
                    1,
                    version_id,
                    rule.id,
                    rule.category,
                    int(level),
                    [],
                    written,
                )

        names = ("case_id", "post_id", "post_version", "rules_version_id", "rule", "category")
        write(self.connection, Flag.__table__, (*names, "level", "spans", "created_at"), flags())

        def decisions() -> Iterator[tuple[Any, ...]]:
            for number, place in enumerate(places[:closed], 1):
                by = 1 + number % STAFF
                for version, act in ((1, Act.CLAIM), (2, Act.CLOSE)):
                    at = self.talk.written[place] + timedelta(hours=version)
                    reason = CloseReason.NO_RISK if act is Act.CLOSE else None
                    yield number, version, by, act, reason, at

        names = ("case_id", "case_version", "moderator_id", "act", "reason", "created_at")
        write(self.connection, Decision.__table__, names, decisions())


def title_of(number: int) -> str:
    """Return the title of a thread."""
    return f"Cerita nomor {number}"


def _public_id(random_: random.Random) -> str:
    return base64.urlsafe_b64encode(random_.randbytes(16))[:22].decode()
