"""A case is one person in one thread; whatever points at it joins it and can raise it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from forum.accounts.models import Alias, Member
from forum.database import enum_column
from forum.extensions import Model
from forum.posts.models import Post, Thread
from forum.public_id import public_id_column
from moderation.risk.levels import Level


class CaseState(StrEnum):
    """A case waits, is with one person for a while, or is closed.

    Claimed is the lease of the one who works on it; held is the longer one of someone who waits
    for an answer of others. Both come back by themselves.
    """

    WAITING = "waiting"
    CLAIMED = "claimed"
    HELD = "held"
    CLOSED = "closed"


class Lane(StrEnum):
    """What brought the case."""

    RISK = "risk"
    WORRY = "worry"
    BREACH = "breach"
    SCAN_FAILED = "scan_failed"
    # A post that no worker came for, and a human did.
    UNSCANNED = "unscanned"
    # A held or hidden post that its author has changed.
    CHANGED = "changed"
    # A green post picked by chance, read blind: it measures what the rules miss.
    SAMPLE = "sample"
    # One of the first posts of a new account. Nothing is wrong with it; somebody says hello.
    NEWCOMER = "newcomer"
    # The room asks that a human reads each post before others do.
    ROOM = "room"
    # A link from a new account, or the same long text again and again; held until it is read.
    SPAM = "spam"
    # The person answered a private check-in after its case was closed.
    CHECK_IN = "check_in"
    # A contact that was promised when an earlier case was closed.
    FOLLOW_UP = "follow_up"
    # No rule saw a danger, but the writer may be grieving or under 18.
    CARE = "care"
    # A member asks for another look at a measure. Such a case is apart from the others.
    APPEAL = "appeal"


class Reading(StrEnum):
    """How an open case is read."""

    ORDINARY = "ordinary"
    # Someone saw no need to act; another person judges it without knowing who or why.
    BLIND = "blind"
    # The two did not agree: leads and admins alone take it, and see both.
    LEADS = "leads"


class HoldReason(StrEnum):
    """Why a case is held."""

    COLLEAGUE = "colleague"
    PERSON = "person"
    SERVICE = "service"


class CloseReason(StrEnum):
    """How a case ended."""

    ANSWERED = "answered"
    REFERRED = "referred"
    NO_RISK = "no_risk"
    RULE_BREACH = "rule_breach"
    DUPLICATE = "duplicate"
    # How an appeal ended; nobody chooses these for another case.
    UPHELD = "upheld"
    OVERTURNED = "overturned"
    # Its person had their account erased; nobody of the staff decided.
    MEMBER_LEFT = "member_left"


class Door(StrEnum):
    """Which of the two doors a report came through."""

    WORRY = "worry"
    BREACH = "breach"


class Act(StrEnum):
    """What a moderator did on a case."""

    CLAIM = "claim"
    RELEASE = "release"
    # The case is kept while others are asked; HOLD holds a post.
    HOLD_CASE = "hold_case"
    REPLY = "reply"
    CHECK_IN = "check_in"
    PIN = "pin"
    UNPIN = "unpin"
    HIDE = "hide"
    HOLD = "hold"
    RESTORE = "restore"
    REFER = "refer"
    ASK_SECOND = "ask_second"
    OPINION = "opinion"
    END_FOLLOW_UPS = "end_follow_ups"
    MASK = "mask"
    UNMASK = "unmask"
    WARNING = "warning"
    LOCK = "lock"
    UNLOCK = "unlock"
    SLOW = "slow"
    MOVE = "move"
    MERGE = "merge"
    WARN = "warn"
    PAUSE = "pause"
    LIFT_PAUSE = "lift_pause"
    ASK_TO_CLOSE = "ask_to_close"
    CLOSE_ACCOUNT = "close_account"
    KEEP_ACCOUNT = "keep_account"
    DECIDE_APPEAL = "decide_appeal"
    CLOSE = "close"
    # Hid and closed as spam or as a duplicate, with others at once.
    BULK = "bulk"
    UNDO = "undo"


class Case(Model):
    """One author in one thread, at most one of them open at a time; appeals are cases apart.

    `version` counts everything that changes what a decision rests on; a decision names the
    version it was made on, so that nobody decides on what they have not seen.
    """

    # "case" alone is a word of SQL.
    __tablename__ = "moderation_case"
    __table_args__ = (
        Index(
            "uq_case_open",
            "thread_id",
            "subject_id",
            unique=True,
            sqlite_where=text("state != 'closed' AND lane != 'appeal'"),
            postgresql_where=text("state != 'closed' AND lane != 'appeal'"),
        ),
        # The queue's own order, whole and by lane.
        Index("ix_case_queue", "state", "level", "due_at", "id"),
        Index("ix_case_lane", "state", "lane", "level", "due_at", "id"),
        # The longest wait of a lane, and of all.
        Index("ix_case_waiting", "state", "lane", "opened_at"),
        # What is with someone: the few that have an end.
        Index(
            "ix_case_in_hand",
            "claimed_until",
            sqlite_where=text("claimed_until IS NOT NULL"),
            postgresql_where=text("claimed_until IS NOT NULL"),
        ),
        # The few that a lead was called to.
        Index(
            "ix_case_lead_called",
            "lead_called_at",
            sqlite_where=text("lead_called_at IS NOT NULL"),
            postgresql_where=text("lead_called_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id_column()
    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id"))
    subject_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    # The name that the subject has in this thread; none is their pseudonym. No foreign key, as
    # for `owner_id`.
    alias_id: Mapped[int | None]
    lane: Mapped[Lane] = enum_column(Lane)
    # A number, because the queue is ordered by it.
    level: Mapped[int]
    state: Mapped[CaseState] = enum_column(CaseState, default=CaseState.WAITING)
    version: Mapped[int] = mapped_column(default=1)
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    holder_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    # When it comes back by itself, claimed or held; empty in every other state.
    claimed_until: Mapped[datetime | None]
    # When its holder last acted; an open page alone renews a claim only so long after it.
    acted_at: Mapped[datetime | None]
    hold_reason: Mapped[HoldReason | None] = enum_column(HoldReason, nullable=True)
    closed_at: Mapped[datetime | None]
    close_reason: Mapped[CloseReason | None] = enum_column(CloseReason, nullable=True)
    reading: Mapped[Reading] = enum_column(Reading, default=Reading.ORDINARY)
    # Who takes it before others do, until that moment: the owner of a follow-up. No foreign key,
    # because SQLite can't add one to a table without building it anew.
    owner_id: Mapped[int | None]
    owner_until: Mapped[datetime | None]
    # The case that this one was joined to, when it was closed as a duplicate.
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("moderation_case.id"), index=True)
    # moderation.risk.signs.Sign: all that posts of this case have told, in the order of the enum.
    signs: Mapped[list[str]] = mapped_column(JSON, default=list)
    # When the first sign that calls a lead came.
    lead_called_at: Mapped[datetime | None]

    thread: Mapped[Thread] = relationship()
    subject: Mapped[Member] = relationship(foreign_keys=[subject_id])
    alias: Mapped[Alias | None] = relationship(
        primaryjoin=lambda: foreign(Case.alias_id) == Alias.id, viewonly=True
    )
    holder: Mapped[Member | None] = relationship(foreign_keys=[holder_id])
    recusals: Mapped[list["Recusal"]] = relationship()

    @property
    def risk_level(self) -> Level:
        """The level as the enum."""
        return Level(self.level)

    @property
    def subject_name(self) -> str:
        """The only name of its subject that staff read on this case."""
        return self.alias.name if self.alias and self.alias.name else self.subject.pseudonym


class Presence(Model):
    """Someone of the staff has the page of a case open. Forgotten within the hour."""

    __tablename__ = "presence"

    case_id: Mapped[int] = mapped_column(ForeignKey("moderation_case.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(index=True)

    member: Mapped[Member] = relationship()


class Recusal(Model):
    """Someone who neither takes nor decides a case, because it questions what they did.

    While a case is read blind, someone who knows the first opinion.
    """

    __tablename__ = "recusal"

    case_id: Mapped[int] = mapped_column(ForeignKey("moderation_case.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)


class Flag(Model):
    """One rule that fired on one text of one post."""

    __tablename__ = "flag"
    __table_args__ = (UniqueConstraint("post_id", "post_version", "rule"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("moderation_case.id"), index=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    post_version: Mapped[int]
    rules_version_id: Mapped[int] = mapped_column(ForeignKey("rules_version.id"))
    rule: Mapped[str] = mapped_column(String(80), index=True)
    category: Mapped[str] = mapped_column(String(20))
    level: Mapped[int]
    # Each with start, end (code points of the scanned text), view and reason; never the words.
    spans: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    created_at: Mapped[datetime]

    post: Mapped[Post] = relationship()

    @property
    def risk_level(self) -> Level:
        """The level as the enum."""
        return Level(self.level)


class Report(Model):
    """A member's word about one text of a post. The author never learns who it was."""

    __tablename__ = "report"
    __table_args__ = (
        UniqueConstraint("post_id", "reporter_id", "door", "case_id", "post_version"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("moderation_case.id"), index=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    post_version: Mapped[int]
    reporter_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    door: Mapped[Door] = enum_column(Door)
    note: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]

    post: Mapped[Post] = relationship()


class ScanFailure(Model):
    """A scan that was given up: the job is dead and a human reads the post instead."""

    __tablename__ = "scan_failure"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("moderation_case.id"), index=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id"), unique=True)
    created_at: Mapped[datetime]


class Decision(Model):
    """One act of one moderator on a case, never changed afterwards.

    The pair of case and version is unique: two people can't decide on the same state of a case.
    """

    __tablename__ = "decision"
    __table_args__ = (
        UniqueConstraint("case_id", "case_version"),
        # What someone did last, for the pages that offer to undo it.
        Index("ix_decision_moderator_id_id", "moderator_id", "id"),
        # How much someone has had in hand lately.
        Index("ix_decision_moderator_id_created_at", "moderator_id", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("moderation_case.id"))
    case_version: Mapped[int]
    moderator_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    act: Mapped[Act] = enum_column(Act)
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))
    reason: Mapped[CloseReason | None] = enum_column(CloseReason, nullable=True)
    note: Mapped[str] = mapped_column(Text, default="")
    # What the act changed, as it was before: cases.snapshots. None where nothing can be undone.
    before: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime]

    case: Mapped[Case] = relationship()
    moderator: Mapped[Member] = relationship()
