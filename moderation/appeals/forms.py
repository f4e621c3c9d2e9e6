"""What a browser may send about appeals."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectChoice, TextAreaField
from wtforms.validators import InputRequired

from forum.web.forms import REQUIRED, CleanText
from moderation.appeals.models import AppealOutcome
from moderation.appeals.operations import MAX_APPEAL
from moderation.cases.forms import MAX_NOTE, CaseForm


class _AppealText(CleanText):
    advice = _l("It is all still here. Perhaps the most important part is enough.")


class AppealForm(FlaskForm):
    """A wish for another look."""

    words = TextAreaField(
        _l("Your words"),
        [REQUIRED, _AppealText(MAX_APPEAL)],
        description=_l(
            "Up to %(limit)s characters. A few sentences are enough, in any order.",
            limit=f"{MAX_APPEAL}",
        ),
    )


class DecisionForm(CaseForm):
    """What becomes of the measure."""

    outcome = RadioField(
        _l("What do you decide?"),
        [InputRequired(_l("Please choose one of the two."))],
        choices=[
            SelectChoice(AppealOutcome.OVERTURNED.value, _l("Take the measure back")),
            SelectChoice(AppealOutcome.UPHELD.value, _l("The measure stands")),
        ],
        id="appeal-outcome",
    )
    words = TextAreaField(
        _l("Your words to them"),
        [REQUIRED, CleanText(MAX_NOTE)],
        description=_l("What you saw, and why you decided so. Thank them for asking."),
        id="appeal-words",
    )
