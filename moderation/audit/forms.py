"""What a browser may ask of the record, and what its verbs are called."""

from datetime import date, datetime, time, timedelta, timezone
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, IntegerField, SelectChoice, SelectField
from wtforms.validators import NumberRange, Optional, ValidationError

from forum.accounts.models import Role
from moderation.audit.models import OPERATOR, Action, SubjectKind

# The zone of the staffed hours; Indonesia has no summer time.
WIB = timezone(timedelta(hours=7), "WIB")
# Far before the first entry, and far enough from the ends of what a database knows as a date.
EARLIEST = date(2000, 1, 1)
MAX_ID = 2_147_483_647

ACTION_NAMES = {
    Action.CLAIM: _l("took a case"),
    Action.RELEASE: _l("put a case back"),
    Action.HOLD_CASE: _l("held a case to ask others"),
    Action.REPLY: _l("answered in a case"),
    Action.CHECK_IN: _l("wrote privately in a case"),
    Action.PIN: _l("pinned help in a case"),
    Action.UNPIN: _l("took pinned help from a case"),
    Action.HIDE: _l("hid a post of a case"),
    Action.HOLD: _l("held a post of a case"),
    Action.RESTORE: _l("showed a post of a case"),
    Action.REFER: _l("named a service in a case"),
    Action.NOTE_TAKEN: _l("noted whether a service was reached"),
    Action.ASK_SECOND: _l("asked for a second opinion"),
    Action.OPINION: _l("gave a second opinion"),
    Action.END_FOLLOW_UPS: _l("ended follow-ups"),
    Action.TICK: _l("noted a step in a case"),
    Action.UNTICK: _l("took a step back in a case"),
    Action.NOTE: _l("wrote a note in a case"),
    Action.ASK_COMPANY: _l("asked for company in a case"),
    Action.JOIN: _l("joined a case"),
    Action.LEAVE: _l("left a case"),
    Action.MASK: _l("covered words of a case"),
    Action.UNMASK: _l("uncovered words of a case"),
    Action.WARNING: _l("set a content warning in a case"),
    Action.LOCK: _l("locked the thread of a case"),
    Action.UNLOCK: _l("opened the thread of a case again"),
    Action.SLOW: _l("set the pace of a thread in a case"),
    Action.MOVE: _l("moved the thread of a case"),
    Action.MERGE: _l("joined a case to another"),
    Action.WARN: _l("warned a person"),
    Action.PAUSE: _l("paused a person"),
    Action.LIFT_PAUSE: _l("ended a pause"),
    Action.ASK_TO_CLOSE: _l("asked to close an account"),
    Action.CLOSE_ACCOUNT: _l("closed an account"),
    Action.KEEP_ACCOUNT: _l("kept an account open"),
    Action.DECIDE_APPEAL: _l("decided an appeal"),
    Action.REVERSE: _l("took a measure back"),
    Action.CLOSE: _l("closed a case"),
    Action.BULK: _l("closed a case with others at once"),
    Action.UNDO: _l("undid an act in a case"),
    Action.READ: _l("read a covered post"),
    Action.DRAFT_RULES: _l("changed the draft of rules"),
    Action.IMPORT_RULES: _l("imported rules into the draft"),
    Action.DROP_DRAFT: _l("gave the draft up"),
    Action.PUBLISH_RULES: _l("put rules in force"),
    Action.GO_BACK: _l("went back to earlier rules"),
    Action.START_SHADOW: _l("let a version read along"),
    Action.STOP_SHADOW: _l("stopped the version that read along"),
    Action.BACK_TEST: _l("started a back-test"),
    Action.RE_SCAN: _l("let old posts be read again"),
    Action.GIVE_ROLE: _l("gave a role"),
    Action.END_ROLE: _l("ended a role"),
    Action.ADD_FACTOR: _l("set up a second step"),
    Action.END_FACTOR: _l("ended a second step"),
    Action.LOCK_CODES: _l("typed too many wrong codes"),
    Action.ASK_RECOVERY: _l("asked for a fresh start of someone's second step"),
    Action.RECOVER_STAFF: _l("gave someone a fresh start of their second step"),
    Action.DROP_RECOVERY: _l("dropped the wish for a fresh start"),
    Action.SEE_ALERT: _l("saw an alert"),
    Action.TRY_ALERT: _l("sent a test alert"),
    Action.GO_ON_DUTY: _l("went on duty"),
    Action.LEAVE_DUTY: _l("left duty"),
    Action.BEGIN_GROUP: _l("began a group"),
    Action.CHANGE_GROUP: _l("changed a group"),
    Action.END_GROUP: _l("ended a group"),
    Action.ADD_FACILITATOR: _l("named a facilitator"),
    Action.DROP_FACILITATOR: _l("took a facilitator from a group"),
    Action.TAKE_IN: _l("took someone into a group"),
    Action.DECLINE_WISH: _l("declined a wish to join a group"),
    Action.GIVE_PLACE_BACK: _l("gave a member's place in a group back"),
    Action.PLAN_SESSIONS: _l("planned sessions of a group"),
    Action.STOP_SESSIONS: _l("stopped planned sessions of a group"),
    Action.CALL_OFF: _l("called a session off"),
    Action.CLOSE_SESSION: _l("closed a session early"),
    Action.SET_STEP: _l("said what a session does now"),
    Action.LET_SPEAK: _l("gave someone the word in a session"),
    Action.NOTE_SESSION: _l("wrote a note about a session"),
    Action.ANSWER_APPLICATION: _l("answered an application"),
    Action.GIVE_WORD: _l("gave the first word for a role"),
    Action.TAKE_WORD_BACK: _l("took the word for a role back"),
    Action.REVIEW: _l("looked at a decision of somebody new"),
    Action.ADD_SLOT: _l("added a slot to the rota"),
    Action.REMOVE_SLOT: _l("removed a slot from the rota"),
    Action.ASK_PERSON: _l("asked whether two names are one person"),
    Action.ALLOW_PERSON: _l("allowed a question about two names"),
    Action.DECLINE_PERSON: _l("declined a question about two names"),
    Action.CHECK_HELP: _l("tried a help line"),
    Action.EDIT_HELP: _l("changed a help line"),
    Action.ADD_HELP: _l("added a help line"),
    Action.ADD_ROOM: _l("added a room"),
    Action.EDIT_ROOM: _l("changed a room"),
    Action.READ_PERSON: _l("read whether two names are one person"),
}
ROLE_NAMES = {
    Role.VOLUNTEER: _l("volunteer"),
    Role.MODERATOR: _l("moderator"),
    Role.LEAD: _l("lead"),
    Role.ADMIN: _l("admin"),
    OPERATOR: _l("operator"),
}
KIND_NAMES = {
    SubjectKind.CASE: _l("case"),
    SubjectKind.POST: _l("post"),
    SubjectKind.MEMBER: _l("person"),
    SubjectKind.MEASURE: _l("measure"),
    SubjectKind.RULES_VERSION: _l("rules version"),
    SubjectKind.RULES_RUN: _l("run over old posts"),
    SubjectKind.ALERT: _l("alert"),
    SubjectKind.ALERT_DELIVERY: _l("message of an alert"),
    SubjectKind.GROUP: _l("support group"),
    SubjectKind.MEETING: _l("session of a group"),
    SubjectKind.APPLICATION: _l("application"),
    SubjectKind.DECISION: _l("decision"),
    SubjectKind.ROTA_SLOT: _l("slot of the rota"),
    SubjectKind.PERSON_QUESTION: _l("question about two names"),
    SubjectKind.HELP_ENTRY: _l("entry of the help directory"),
    SubjectKind.ROOM: _l("room"),
}


