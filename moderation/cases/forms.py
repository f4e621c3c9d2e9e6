"""What a browser may send about cases."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import IntegerField, RadioField, SelectChoice, SelectField, TextAreaField
from wtforms.validators import InputRequired, NumberRange, ValidationError

from forum.text import MAX_BODY
from forum.web.forms import REQUIRED, CleanText, OptionalText, SubmissionKeyField
from moderation.care.models import QuickAnswer
from moderation.cases.models import HoldReason

MAX_NOTE = 1_000

HOLD_REASONS = {
    HoldReason.COLLEAGUE: _l("I am asking a colleague"),
    HoldReason.PERSON: _l("I wait for the person's answer"),
    HoldReason.SERVICE: _l("I am looking for a place or a number"),
}
HOLD_MINUTES = (15, 30, 60, 120, 240, 480, 720, 1440)


class CaseForm(FlaskForm):
    """An act on a case, on the version of it that the moderator has seen."""

    version = IntegerField(validators=[InputRequired(), NumberRange(0, 2**31 - 1)])


class NoteForm(CaseForm):
    """An act with a note for colleagues."""

    note = TextAreaField(_l("Note for colleagues"), [OptionalText(MAX_NOTE)])


class CaseReplyForm(CaseForm):
    """A public answer as a volunteer."""

    body = TextAreaField(_l("Your reply"), [REQUIRED, CleanText(MAX_BODY)])
    submission_key = SubmissionKeyField()


class CheckInForm(CaseReplyForm):
    """A private message to the person of a case."""

    body = TextAreaField(
        _l("Your message to them"),
        [REQUIRED, CleanText(MAX_BODY)],
        description=_l("Only they and the volunteers read it. Your role and name are added."),
    )


class AnswerForm(FlaskForm):
    """What a member answers in a check-in: one press, words, or both."""

    answer = RadioField(
        choices=[answer.value for answer in QuickAnswer],
        coerce=QuickAnswer,
        default=QuickAnswer.NONE,
    )
    body = TextAreaField(_l("Or in your own words"), [OptionalText(MAX_BODY)])
    submission_key = SubmissionKeyField()

    def validate_body(self, field: TextAreaField) -> None:
        """Ask for words only where nothing was pressed."""
        if self.answer.data is QuickAnswer.NONE and not (field.data or "").strip():
            raise ValidationError(_l("Please write something here."))


class PinForm(CaseForm):
    """A help entry to pin."""

    entry = SelectField(_l("Help to pin"), [InputRequired()], validate_choice=False)


class HoldForm(NoteForm):
    """A case that is kept while others are asked."""

    why = RadioField(
        _l("What do you wait for?"),
        [InputRequired(_l("Please choose a reason."))],
        choices=[SelectChoice(reason.value, text) for reason, text in HOLD_REASONS.items()],
    )
    minutes = SelectField(
        _l("For how long at most?"),
        coerce=int,
        choices=[SelectChoice(minutes, str(minutes)) for minutes in HOLD_MINUTES],
    )
