"""Reads of the desk: the queue, one case and what stands around it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import aliased, joinedload

from forum.accounts.models import Member
from forum.clock import now
from forum.extensions import db
from forum.posts.masks import whole_text
from forum.posts.models import Post, Thread
from forum.posts.queries import waits_for_scan
from forum.text import Span, join_spans
from moderation.care.models import CheckIn, CheckInMessage
from moderation.care.queries import messages_of
from moderation.cases.eligibility import may_answer
from moderation.cases.leases import is_in_hand
from moderation.cases.models import Act, Case, CaseState, Decision, Flag, Reading
from moderation.risk.categories import CATEGORIES
from moderation.risk.levels import Level

FIRED_SHOWN = 50


@dataclass(frozen=True)
class QueueState:
    """How much waits. `unscanned` counts posts that no worker has read yet."""

    open_by_level: dict[Level, int]
    oldest: datetime | None
    unscanned: int


@dataclass(frozen=True)
class MarkedText:
    """A piece of a post's text, with the rules that fired on it, if any.

    The text of a piece that is covered for members is not here: another page shows it.
    """

    text: str
    rules: tuple[str, ...]
    is_covered: bool = False


def queue_state() -> QueueState:
    """Return what Prometheus is told, in three statements. The desk counts in cases.queue."""
    counts = db.session.execute(
        select(Case.level, func.count()).where(Case.state != CaseState.CLOSED).group_by(Case.level)
    )
    by_level = {Level(level): number for level, number in counts}
    oldest = db.session.scalar(
        select(func.min(Case.opened_at)).where(Case.state == CaseState.WAITING)
    )
    unscanned = db.session.scalar(select(func.count()).where(waits_for_scan()))
    return QueueState({level: by_level.get(level, 0) for level in Level}, oldest, unscanned or 0)


def find_case(public_id: str) -> Case | None:
    """Return a case with its thread, room, subject and holder."""
    return db.session.scalar(
        select(Case)
        .where(Case.public_id == public_id)
        .options(
            joinedload(Case.thread).joinedload(Thread.room),
            joinedload(Case.thread).joinedload(Thread.author),
            joinedload(Case.subject),
            joinedload(Case.alias),
            joinedload(Case.holder),
        )
    )


def decisions_of(case: Case, *, since_asked: bool = False) -> list[Decision]:
    """Return what moderators did on a case, the first act first.

    `since_asked` leaves out everything up to the last time a second opinion was asked for: it is
    what somebody who reads blind may know.
    """
    wanted = select(Decision).where(Decision.case_id == case.id)
    if since_asked:
        asked = select(func.max(Decision.id)).where(
            Decision.case_id == case.id, Decision.act == Act.ASK_SECOND
        )
        wanted = wanted.where(Decision.id > func.coalesce(asked.scalar_subquery(), 0))
    return list(
        db.session.scalars(wanted.options(joinedload(Decision.moderator)).order_by(Decision.id))
    )


def blind_cases() -> Select[tuple[int]]:
    """Return a query for the ids of the cases that are being read blind."""
    return select(Case.id).where(Case.reading == Reading.BLIND)


@dataclass(frozen=True)
class Exchange:
    """A check-in with its messages, the oldest first, each cut where the rules fired."""

    check_in: CheckIn
    messages: list[tuple[CheckInMessage, list[MarkedText]]]

    @property
    def unread(self) -> int:
        """How many answers no act of the desk has followed yet."""
        return sum(message.is_unread for message, _ in self.messages)


def get_exchanges_for(staff: Member, case: Case) -> list[Exchange]:
    """Return the check-ins with a case's person in its thread that these staff may read.

    Those of earlier cases come too, the oldest first: whoever may answer such a case may read
    what was written on it. Two statements, or one.
    """
    rows = db.session.execute(
        select(CheckIn, Case)
        .join(Case, Case.id == CheckIn.case_id)
        .where(Case.thread_id == case.thread_id, Case.subject_id == case.subject_id)
        .order_by(CheckIn.id)
    )
    check_ins = [check_in for check_in, its_case in rows if may_answer(staff, its_case)]
    if not check_ins:
        return []
    messages = messages_of(check_ins)
    return [
        Exchange(
            check_in,
            [
                (message, mark_message(message))
                for message in messages
                if message.check_in_id == check_in.id
            ],
        )
        for check_in in check_ins
    ]


def categories_of(flags: Iterable[Flag]) -> set[str]:
    """Return the names of what some flags are about, such as "self_harm"."""
    return {CATEGORIES[flag.category].name for flag in flags if flag.category in CATEGORIES}


def find_post_of(case: Case, public_id: str) -> Post | None:
    """Return a post of the case's thread."""
    return db.session.scalar(
        select(Post).where(Post.public_id == public_id, Post.thread_id == case.thread_id)
    )


