"""What a browser may send about blocks."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectChoice
from wtforms.validators import InputRequired

MUTE, BLOCK = "mute", "block"


class BlockForm(FlaskForm):
    """How far apart from a name someone wants to be."""

    kind = RadioField(
        _l("What would you like?"),
        [InputRequired(_l("Please choose one of the two."))],
        choices=[
            SelectChoice(MUTE, _l("I don't want to read this name")),
            SelectChoice(BLOCK, _l("And this name doesn't see what I write")),
        ],
        default=MUTE,
    )
