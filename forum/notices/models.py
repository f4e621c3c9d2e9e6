"""What a member is told. A notice holds what happened and where, never a text."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.accounts.models import Member
from forum.database import enum_column
from forum.extensions import Model
from forum.posts.models import Post, Thread
from forum.public_id import public_id_column


class NoticeKind(StrEnum):
    """What happened. `subject_id` of the notice is a row of the kind's own table."""

    # Somebody answered in a thread that this member follows: the post is on the notice.
    REPLY = "reply"
    # Staff did something to a post, a thread or an account of this member: a row of `measure`.
    MEASURE = "measure"
    # What this member reported has been read by someone.
    REPORT_READ = "report_read"
    # A decision on this member's appeal: a row of `appeal`.
    APPEAL_DECIDED = "appeal_decided"
    # For admins: a rule fires far more than it used to.
    RULES_SPIKE = "rules_spike"
    # What became of the wish to join a support group: a row of `support_group`.
    GROUP_PLACE = "group_place"
    # Who leads a group gave this member's place in it back: a row of `support_group`.
    GROUP_PLACE_BACK = "group_place_back"
    # For facilitators: somebody would like to join. A row of `support_group`.
    GROUP_ASKED = "group_asked"
    # A session begins soon, is called off, or is over and asks how it was: `group_meeting`.
    MEETING_SOON = "meeting_soon"
    MEETING_OFF = "meeting_off"
    MEETING_OVER = "meeting_over"
    # What this member learned to volunteer ends soon.
    TRAINING_ENDS = "training_ends"
    # An answer to this member's application: a row of `application`.
    APPLICATION_ANSWERED = "application_answered"
    # This member has a role now: a row of `role_grant`.
    ROLE_GIVEN = "role_given"
    # An admin has ended this member's role.
    ROLE_ENDED = "role_ended"
    # A colleague has looked at a decision of somebody new: a row of `review`.
    DECISION_REVIEWED = "decision_reviewed"
    # A planned turn changed hands, or somebody proposes a swap.
    TURN_CHANGED = "turn_changed"
    # For leads and admins: somebody asks whether two names are one person.
    PERSON_QUESTION = "person_question"


class Notice(Model):
    """One thing that one member is told."""

    __tablename__ = "notice"
    __table_args__ = (Index("ix_notice_member_id_seen_at", "member_id", "seen_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id_column()
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    kind: Mapped[NoticeKind] = enum_column(NoticeKind)
    subject_id: Mapped[int | None]
    thread_id: Mapped[int | None] = mapped_column(ForeignKey("thread.id"))
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))
    created_at: Mapped[datetime]
    # Until then its act can be undone, and the member is told nothing.
    visible_from: Mapped[datetime]
    seen_at: Mapped[datetime | None]

    member: Mapped[Member] = relationship()
    thread: Mapped[Thread | None] = relationship()
    post: Mapped[Post | None] = relationship()
