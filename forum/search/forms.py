"""What a browser may send to search."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import IntegerField, StringField
from wtforms.validators import NumberRange, Optional

from forum.web.forms import CleanText

MAX_ASKED = 200


class AskedText(CleanText):
    """A query that is empty or too long."""

    advice = _l("A few words are enough.")


class SearchForm(FlaskForm):
    """A query. It is sent by POST, so that it stands in no address, history or log."""

    asked = StringField(_l("What are you looking for?"), [AskedText(MAX_ASKED, one_line=True)])
    page = IntegerField(validators=[Optional(), NumberRange(1, 100)])
