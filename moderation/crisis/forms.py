"""What a browser may send about the protocol, and what its steps are called."""

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, TextAreaField
from wtforms.validators import AnyOf, InputRequired

from forum.web.forms import REQUIRED, CleanText
from moderation.cases.forms import MAX_NOTE, CaseForm
from moderation.crisis.models import Step

STEP_NAMES = {
    Step.ASKED: _l("Asked plainly"),
    Step.DISTANCE: _l("Made some distance"),
    Step.SOMEONE: _l("Someone near them"),
    Step.LINE: _l("Offered a line"),
    Step.COMPANY: _l("Asked a second moderator"),
    Step.NEXT_CONTACT: _l("Agreed on the next contact"),
    Step.THANKED: _l("Looked after the thread"),
    Step.DEBRIEF: _l("Talked it through"),
}
STEP_HINTS = {
    Step.ASKED: _l(
        "Safe right now? Alone? Is something near that could hurt? One question a time."
    ),
    Step.DISTANCE: _l("Away from what could hurt, or given to someone. The door unlocked."),
    Step.SOMEONE: _l("One person who can come. Offer to find the words together."),
    Step.LINE: _l("119, the nearest emergency room, Healing119. Their city only if they want."),
    Step.COMPANY: _l("One of you writes. The other looks numbers up and keeps the time line."),
    Step.NEXT_CONTACT: _l("When you write again, and whether they want that."),
    Step.THANKED: _l("Thank those who answered, and check what they can still read."),
    Step.DEBRIEF: _l("A few minutes with your second moderator before you go."),
}


class StepForm(CaseForm):
    """A step that was done, or is taken back."""

    step = HiddenField(validators=[InputRequired(), AnyOf([step.value for step in Step])])


class TimeLineForm(CaseForm):
    """A note on the time line."""

    note = TextAreaField(
        _l("Note on the time line"),
        [REQUIRED, CleanText(MAX_NOTE)],
        description=_l("What happened, and what was said. No names, no ways."),
    )
