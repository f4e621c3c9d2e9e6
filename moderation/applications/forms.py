"""What a browser may send about volunteering."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectChoice,
    StringField,
    TextAreaField,
)
from wtforms.validators import AnyOf, InputRequired, NumberRange
from wtforms.widgets import HiddenInput

from forum.accounts.models import Role
from forum.web.forms import REQUIRED, CleanText, OptionalText

# Past what an id can be, PostgreSQL refuses the number itself.
MAX_ID = 2**31 - 1
MAX_MOTIVATION = 2_000
MAX_TIMES = 500
MAX_LANGUAGES = 200


class _Short(CleanText):
    advice = _l("A few sentences are enough.")


class ApplyForm(FlaskForm):
    """An application."""

    motivation = TextAreaField(
        _l("What brings you here?"),
        [_Short(MAX_MOTIVATION)],
        description=_l("A few sentences are enough. No names, places or numbers, please."),
    )
    times = TextAreaField(
        _l("When could you be here?"),
        [_Short(MAX_TIMES)],
        description=_l("For example: Tuesday and Friday, 8 to 10 in the evening."),
    )
    languages = StringField(
        _l("Which languages do you speak with ease?"), [_Short(MAX_LANGUAGES, one_line=True)]
    )
    adult = BooleanField(_l("I am 18 or older."), [REQUIRED])
    limits = BooleanField(_l("I have read these limits and agree to them."), [REQUIRED])


class AnswerForm(FlaskForm):
    """An answer to an application."""

    outcome = RadioField(
        _l("Your answer"),
        [InputRequired(_l("Please choose one."))],
        choices=[
            SelectChoice("welcome", _l("Welcome, they may begin to learn")),
            SelectChoice("not_now", _l("Not now, they may ask again later")),
        ],
    )
    words = TextAreaField(
        _l("Some words of your own, if you like"),
        [OptionalText(MAX_TIMES)],
        description=_l("A kind text goes out in any case. Yours stands below it."),
    )


class LeaveForm(FlaskForm):
    """The end of one's own role."""

    sure = BooleanField(_l("Yes, I step back."), [REQUIRED])


class PersonForm(FlaskForm):
    """Whom an act about a role is about."""

    person = IntegerField(widget=HiddenInput(), validators=[NumberRange(1, MAX_ID)])


class WordForm(PersonForm):
    """One's word that somebody takes on a role, or the end of that word."""

    role = HiddenField(
        default=Role.VOLUNTEER.value,
        validators=[AnyOf([Role.VOLUNTEER.value, Role.MODERATOR.value])],
    )
