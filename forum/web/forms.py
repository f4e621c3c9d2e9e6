"""What the forms of every domain share."""

import secrets
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, ValidationError

from forum.text import TextTooLong, clean, clean_line

REQUIRED = DataRequired(_l("Please write something here."))


def at_most(limit: int) -> Length:
    """Return a validator that says in the page's language how many characters fit."""
    return Length(max=limit, message=_l("At most %(max)d characters fit here."))


class SubmissionKeyField(HiddenField):
    """A random key that makes sending a form twice the same as sending it once."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            validators=[DataRequired(), Length(min=16, max=64)],
            default=lambda: secrets.token_hex(16),
            **options,
        )


class CleanText:
    """Refuses a text that is empty or too long once it is clean, and says by how much."""

    # What to do with a text that is too long.
    advice = _l("You could shorten it or write the rest as a reply.")

    def __init__(self, limit: int, *, one_line: bool = False) -> None:
        self.limit = limit
        self.read = clean_line if one_line else clean

    def __call__(self, form: FlaskForm, field: StringField | TextAreaField) -> None:
        """Raise ValidationError with the reason in the reader's words."""
        try:
            text = self.read(field.data or "", self.limit)
        except TextTooLong as error:
            counted = _l(
                "This has %(length)d characters, and %(limit)d fit.",
                length=error.length,
                limit=error.limit,
            )
            raise ValidationError(f"{counted} {self.advice}") from None
        if not text:
            raise ValidationError(_l("Please write something here."))


class OptionalText(CleanText):
    """The same for a text that may be left out."""

    def __call__(self, form: FlaskForm, field: StringField | TextAreaField) -> None:
        """Raise ValidationError where there is a text and it is too long."""
        if field.data:
            super().__call__(form, field)
