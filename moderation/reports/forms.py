"""What a browser may send of a report."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectChoice, TextAreaField
from wtforms.validators import InputRequired

from forum.web.forms import OptionalText
from moderation.cases.forms import MAX_NOTE
from moderation.cases.models import Door


class ReportForm(FlaskForm):
    """A member's word about a post, through one of two doors."""

    door = RadioField(
        _l("What is it about?"),
        [InputRequired(_l("Please choose one of the two."))],
        choices=[
            SelectChoice(Door.WORRY.value, _l("I'm worried about this person")),
            SelectChoice(Door.BREACH.value, _l("This breaks the agreement")),
        ],
    )
    note = TextAreaField(
        _l("Anything we should know?"),
        [OptionalText(MAX_NOTE)],
        description=_l("You can leave this empty. The writer never learns who told us."),
    )
