"""What a browser may send about groups, from the side of their members."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, RadioField, SelectChoice, TextAreaField
from wtforms.validators import InputRequired, NumberRange, Optional

from forum.groups.feedback import Answer, Question
from forum.posts.forms import NameForm
from forum.text import MAX_BODY
from forum.web.forms import REQUIRED, CleanText, SubmissionKeyField


class JoinForm(NameForm):
    """The wish to join, with the agreement that was read."""

    version = IntegerField(validators=[InputRequired(), NumberRange(0, 2**31 - 1)])
    agreed = BooleanField(
        _l("I agree to this group's agreement"),
        [InputRequired(_l("Please read the agreement and tick it, if you agree."))],
    )


class LeaveForm(FlaskForm):
    """The wish to leave, for no reason that anybody asks."""


class SayForm(FlaskForm):
    """Words in a session."""

    body = TextAreaField(_l("Your words"), [REQUIRED, CleanText(MAX_BODY)])
    submission_key = SubmissionKeyField()


class HandForm(FlaskForm):
    """A hand that goes up or down."""


def _choices() -> list[SelectChoice]:
    return [
        SelectChoice(Answer.YES.value, _l("yes")),
        SelectChoice(Answer.SOME.value, _l("a little")),
        SelectChoice(Answer.NO.value, _l("not this time")),
    ]


class FeedbackForm(FlaskForm):
    """Two questions; each may be left out."""

    heard = RadioField(_l("Did you feel heard?"), [Optional()], choices=_choices())
    safe = RadioField(_l("Did it feel safe to be there?"), [Optional()], choices=_choices())

    @property
    def answers(self) -> dict[Question, Answer]:
        """What was answered."""
        given = {question: self[question.value].data for question in Question}
        return {question: Answer(said) for question, said in given.items() if said}
