"""How long things are kept: each rule a setting, carried out every hour, counted by a dry run.

What is forgotten sooner, by code and not by choice, stands with its own tables: sessions idle for
14 days, finished jobs after a day, presences within the hour.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Update, and_, delete, func, or_, select, update

from forum.clock import now
from forum.database import noon_of
from forum.drafts.models import Draft
from forum.extensions import count_rows, db, setting
from forum.groups.models import MeetingNote
from forum.notices.models import Notice
from forum.posts.models import Post, Thread
from moderation.appeals.models import Appeal
from moderation.applications.models import Application, ApplicationState
from moderation.buddies.models import Review
from moderation.care.models import CheckIn, CheckInMessage
from moderation.cases.models import Case, CaseState, Decision, Report
from moderation.closing.models import Ending, Opinion
from moderation.crisis.models import Entry
from moderation.measures.models import Measure
from moderation.rights.models import DataExport
from moderation.rights.operations import forget_exports
from moderation.rights.words import GONE, empty_words
from moderation.unveiling.models import PersonQuestion
from moderation.volunteers.models import Shift


@dataclass(frozen=True)
class Rule:
    """One rule: `count` says how many rows are due, `act` carries it out.

    `settings` name how long; of two the longer counts.
    """

    name: str
    settings: tuple[str, ...]
    unit: timedelta
    count: Callable[[datetime], int]
    act: Callable[[datetime], int]

    @property
    def length(self) -> timedelta:
        """How long something is kept."""
        return self.unit * max(int(setting(name)) for name in self.settings)

    @property
    def before(self) -> datetime:
        """What is older than this moment is due."""
        return now() - self.length


@dataclass(frozen=True)
class Due:
    """How many rows a rule concerns now."""

    rule: Rule
    rows: int


def due() -> list[Due]:
    """Return how much each rule would change now; changes nothing."""
    return [Due(rule, rule.count(rule.before)) for rule in RULES]


def carry_out() -> list[Due]:
    """Carry every rule out in the caller's transaction. Returns how much each changed."""
    return [Due(rule, rule.act(rule.before)) for rule in RULES]


def _old_posts(before: datetime) -> ColumnElement[bool]:
    return and_(
        Post.written_at < before,
        Post.scanned_version >= Post.version,
        or_(
            Post.written_at != noon_of(Post.written_at),
            Post.created_at != noon_of(Post.created_at),
        ),
    )


def _old_threads(before: datetime) -> ColumnElement[bool]:
    return and_(
        Thread.last_post_at < before,
        or_(
            Thread.last_post_at != noon_of(Thread.last_post_at),
            Thread.created_at != noon_of(Thread.created_at),
        ),
    )


def _count_times(before: datetime) -> int:
    posts = select(func.count()).select_from(Post).where(_old_posts(before))
    threads = select(func.count()).select_from(Thread).where(_old_threads(before))
    return (db.session.scalar(posts) or 0) + (db.session.scalar(threads) or 0)


def _round_times(before: datetime) -> int:
    posts = (
        update(Post)
        .where(_old_posts(before))
        .values(
            created_at=noon_of(Post.created_at),
            written_at=noon_of(Post.written_at),
            scanned_at=noon_of(Post.scanned_at),
        )
    )
    threads = (
        update(Thread)
        .where(_old_threads(before))
        .values(created_at=noon_of(Thread.created_at), last_post_at=noon_of(Thread.last_post_at))
    )
    return _do(posts) + _do(threads)


def _worded_cases(before: datetime) -> ColumnElement[bool]:
    """Return the condition for cases closed before then that still hold words."""
    of_case = (
        select(Decision.case_id).where(Decision.note != ""),
        select(Report.case_id).where(Report.note != ""),
        select(Measure.case_id).where(Measure.words != ""),
        select(Entry.case_id).where(Entry.note != ""),
        select(Ending.case_id).where(Ending.declined.not_in(("", GONE))),
        select(Opinion.case_id).where(or_(Opinion.first_note != "", Opinion.second_note != "")),
        select(Appeal.case_id).where(or_(Appeal.body != "", Appeal.answer != "")),
        select(PersonQuestion.case_id).where(PersonQuestion.note != ""),
        select(CheckIn.case_id)
        .join(CheckInMessage, CheckInMessage.check_in_id == CheckIn.id)
        .where(CheckInMessage.body != ""),
    )
    return and_(
        Case.state == CaseState.CLOSED,
        Case.closed_at < before,
        or_(*(Case.id.in_(found) for found in of_case)),
    )


