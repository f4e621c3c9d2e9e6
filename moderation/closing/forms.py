"""What a browser may send to end a case, to name a service, or to judge blind."""

from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, RadioField, SelectChoice, SelectField, TextAreaField
from wtforms.validators import InputRequired, NumberRange, Optional, StopValidation

from forum.web.forms import OptionalText
from moderation.cases.forms import MAX_NOTE, CaseForm, NoteForm
from moderation.cases.models import CloseReason
from moderation.closing.models import Consent, Judgement, Outcome, Service, Taken
from moderation.closing.operations import CARED_FOR

CLOSE_REASONS = {
    CloseReason.ANSWERED: _l("Answered and heard"),
    CloseReason.REFERRED: _l("Referred to a service"),
    CloseReason.NO_RISK: _l("No risk after reading"),
    CloseReason.RULE_BREACH: _l("Breach of the agreement, dealt with"),
    CloseReason.DUPLICATE: _l("Belongs to another case"),
}
OUTCOMES = {
    Outcome.SAFE: _l("Safe, as they say themselves"),
    Outcome.HANDED_OVER: _l("With a service or someone near"),
    Outcome.UNKNOWN: _l("We don't know"),
}
CONSENTS = {
    Consent.YES: _l("Yes, they want it"),
    Consent.NO: _l("No, they would rather not"),
    Consent.NOT_ASKED: _l("Not asked yet"),
}
SERVICES = {
    Service.PUSKESMAS: _l("Puskesmas or family doctor"),
    Service.EMERGENCY_ROOM: _l("Emergency room"),
    Service.LINE: _l("A help line"),
    Service.PSYCHOLOGIST: _l("Psychologist or psychiatrist"),
}
TAKEN = {
    Taken.YES: _l("reached it"),
    Taken.NO: _l("did not reach it"),
    Taken.UNKNOWN: _l("not known"),
}
JUDGEMENTS = {
    Judgement.NEEDS_ANSWER: _l("It needs an answer"),
    Judgement.NO_ACTION: _l("It needs no action"),
}


class _StateOfHeavy:
    """A choice that a red or crisis case needs where the person was cared for."""

    def __init__(self, message: str) -> None:
        self._message = message

    def __call__(self, form: "CloseForm", field: RadioField) -> None:
        if not field.data:
            field.errors = []
            cared_for = form.reason.data in {reason.value for reason in CARED_FOR}
            raise StopValidation(self._message if form.heavy and cared_for else None)


class CloseForm(NoteForm):
    """The end of a case. The view says by `heavy` whether it is red or crisis."""

    heavy = False

    reason = RadioField(
        _l("How did it end?"),
        [InputRequired(_l("Please choose a reason."))],
        choices=[SelectChoice(reason.value, text) for reason, text in CLOSE_REASONS.items()],
    )
    outcome = RadioField(
        _l("How are they now?"),
        [_StateOfHeavy(_l("Please say how they are now."))],
        choices=[SelectChoice(outcome.value, text) for outcome, text in OUTCOMES.items()],
    )
    consent = RadioField(
        _l("May we write to them again?"),
        [_StateOfHeavy(_l("Please say whether they want it."))],
        choices=[SelectChoice(consent.value, text) for consent, text in CONSENTS.items()],
    )
    owner = SelectField(_l("Who writes again?"), [Optional()], validate_choice=False)
    declined = TextAreaField(
        _l("If nobody should write again: why?"),
        [OptionalText(MAX_NOTE)],
        description=_l("Leave it empty, and the contacts are planned."),
    )


class OpinionForm(NoteForm):
    """What someone who reads blind thinks."""

    judgement = RadioField(
        _l("What does this case need?"),
        [InputRequired(_l("Please choose one of the two."))],
        choices=[SelectChoice(one.value, text) for one, text in JUDGEMENTS.items()],
    )


class TakenForm(CaseForm):
    """Whether a service was reached."""

    referral = IntegerField(validators=[InputRequired(), NumberRange(1, 2**31 - 1)])
    taken = SelectField(
        _l("Did they reach it?"),
        [InputRequired()],
        choices=[SelectChoice(taken.value, text) for taken, text in TAKEN.items()],
    )


class ReferForm(CaseForm):
    """A service that was named to the person: the slug of an entry, or a kind of service."""

    service = SelectField(_l("Which service?"), [InputRequired()], validate_choice=False)
    taken = SelectField(
        _l("Did they reach it?"),
        [InputRequired()],
        choices=[SelectChoice(taken.value, text) for taken, text in TAKEN.items()],
        default=Taken.UNKNOWN.value,
    )
