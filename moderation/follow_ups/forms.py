"""What a browser may send about follow-ups."""

from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField

from forum.web.forms import REQUIRED, CleanText
from moderation.cases.forms import MAX_NOTE, CaseForm


class EndForm(CaseForm):
    """The end of the contacts that are still planned."""

    why = TextAreaField(_l("Why end them?"), [REQUIRED, CleanText(MAX_NOTE)])