def _count_cases(before: datetime) -> int:
    rows = select(func.count()).select_from(Case).where(_worded_cases(before))
    return db.session.scalar(rows) or 0


def _empty_cases(before: datetime) -> int:
    number = _count_cases(before)
    if number:
        closed = select(Case.id).where(Case.state == CaseState.CLOSED, Case.closed_at < before)
        empty_words(closed)
    return number


def _old_notices(before: datetime) -> ColumnElement[bool]:
    # What was never opened may still have to be read.
    return Notice.seen_at < before


def _old_shifts(before: datetime) -> ColumnElement[bool]:
    return and_(
        Shift.ended_at < before,
        or_(Shift.weighed != "", Shift.helped != "", Shift.wished != ""),
    )


def _old_applications(before: datetime) -> ColumnElement[bool]:
    # One that was taken back has no day of an answer.
    over = func.coalesce(Application.answered_at, Application.agreed_at) < before
    return and_(
        Application.state != ApplicationState.OPEN,
        over,
        or_(
            *(column != "" for column in (Application.motivation, Application.times)),
            *(column != "" for column in (Application.languages, Application.answer)),
        ),
    )


def _old_reviews(before: datetime) -> ColumnElement[bool]:
    return and_(Review.created_at < before, Review.feedback != "")


def _do(statement: Update) -> int:
    return count_rows(statement.execution_options(synchronize_session=False))


def _count(
    model: type, which: Callable[[datetime], ColumnElement[bool]]
) -> Callable[[datetime], int]:
    def count(before: datetime) -> int:
        return db.session.scalar(select(func.count()).select_from(model).where(which(before))) or 0

    return count


DAY, HOUR = timedelta(days=1), timedelta(hours=1)

APPLICATION_WORDS = Rule(
    "words of applications",
    ("APPLICATION_AGAIN_DAYS", "CASE_WORDS_DAYS"),
    DAY,
    _count(Application, _old_applications),
    lambda before: _do(
        update(Application)
        .where(_old_applications(before))
        .values(motivation="", times="", languages="", answer="", level=None)
    ),
)

RULES = (
    Rule(
        "exact times of posts and threads", ("EXACT_TIMES_DAYS",), DAY, _count_times, _round_times
    ),
    Rule("words of closed cases", ("CASE_WORDS_DAYS",), DAY, _count_cases, _empty_cases),
    Rule(
        "news that was read",
        ("NOTICE_DAYS",),
        DAY,
        _count(Notice, _old_notices),
        lambda before: count_rows(delete(Notice).where(_old_notices(before))),
    ),
    Rule(
        "drafts that were not sent",
        ("DRAFT_DAYS",),
        DAY,
        _count(Draft, lambda before: Draft.kept_at < before),
        lambda before: count_rows(delete(Draft).where(Draft.kept_at < before)),
    ),
    Rule(
        "answers at the end of a shift",
        ("SHIFT_WORDS_DAYS",),
        DAY,
        _count(Shift, _old_shifts),
        lambda before: _do(
            update(Shift).where(_old_shifts(before)).values(weighed="", helped="", wished="")
        ),
    ),
    APPLICATION_WORDS,
    Rule(
        "notes on group sessions",
        ("CASE_WORDS_DAYS",),
        DAY,
        _count(MeetingNote, lambda before: MeetingNote.created_at < before),
        lambda before: count_rows(delete(MeetingNote).where(MeetingNote.created_at < before)),
    ),
    Rule(
        "what colleagues said of first decisions",
        ("CASE_WORDS_DAYS",),
        DAY,
        _count(Review, _old_reviews),
        lambda before: _do(update(Review).where(_old_reviews(before)).values(feedback="")),
    ),
    Rule(
        "copies of one's own data",
        ("EXPORT_HOURS",),
        HOUR,
        _count(DataExport, lambda _: DataExport.expires_at <= now()),
        lambda _: forget_exports(),
    ),
)
