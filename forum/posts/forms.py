"""What a browser may send about posts."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectChoice, SelectField, StringField, TextAreaField

from forum.rooms.models import ContentWarning
from forum.text import MAX_BODY, MAX_TITLE
from forum.web.forms import REQUIRED, CleanText, SubmissionKeyField
from forum.web.pages import warning_name


def warning_field() -> SelectField:
    """Return a field that chooses a content warning."""
    return SelectField(
        _l("What does it mention?"),
        choices=lambda: [
            SelectChoice(warning.value, warning_name(warning)) for warning in ContentWarning
        ],
        coerce=ContentWarning,
        default=ContentWarning.NONE,
        description=_l("Readers can then choose whether to open it."),
    )


class ReplyForm(FlaskForm):
    """An answer in a thread."""

    body = TextAreaField(_l("Your reply"), [REQUIRED, CleanText(MAX_BODY)])
    warning = warning_field()
    submission_key = SubmissionKeyField()


class ThreadForm(ReplyForm):
    """A new thread."""

    title = StringField(
        _l("Title"),
        [REQUIRED, CleanText(MAX_TITLE, one_line=True)],
        description=_l("A few words, so that others know what it is about."),
    )
    body = TextAreaField(_l("What is on your mind?"), [REQUIRED, CleanText(MAX_BODY)])


class EditForm(FlaskForm):
    """A new text for one's own reply."""

    body = TextAreaField(_l("Your text"), [REQUIRED, CleanText(MAX_BODY)])
    warning = warning_field()


class EditThreadForm(EditForm):
    """A new text for the opening of one's own thread."""

    title = StringField(_l("Title"), [REQUIRED, CleanText(MAX_TITLE, one_line=True)])


class DeleteForm(FlaskForm):
    """The wish to take one's own words back."""
