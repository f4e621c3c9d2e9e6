"""What a browser may send about an account."""

from enum import StrEnum

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectChoice, SelectField, TextAreaField
from wtforms.validators import InputRequired, ValidationError

from forum.web.forms import REQUIRED, CleanText
from moderation.cases.forms import MAX_NOTE, CaseForm, OptionalText
from moderation.measures.accounts import BEHAVIOURS, PAUSES, WARNABLE
from moderation.measures.models import MeasureReason

REASONS = {
    MeasureReason.PUSHING: _l("Pushed or mocked someone in danger"),
    MeasureReason.HARASSMENT: _l("Mocked or threatened someone"),
    MeasureReason.PERSONAL_DATA: _l("Showed somebody's personal data"),
    MeasureReason.DIAGNOSIS: _l("Gave diagnoses or advice on medicine"),
    MeasureReason.SPAM: _l("Sold, advertised or asked people elsewhere"),
    MeasureReason.METHOD: _l("Named ways, places or things (for a warning alone)"),
}
LENGTHS = {
    6: _l("6 hours"),
    24: _l("1 day"),
    72: _l("3 days"),
    168: _l("7 days"),
    720: _l("30 days"),
}


class AccountMeasure(StrEnum):
    """What the form can ask for."""

    WARN = "warn"
    PAUSE = "pause"
    ASK_TO_CLOSE = "ask_to_close"


class AccountForm(CaseForm):
    """A measure on the account of a case's person. Ids differ from those of the page's others."""

    measure = RadioField(
        _l("What should happen?"),
        [InputRequired(_l("Please choose one."))],
        choices=[
            SelectChoice(AccountMeasure.WARN.value, _l("Warn them")),
            SelectChoice(AccountMeasure.PAUSE.value, _l("Let them pause from writing")),
            SelectChoice(
                AccountMeasure.ASK_TO_CLOSE.value, _l("Ask a lead to close their account")
            ),
        ],
        id="account-measure",
    )
    hours = SelectField(
        _l("How long is the pause?"),
        choices=[SelectChoice(hours, LENGTHS[hours]) for hours in PAUSES],
        coerce=int,
        default=24,
        id="account-hours",
    )
    reason = RadioField(
        _l("Which rule is it about?"),
        [InputRequired(_l("Please choose a reason."))],
        choices=[SelectChoice(reason.value, REASONS[reason]) for reason in WARNABLE],
        id="account-reason",
    )
    words = TextAreaField(
        _l("Your words to them"),
        [REQUIRED, CleanText(MAX_NOTE)],
        description=_l("What they did, and why it hurts. About the act, never about the person."),
        id="account-words",
    )

    def validate_reason(self, field: RadioField) -> None:
        """Keep what is no act towards others for a warning."""
        if self.measure.data != AccountMeasure.WARN and field.data not in BEHAVIOURS:
            raise ValidationError(_l("This reason is for a warning alone."))


class LiftForm(CaseForm):
    """The end of a pause."""

    words = TextAreaField(
        _l("Your words to them"), [REQUIRED, CleanText(MAX_NOTE)], id="lift-words"
    )


class AskedForm(CaseForm):
    """A lead's answer to the wish to close an account."""

    answer = RadioField(
        _l("Close this account?"),
        [InputRequired(_l("Please choose one of the two."))],
        choices=[
            SelectChoice("close", _l("Yes, close it")),
            SelectChoice("keep", _l("No, it stays open")),
        ],
        id="asked-answer",
    )
    note = TextAreaField(_l("Note for colleagues"), [OptionalText(MAX_NOTE)], id="asked-note")
