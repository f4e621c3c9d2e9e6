"""What a browser may send about topics."""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectChoice, SelectField

from forum.rooms.models import ContentWarning, Showing
from forum.web.pages import warning_name

TOPICS = tuple(warning for warning in ContentWarning if warning is not ContentWarning.NONE)
CHOICES = [
    SelectChoice(Showing.FOLDED, _l("Folded until I open it")),
    SelectChoice(Showing.LEFT_OUT, _l("Not in my lists")),
    SelectChoice(Showing.OPEN, _l("Open at once")),
]


class TopicsForm(FlaskForm):
    """How each topic is shown; one field for each, named after it."""

    @property
    def choices(self) -> dict[ContentWarning, Showing]:
        """What was chosen, by topic."""
        return {topic: self[topic.value].data for topic in TOPICS}


for _topic in TOPICS:
    setattr(
        TopicsForm,
        _topic.value,
        SelectField(
            LazyString(warning_name, _topic),
            choices=CHOICES,
            coerce=Showing,
            default=Showing.FOLDED,
        ),
    )
