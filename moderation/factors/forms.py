"""What a browser may send about second steps."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Length

from forum.web.forms import REQUIRED, CleanText
from moderation.factors.models import MAX_NAME, RecoveryReason

# A passkey's answer in JSON; the longest that keys give are a few kilobytes.
MAX_ANSWER = 20_000

REASON_NAMES = {
    RecoveryReason.LOST: _l("it is lost or stolen"),
    RecoveryReason.BROKEN: _l("it is broken or was reset"),
    RecoveryReason.TAKEN: _l("someone else may know or have it"),
}


class CodeAppForm(FlaskForm):
    """The first code of a new code app. `sealed` is the secret that the page shows."""

    sealed = HiddenField(validators=[InputRequired(), Length(max=400)])
    code = StringField(_l("The six digits that the app shows now"), [REQUIRED, Length(max=20)])


class PasskeyForm(FlaskForm):
    """A new passkey, as the browser has made it."""

    name = StringField(
        _l("A name for this passkey"),
        [REQUIRED, CleanText(MAX_NAME, one_line=True)],
        description=_l("Only you see it, such as: phone, laptop."),
    )
    answer = HiddenField(validators=[InputRequired(), Length(max=MAX_ANSWER)])


class FactorForm(FlaskForm):
    """The second step itself. Its names stand in no other form, as it can be part of any."""

    factor_code = StringField(_l("The six digits that your app shows now"), [Length(max=20)])
    factor_answer = HiddenField(validators=[Length(max=MAX_ANSWER)])


class _ReasonForm(FlaskForm):
    reason = SelectField(
        _l("What became of their second step?"),
        [InputRequired(_l("Please choose what fits best."))],
        choices=[
            SelectChoice("", _l("please choose")),
            *(SelectChoice(reason.value, name) for reason, name in REASON_NAMES.items()),
        ],
    )


class AskRecoveryForm(_ReasonForm):
    """The wish of a first admin."""

    person = SelectField(_l("Who"), [InputRequired(_l("Please choose somebody."))])

    def __init__(self, names: list[str], **options: Any) -> None:
        super().__init__(**options)
        people = [SelectChoice(name, name) for name in names]
        self.person.choices = [SelectChoice("", _l("please choose")), *people]


class AgreeForm(_ReasonForm):
    """The answer of a second admin."""

    person = HiddenField(validators=[InputRequired()])
