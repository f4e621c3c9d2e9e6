"""What the team may send about groups."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    IntegerField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.validators import InputRequired, NumberRange, Optional, ValidationError

from forum.accounts.models import Member
from forum.accounts.operations import find_staff
from forum.groups.models import Joining, Keeping, Step
from forum.groups.operations import Wishes
from forum.posts.forms import warning_field
from forum.text import MAX_BODY, clean, clean_line
from forum.web.forms import REQUIRED, CleanText
from moderation.groups.operations import Reason

MAX_NAME = 80
MAX_TOPIC = 500
MAX_AGREEMENT = 2_000
MAX_NOTE = 2_000
LEAST, MOST = 2, 30

STEP_NAMES = {
    Step.ARRIVAL: _l("Arriving"),
    Step.ROUND: _l("How everyone is"),
    Step.THEME: _l("Today's theme"),
    Step.SILENCE: _l("A minute of silence"),
    Step.CLOSING: _l("Closing round"),
}


class PlainForm(FlaskForm):
    """An act that needs no more than a button."""


REASON_NAMES = {
    Reason.AGREEMENT: _l("What the group agreed on was not kept"),
    Reason.SAFETY: _l("Others could not feel safe beside them"),
    Reason.ELSEWHERE: _l("Something else would help them more now"),
}


class PlaceBackForm(FlaskForm):
    """Why somebody's place in the group is given back."""

    reason = SelectField(
        _l("Why?"),
        choices=[SelectChoice(reason.value, name) for reason, name in REASON_NAMES.items()],
    )


class GroupForm(FlaskForm):
    """What a group is."""

    name_id = StringField(_l("Name, in Indonesian"), [REQUIRED, CleanText(MAX_NAME, one_line=True)])
    name_en = StringField(_l("Name, in English"), [REQUIRED, CleanText(MAX_NAME, one_line=True)])
    topic_id = TextAreaField(
        _l("What it is about, in Indonesian"), [REQUIRED, CleanText(MAX_TOPIC)]
    )
    topic_en = TextAreaField(_l("What it is about, in English"), [REQUIRED, CleanText(MAX_TOPIC)])
    agreement_id = TextAreaField(
        _l("Agreement, in Indonesian"),
        [REQUIRED, CleanText(MAX_AGREEMENT)],
        description=_l("One point on each line."),
    )
    agreement_en = TextAreaField(
        _l("Agreement, in English"),
        [REQUIRED, CleanText(MAX_AGREEMENT)],
        description=_l("One point on each line."),
    )
    capacity = IntegerField(
        _l("How many places"),
        [InputRequired(), NumberRange(LEAST, MOST, _l("From 2 to 30 places."))],
        default=8,
        description=_l("Six to ten people can hear each other well."),
    )
    joining = RadioField(
        _l("How do people come in?"),
        [InputRequired()],
        choices=[
            SelectChoice(Joining.OPEN.value, _l("By themselves, while there is a place")),
            SelectChoice(Joining.ASK.value, _l("A facilitator says yes first")),
        ],
        default=Joining.OPEN.value,
    )
    warning = warning_field()

    @property
    def wishes(self) -> Wishes:
        """What was asked for, as operations take it."""
        return Wishes(
            name_id=clean_line(self.name_id.data),
            name_en=clean_line(self.name_en.data),
            topic_id=clean(self.topic_id.data),
            topic_en=clean(self.topic_en.data),
            agreement_id=clean(self.agreement_id.data),
            agreement_en=clean(self.agreement_en.data),
            capacity=self.capacity.data,
            joining=Joining(self.joining.data),
            content_warning=self.warning.data,
        )


class NewGroupForm(GroupForm):
    """A group that is to begin."""

    keeping = RadioField(
        _l("What becomes of the words of a session?"),
        [InputRequired(_l("Please choose one of the two."))],
        choices=[
            SelectChoice(Keeping.ERASE.value, _l("Erased an hour after it")),
            SelectChoice(Keeping.STAY.value, _l("They stay for the group to read")),
        ],
        description=_l("This can't be changed later: people speak as it was promised."),
    )
    facilitators = StringField(
        _l("Who leads it"),
        [REQUIRED],
        description=_l("Pseudonyms of people of the team, with commas. Two are best."),
    )

    def validate_facilitators(self, field: StringField) -> None:
        """Refuse names that nobody of the team has."""
        self.found = [_find(name) for name in (field.data or "").split(",") if name.strip()]
        if not self.found:
            raise ValidationError(_l("Please name somebody."))

    @property
    def leading(self) -> list[Member]:
        """The people who were named, each once."""
        return list({member.id: member for member in self.found}.values())


class FacilitatorForm(FlaskForm):
    """Somebody who is to lead a group."""

    pseudonym = StringField(_l("Pseudonym of someone of the team"), [REQUIRED])

    def validate_pseudonym(self, field: StringField) -> None:
        """Refuse a name that nobody of the team has."""
        self.member = _find(field.data or "")


class PlanForm(FlaskForm):
    """Sessions that are to be."""

    day = DateField(_l("Day"), [InputRequired(_l("Please choose a day."))])
    hour = TimeField(_l("Time"), [InputRequired(_l("Please choose a time."))])
    minutes = IntegerField(
        _l("How many minutes"),
        [InputRequired(), NumberRange(15, 180, _l("From 15 to 180 minutes."))],
        default=90,
    )
    is_weekly = BooleanField(_l("Every week at this time"), default=True)
    welcome = TextAreaField(
        _l("Your welcome"),
        [REQUIRED, CleanText(MAX_BODY)],
        description=_l("It opens each session, under your name."),
    )


class StepForm(FlaskForm):
    """What a session does now; empty is nothing in particular."""

    step = SelectField(
        _l("What happens now"),
        [Optional()],
        choices=[
            SelectChoice("", _l("nothing in particular")),
            *(SelectChoice(step.value, name) for step, name in STEP_NAMES.items()),
        ],
    )


class SessionNoteForm(FlaskForm):
    """A note about a session."""

    body = TextAreaField(
        _l("Your note"),
        [REQUIRED, CleanText(MAX_NOTE)],
        description=_l("Themes and numbers, no names. Never what someone might have."),
    )


def _find(name: str) -> Member:
    member = find_staff(name.strip())
    if member is None:
        raise ValidationError(
            _l("Nobody of the team is called “%(name)s”.", name=name.strip()[:40])
        )
    return member
