"""What is written down of each act of staff: who, what, on which row. Never a text or a name."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from forum.accounts.models import Member
from forum.extensions import Model


class Action(StrEnum):
    """What was done. A verb is never renamed: entries keep it for good."""

    CLAIM = "claim"
    RELEASE = "release"
    HOLD_CASE = "hold_case"
    REPLY = "reply"
    CHECK_IN = "check_in"
    PIN = "pin"
    UNPIN = "unpin"
    HIDE = "hide"
    HOLD = "hold"
    RESTORE = "restore"
    REFER = "refer"
    NOTE_TAKEN = "note_taken"
    ASK_SECOND = "ask_second"
    OPINION = "opinion"
    END_FOLLOW_UPS = "end_follow_ups"
    TICK = "tick"
    UNTICK = "untick"
    NOTE = "note"
    ASK_COMPANY = "ask_company"
    JOIN = "join"
    LEAVE = "leave"
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
    # Was taken back because an appeal was right.
    REVERSE = "reverse"
    CLOSE = "close"
    BULK = "bulk"
    UNDO = "undo"
    # Was shown words that members don't see.
    READ = "read"
    DRAFT_RULES = "draft_rules"
    IMPORT_RULES = "import_rules"
    DROP_DRAFT = "drop_draft"
    PUBLISH_RULES = "publish_rules"
    GO_BACK = "go_back"
    START_SHADOW = "start_shadow"
    STOP_SHADOW = "stop_shadow"
    BACK_TEST = "back_test"
    RE_SCAN = "re_scan"
    GIVE_ROLE = "give_role"
    # By oneself, or by an admin.
    END_ROLE = "end_role"
    ADD_FACTOR = "add_factor"
    END_FACTOR = "end_factor"
    # Too many wrong codes after the right passphrase.
    LOCK_CODES = "lock_codes"
    ASK_RECOVERY = "ask_recovery"
    RECOVER_STAFF = "recover_staff"
    DROP_RECOVERY = "drop_recovery"
    SEE_ALERT = "see_alert"
    TRY_ALERT = "try_alert"
    GO_ON_DUTY = "go_on_duty"
    LEAVE_DUTY = "leave_duty"
    BEGIN_GROUP = "begin_group"
    CHANGE_GROUP = "change_group"
    END_GROUP = "end_group"
    ADD_FACILITATOR = "add_facilitator"
    DROP_FACILITATOR = "drop_facilitator"
    TAKE_IN = "take_in"
    DECLINE_WISH = "decline_wish"
    GIVE_PLACE_BACK = "give_place_back"
    PLAN_SESSIONS = "plan_sessions"
    STOP_SESSIONS = "stop_sessions"
    CALL_OFF = "call_off"
    CLOSE_SESSION = "close_session"
    SET_STEP = "set_step"
    LET_SPEAK = "let_speak"
    NOTE_SESSION = "note_session"
    ANSWER_APPLICATION = "answer_application"
    # The first of the two words that a role needs; GIVE_ROLE is the second.
    GIVE_WORD = "give_word"
    TAKE_WORD_BACK = "take_word_back"
    REVIEW = "review"
    ADD_SLOT = "add_slot"
    REMOVE_SLOT = "remove_slot"
    # Whether two names are one person: asked, allowed or declined by another, read.
    ASK_PERSON = "ask_person"
    ALLOW_PERSON = "allow_person"
    DECLINE_PERSON = "decline_person"
    READ_PERSON = "read_person"
    # The help directory: tried by the team, changed, added.
    CHECK_HELP = "check_help"
    EDIT_HELP = "edit_help"
    ADD_HELP = "add_help"
    ADD_ROOM = "add_room"
    EDIT_ROOM = "edit_room"


class SubjectKind(StrEnum):
    """What it was done to: a kind of row."""

    CASE = "case"
    POST = "post"
    MEMBER = "member"
    MEASURE = "measure"
    RULES_VERSION = "rules_version"
    RULES_RUN = "rules_run"
    ALERT = "alert"
    ALERT_DELIVERY = "alert_delivery"
    GROUP = "group"
    MEETING = "meeting"
    APPLICATION = "application"
    DECISION = "decision"
    ROTA_SLOT = "rota_slot"
    PERSON_QUESTION = "person_question"
    HELP_ENTRY = "help_entry"
    ROOM = "room"


# Stands for a role where no member acts: the person at the command line.
OPERATOR = "operator"


# Entries of old name a member here, who has a name of their own in each group.
UNNAMED = frozenset({Action.TAKE_IN, Action.DECLINE_WISH})


class AuditEntry(Model):
    """One act. The database itself refuses to change or delete it: triggers of the migration.

    On SQLite a batch migration of this table would lose them; it must make them again. Verbs and
    kinds are plain strings and people plain ids, because entries outlive code and rows.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_actor_id_id", "actor_id", "id"),
        Index("ix_audit_entry_action_id", "action", "id"),
        Index("ix_audit_entry_subject_kind_subject_id_id", "subject_kind", "subject_id", "id"),
    )

    # Counted by operations.record without a gap, so that a missing entry shows.
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    moment: Mapped[datetime] = mapped_column(index=True)
    # None is the operator's command line.
    actor_id: Mapped[int | None]
    actor_role: Mapped[str] = mapped_column(String(20))
    action: Mapped[str] = mapped_column(String(20))
    subject_kind: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[int]
    # Small coded facts, such as a reason code; operations.record lets nothing else in.
    detail: Mapped[dict[str, Any]] = mapped_column(JSON)
    # Unique, so that the chain can't fork.
    previous_hash: Mapped[str] = mapped_column(String(64), unique=True)
    entry_hash: Mapped[str] = mapped_column(String(64))

    actor: Mapped[Member | None] = relationship(
        primaryjoin=lambda: foreign(AuditEntry.actor_id) == Member.id, viewonly=True
    )

    @property
    def facts(self) -> dict[str, Any]:
        """The detail as a page may show it."""
        hidden = {"member"} if self.action in UNNAMED else set()
        return {name: fact for name, fact in self.detail.items() if name not in hidden}
