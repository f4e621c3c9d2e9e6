"""What a browser may send on the way to professionals. Nothing of it is kept."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectChoice, SelectField
from wtforms.validators import InputRequired

from forum.help.choices import REASONS
from forum.help.regions import PLACES


class ReferralForm(FlaskForm):
    """What for, and where. It is sent by POST, so that it stands in no address or history."""

    reason = RadioField(
        _l("What is it about?"),
        [InputRequired(_l("Please choose what comes closest."))],
        choices=[SelectChoice(code, name) for code, name in REASONS.items()],
    )
    region = SelectField(
        _l("Where are you?"),
        choices=[
            SelectChoice("", _l("Rather not say")),
            *(SelectChoice(code, name) for code, name in PLACES.items()),
        ],
        description=_l("Only for lines of that place. You need not say."),
    )
