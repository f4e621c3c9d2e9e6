"""What a browser may send about the rota."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, IntegerField, SelectChoice, SelectField
from wtforms.validators import InputRequired, NumberRange

MAX_ID = 2**31 - 1
WEEKDAYS = (
    _l("Monday"),
    _l("Tuesday"),
    _l("Wednesday"),
    _l("Thursday"),
    _l("Friday"),
    _l("Saturday"),
    _l("Sunday"),
)
LENGTHS = (1, 2, 3, 4)


class SlotForm(FlaskForm):
    """A slot of the week."""

    weekday = SelectField(
        _l("Day"),
        coerce=int,
        choices=[SelectChoice(number, name) for number, name in enumerate(WEEKDAYS)],
    )
    hour = SelectField(
        _l("From (WIB)"),
        coerce=int,
        default=20,
        choices=[SelectChoice(hour, f"{hour:02d}:00") for hour in range(24)],
    )
    length = SelectField(
        _l("How many hours"),
        coerce=int,
        default=2,
        choices=[SelectChoice(length, str(length)) for length in LENGTHS],
    )


class SignUpForm(FlaskForm):
    """A slot on a day."""

    slot = IntegerField(validators=[InputRequired(), NumberRange(1, MAX_ID)])
    day = DateField(validators=[InputRequired()])


class TurnForm(FlaskForm):
    """A turn: the button alone."""


class SwapForm(FlaskForm):
    """The turn that one gives for another."""

    given = IntegerField(validators=[InputRequired(), NumberRange(1, MAX_ID)])
