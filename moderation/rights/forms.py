"""What a browser may send about data rights."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, PasswordField, RadioField, SelectChoice
from wtforms.validators import InputRequired

from forum.web.forms import REQUIRED
from moderation.rights.models import PostsFate


class CopyForm(FlaskForm):
    """The wish for a copy of one's own data: it holds all names and words of an account."""

    passphrase = PasswordField(
        _l("Your passphrase"),
        [REQUIRED],
        description=_l("So that nobody who finds this page open can read it all."),
    )


class EraseForm(FlaskForm):
    """The wish to have one's account deleted."""

    posts = RadioField(
        _l("What becomes of what you wrote?"),
        [InputRequired(_l("Please choose one of the two."))],
        choices=[
            SelectChoice(PostsFate.REMOVE.value, _l("Remove my posts")),
            SelectChoice(PostsFate.KEEP.value, _l("Keep my posts without my name")),
        ],
    )
    passphrase = PasswordField(_l("Your passphrase"), [REQUIRED])
    sure = BooleanField(
        _l("I know that this can't be taken back"),
        [InputRequired(_l("Please tick it, if you are sure."))],
    )
