"""What a browser may send about shifts and topics."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectChoice, SelectMultipleField, TextAreaField
from wtforms.widgets import CheckboxInput, ListWidget

from forum.rooms.models import ContentWarning
from forum.web.forms import OptionalText
from moderation.cases.forms import MAX_NOTE

TOPIC_NAMES = {
    ContentWarning.SUICIDE: _l("Suicide"),
    ContentWarning.SELF_HARM: _l("Self-harm"),
    ContentWarning.ABUSE: _l("Violence and abuse"),
    ContentWarning.EATING: _l("Eating"),
    ContentWarning.SUBSTANCE: _l("Alcohol and drugs"),
    ContentWarning.GRIEF: _l("Loss and grief"),
}


class BeginForm(FlaskForm):
    """The beginning of a shift."""

    anyway = BooleanField(_l("I begin all the same. This is written down."))


class DebriefForm(FlaskForm):
    """Three questions at the end of a shift; each may be left empty."""

    weighed = TextAreaField(_l("What stays with you from this shift?"), [OptionalText(MAX_NOTE)])
    helped = TextAreaField(_l("What helped, or went well?"), [OptionalText(MAX_NOTE)])
    wished = TextAreaField(
        _l("What would you like from a lead, such as a talk or a rest?"), [OptionalText(MAX_NOTE)]
    )


class TopicsForm(FlaskForm):
    """The topics that somebody would rather not be dealt."""

    topics = SelectMultipleField(
        _l("Rather not for me"),
        choices=[SelectChoice(topic.value, name) for topic, name in TOPIC_NAMES.items()],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
