"""What a browser may send to end a case, to name a service, or to judge blind."""

from collections.abc import Callable
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import Field, IntegerField, RadioField, SelectChoice, SelectField, TextAreaField
from wtforms.validators import InputRequired, NumberRange, Optional, StopValidation

from forum.web.forms import OptionalText
from moderation.cases.forms import MAX_NOTE, CaseForm, NoteForm
from moderation.cases.models import Case, CloseReason
from moderation.closing.models import Consent, Judgement, Outcome, Service, Taken
from moderation.closing.operations import CARED_FOR, asks_second, is_heavy
from moderation.measures.held import Verdict
from moderation.measures.models import MeasureKind, MeasureReason
from moderation.measures.wordings import REASONS, reasons_for

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


class _Needed:
    """A choice that is needed under a condition of the form, and else may be left."""

    def __init__(self, is_needed: Callable[[Any], bool], message: str) -> None:
        self._is_needed = is_needed
        self._message = message

    def __call__(self, form: "EndForm", field: Field) -> None:
        if not field.data:
            field.errors = []
            raise StopValidation(self._message if self._is_needed(form) else None)


class EndForm(NoteForm):
    """What can end a case. The view says by `holds` whether a post is held for it."""

    holds = False

    held = RadioField(
        _l("What becomes of it?"),
        [
            _Needed(
                lambda form: form.holds and form.ends_case(),
                _l("Please choose what becomes of what is held."),
            )
        ],
        choices=[
            SelectChoice(MeasureKind.RESTORE.value, _l("Show it to everyone")),
            SelectChoice(MeasureKind.HIDE.value, _l("Keep it hidden")),
        ],
    )
    held_reason = SelectField(
        _l("If it stays hidden: the reason, as the writer reads it"),
        [
            _Needed(
                lambda form: form.held.data == MeasureKind.HIDE.value,
                _l("Please choose a reason."),
            )
        ],
        choices=[
            SelectChoice("", _l("Choose a reason")),
            *(SelectChoice(one.value, REASONS[one]) for one in reasons_for(MeasureKind.HIDE)),
        ],
    )

    def ends_case(self) -> bool:
        """Return whether the case is closed by what was chosen."""
        raise NotImplementedError

    def verdict(self) -> Verdict | None:
        """Return what becomes of held posts, if that was chosen."""
        if self.held.data == MeasureKind.RESTORE.value:
            return Verdict(MeasureKind.RESTORE, MeasureReason.SAFE_AGAIN)
        if self.held.data == MeasureKind.HIDE.value:
            return Verdict(MeasureKind.HIDE, MeasureReason(self.held_reason.data))
        return None


def _is_state_needed(form: "CloseForm") -> bool:
    return is_heavy(form.case) and form.reason.data in {reason.value for reason in CARED_FOR}


class CloseForm(EndForm):
    """The end of a case, which the view adds as `case`."""

    case: Case

    reason = RadioField(
        _l("How did it end?"),
        [InputRequired(_l("Please choose a reason."))],
        choices=[SelectChoice(reason.value, text) for reason, text in CLOSE_REASONS.items()],
    )
    outcome = RadioField(
        _l("How are they now?"),
        [_Needed(_is_state_needed, _l("Please say how they are now."))],
        choices=[SelectChoice(outcome.value, text) for outcome, text in OUTCOMES.items()],
    )
    consent = RadioField(
        _l("May we write to them again?"),
        [_Needed(_is_state_needed, _l("Please say whether they want it."))],
        choices=[SelectChoice(consent.value, text) for consent, text in CONSENTS.items()],
    )
    owner = SelectField(_l("Who writes again?"), [Optional()], validate_choice=False)
    declined = TextAreaField(
        _l("If nobody should write again: why?"),
        [OptionalText(MAX_NOTE)],
        description=_l("Leave it empty, and the contacts are planned."),
    )

    def ends_case(self) -> bool:
        """Return whether nobody else reads the case first."""
        chosen = self.reason.data
        return chosen not in set(CloseReason) or not asks_second(self.case, CloseReason(chosen))


class OpinionForm(EndForm):
    """What someone who reads blind thinks."""

    judgement = RadioField(
        _l("What does this case need?"),
        [InputRequired(_l("Please choose one of the two."))],
        choices=[SelectChoice(one.value, text) for one, text in JUDGEMENTS.items()],
    )

    def ends_case(self) -> bool:
        """Return whether nobody saw a need to act."""
        return self.judgement.data == Judgement.NO_ACTION.value


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
