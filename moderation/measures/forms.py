"""What a browser may send about measures."""

import re
from typing import Any, ClassVar

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    TextAreaField,
)
from wtforms.validators import InputRequired, ValidationError

from forum.posts.forms import warning_field
from forum.text import Span, clean
from forum.web.forms import OptionalText
from moderation.cases.forms import NoteForm
from moderation.measures import bulk
from moderation.measures.models import MeasureKind, MeasureReason
from moderation.measures.operations import Why
from moderation.measures.wordings import REASONS, ready_words, reasons_for

MAX_WORDS = 1_000
CHOOSE_REASON = _l("Please choose a reason.")


def _reason_field(act: MeasureKind) -> SelectField:
    reasons = reasons_for(act)
    choices = [SelectChoice(reason.value, REASONS[reason]) for reason in reasons]
    if len(reasons) > 1:
        choices.insert(0, SelectChoice("", _l("Choose a reason")))
    return SelectField(
        _l("Reason, as the member reads it"), [InputRequired(CHOOSE_REASON)], choices=choices
    )


def _words_field() -> TextAreaField:
    return TextAreaField(
        _l("Words to the member"),
        [OptionalText(MAX_WORDS)],
        description=_l("Leave it empty to send the ready sentence for the reason."),
    )


class MeasureForm(NoteForm):
    """A measure, with its reason and words to the member."""

    act: ClassVar[MeasureKind]
    words = _words_field()

    def why(self, language: str) -> Why:
        """Return the reason, the typed words to the member or else the ready ones, and the note."""
        reason = MeasureReason(self.reason.data)
        words = clean(self.words.data or "") or ready_words(self.act, reason, language)
        return Why(reason, words, clean(self.note.data or ""))


class PostMeasureForm(MeasureForm):
    """A measure on one post of the case."""

    post_id = HiddenField(validators=[InputRequired()])


class HideForm(PostMeasureForm):
    """Hide or hold a post."""

    act = MeasureKind.HIDE
    reason = _reason_field(act)


class RestoreForm(PostMeasureForm):
    """Show a post again."""

    act = MeasureKind.RESTORE
    reason = _reason_field(act)


def _read_span(value: Any) -> Span:
    found = re.fullmatch(r"(\d{1,6})-(\d{1,6})", str(value))
    if not found:
        raise ValueError
    return int(found[1]), int(found[2])


class MaskForm(PostMeasureForm):
    """Cover places of a post: what the rules have marked, words, or both."""

    act = MeasureKind.MASK
    post_version = IntegerField(validators=[InputRequired()])
    places = SelectMultipleField(coerce=_read_span, validate_choice=False)
    exact = TextAreaField(
        _l("Exact words to cover"),
        [OptionalText(MAX_WORDS)],
        description=_l("As they stand in the post. They are covered wherever they stand."),
    )
    in_quotes = BooleanField(_l("Cover them in quotes of other posts here too"), default=True)
    reason = _reason_field(act)

    def validate_exact(self, field: TextAreaField) -> None:
        """Ask for words where no place was chosen."""
        if not self.places.data and not (field.data or "").strip():
            raise ValidationError(_l("Choose a marked place, or write the words to cover."))


class UnmaskForm(PostMeasureForm):
    """Show covered places again."""

    act = MeasureKind.UNMASK
    places = SelectMultipleField(
        coerce=_read_span,
        validate_choice=False,
        validators=[InputRequired(_l("Choose what to show again."))],
    )
    reason = _reason_field(act)


class WarningForm(PostMeasureForm):
    """Fold a post behind a content warning."""

    act = MeasureKind.WARNING
    warning = warning_field()
    reason = _reason_field(act)


class LockForm(MeasureForm):
    """Let staff alone answer."""

    act = MeasureKind.LOCK
    reason = _reason_field(act)


class UnlockForm(MeasureForm):
    """Let everyone answer again."""

    act = MeasureKind.UNLOCK
    reason = _reason_field(act)


class SlowForm(MeasureForm):
    """Set the pace of a thread."""

    act = MeasureKind.SLOW
    minutes = SelectField(
        _l("Each person can write once in"),
        choices=[
            SelectChoice(5, _l("5 minutes")),
            SelectChoice(15, _l("15 minutes")),
            SelectChoice(60, _l("an hour")),
            SelectChoice(0, _l("no limit, the usual pace")),
        ],
        coerce=int,
    )
    reason = _reason_field(act)


class MoveForm(MeasureForm):
    """Put a thread into another room."""

    act = MeasureKind.MOVE
    room = SelectField(_l("To which room"), [InputRequired()], validate_choice=False)
    reason = _reason_field(act)


class MergeForm(NoteForm):
    """Join the case to another."""

    into = RadioField(
        _l("Which case goes on?"),
        [InputRequired(_l("Please choose a case."))],
        validate_choice=False,
    )


def _read_seen(value: Any) -> tuple[str, int]:
    found = re.fullmatch(r"([\w-]{1,40}):(\d{1,9})", str(value))
    if not found:
        raise ValueError
    return found[1], int(found[2])


class BulkForm(FlaskForm):
    """Cases to hide and close at once, each on the version that was shown."""

    cases = SelectMultipleField(
        coerce=_read_seen,
        validate_choice=False,
        validators=[InputRequired(_l("Choose at least one case."))],
    )
    reason = RadioField(
        _l("One reason for all"),
        [InputRequired(CHOOSE_REASON)],
        choices=[SelectChoice(reason.value, REASONS[reason]) for reason in bulk.REASONS],
    )