def mark_text(post: Post, flags: Sequence[Flag]) -> list[MarkedText]:
    """Return the scanned text of a post cut where flags begin and end.

    Flags of an earlier text of the post are left out: their places are no longer there.
    """
    spans = [
        (span["start"], span["end"], flag.rule)
        for flag in flags
        if flag.post_id == post.id and flag.post_version == post.version
        for span in flag.spans
    ]
    covered = join_spans((mask["start"], mask["end"]) for mask in post.masks)
    return cut(whole_text(post), spans, covered)


def mark_message(message: CheckInMessage) -> list[MarkedText]:
    """Return a message of a check-in cut where the rules found something."""
    spans = [(span["start"], span["end"], span["rule"]) for span in message.spans]
    return cut(message.body, spans)


def cut(
    text: str, spans: Sequence[tuple[int, int, str]], covered: Sequence[Span] = ()
) -> list[MarkedText]:
    """Return a text cut where places begin and end: start, end and rule; and what is covered."""
    edges = {0, len(text), *(edge for start, end, _ in spans for edge in (start, end))}
    edges = {edge for edge in edges if not any(s < edge < e for s, e in covered)}
    edges |= {edge for span in covered for edge in span}
    pieces = []
    for start, end in pairwise(sorted(edges)):
        rules = tuple(sorted({rule for s, e, rule in spans if s < end and start < e}))
        is_covered = (start, end) in covered
        pieces.append(MarkedText("" if is_covered else text[start:end], rules, is_covered))
    return pieces


def ended_with(case: Case) -> Sequence[Case]:
    """Return a case and those that were joined to it, however often."""
    ids = select(Case.id).where(Case.id == case.id).cte("ended", recursive=True)
    joined = aliased(Case)
    ids = ids.union(select(joined.id).where(joined.merged_into_id == ids.c.id))
    return db.session.scalars(select(Case).where(Case.id.in_(select(ids.c.id)))).all()


def is_same_name(case: Case) -> ColumnElement[bool]:
    """Return the condition under which another case is about the same name of a person."""
    return and_(
        Case.subject_id == case.subject_id, Case.alias_id.is_not_distinct_from(case.alias_id)
    )


def is_held_by(case: Case, member_id: int) -> bool:
    """Return whether this person has the case now and may act on it."""
    claimed = case.state is CaseState.CLAIMED and case.holder_id == member_id
    return claimed and is_in_hand(case, now())


def is_waiting(case: Case) -> bool:
    """Return whether anyone could claim the case now; a claim that ran out is none."""
    return case.state is not CaseState.CLOSED and not is_in_hand(case, now())


def fired_counts() -> dict[str, int]:
    """Return how often each rule has fired, by rule id."""
    rows = db.session.execute(select(Flag.rule, func.count()).group_by(Flag.rule))
    return {row[0]: row[1] for row in rows}


def flags_by(rule: str) -> list[Flag]:
    """Return the latest flags of a rule, with post and thread."""
    return list(
        db.session.scalars(
            select(Flag)
            .where(Flag.rule == rule)
            .options(joinedload(Flag.post).joinedload(Post.thread))
            .order_by(Flag.id.desc())
            .limit(FIRED_SHOWN)
        )
    )
