"""What a browser may send about a decision of somebody new."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectChoice, TextAreaField
from wtforms.validators import InputRequired

from forum.web.forms import OptionalText
from moderation.buddies.models import Verdict
from moderation.cases.forms import MAX_NOTE

VERDICT_NAMES = {
    Verdict.CONFIRMED: _l("I would have done the same"),
    Verdict.TALK: _l("Let us look at it together"),
}


class ReviewForm(FlaskForm):
    """What a colleague thinks of a decision."""

    verdict = RadioField(
        _l("How do you see it?"),
        [InputRequired(_l("Please choose one."))],
        choices=[SelectChoice(verdict.value, name) for verdict, name in VERDICT_NAMES.items()],
    )
    feedback = TextAreaField(
        _l("What was good, and what would you try next time?"), [OptionalText(MAX_NOTE)]
    )
