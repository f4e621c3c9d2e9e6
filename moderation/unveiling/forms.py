"""What a browser may send to ask about two names, and to decide it."""

from urllib.parse import urlsplit

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectChoice, StringField, TextAreaField
from wtforms.validators import InputRequired

from forum.web.forms import REQUIRED, CleanText
from moderation.cases.forms import MAX_NOTE, CaseForm
from moderation.unveiling.models import Ground

GROUNDS = {
    Ground.DANGER: _l("Someone in danger may be reached through the other case"),
    Ground.HARM: _l("One person may harm others under several names"),
    Ground.LAW: _l("A written demand by law"),
}


class PersonForm(CaseForm):
    """A question about this case and another one."""

    other = StringField(
        _l("Address of the other case"),
        [REQUIRED],
        description=_l("Open it on the desk and copy its address."),
    )
    ground = RadioField(
        _l("Why do you ask?"),
        [InputRequired(_l("Please choose a reason."))],
        choices=[SelectChoice(ground.value, text) for ground, text in GROUNDS.items()],
    )
    known = TextAreaField(_l("What the second person should know"), [REQUIRED, CleanText(MAX_NOTE)])

    @property
    def other_id(self) -> str:
        """The public id in what was pasted: a whole address, its path, or the id alone."""
        return urlsplit((self.other.data or "").strip()).path.rstrip("/").rsplit("/", 1)[-1]


class DecisionForm(FlaskForm):
    """Allowing or declining it."""

    answer = RadioField(choices=["allow", "decline"], validators=[InputRequired()])