class SearchForm(FlaskForm):
    """A search. It is sent by GET, so that a page of results has an address."""

    class Meta:
        """A search changes nothing and needs no token."""

        csrf = False

    action = SelectField(
        _l("What was done"),
        choices=[
            SelectChoice("", _l("anything")),
            *(SelectChoice(action.value, name) for action, name in ACTION_NAMES.items()),
        ],
        default="",
    )
    actor = SelectField(_l("By whom"), default="")
    kind = SelectField(
        _l("To what"),
        choices=[
            SelectChoice("", _l("anything")),
            *(SelectChoice(kind.value, name) for kind, name in KIND_NAMES.items()),
        ],
        default="",
    )
    subject = IntegerField(
        _l("Its number"), [Optional(), NumberRange(1, MAX_ID, _l("Please write a row's number."))]
    )
    since = DateField(_l("Since"), [Optional()])

    def validate_subject(self, field: IntegerField) -> None:
        """Ask for the kind that a number belongs to."""
        if field.data is not None and not self.kind.data:
            raise ValidationError(_("Please say what the number belongs to."))

    def since_moment(self) -> datetime | None:
        """Return the beginning of the day that the search begins with."""
        day = self.since.data
        return datetime.combine(max(day, EARLIEST), time(), WIB) if day else None

    def asked(self) -> dict[str, Any]:
        """Return the filters that are set, as the page's address has them."""
        return {
            field.name: field.data.isoformat() if field is self.since else field.data
            for field in self
            if field.data
        }
