"""What a browser may send about accounts."""

from flask import current_app
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from forum.accounts.names import MAX_LENGTH as MAX_NAME
from forum.accounts.names import MIN_LENGTH as MIN_NAME
from forum.accounts.names import name_problem
from forum.accounts.passphrases import MAX_LENGTH, MIN_LENGTH, is_easy_to_guess
from forum.web.forms import REQUIRED, at_most

NAME_PROBLEMS = {
    "length": _l("A name has %(least)d to %(most)d characters.", least=MIN_NAME, most=MAX_NAME),
    "characters": _l(
        "A name can have the letters a to z, also with accents, and digits. "
        "Between them there is room for - _ . or a space."
    ),
    "personal": _l("This looks like a number that belongs to you. Another name keeps you safer."),
    "heavy": _l("This name could weigh on those who read it. Another one, perhaps?"),
    "staff": _l("This name could be taken for someone of the team. Another one, perhaps?"),
}

_PASSPHRASE_LENGTH = Length(
    MIN_LENGTH,
    MAX_LENGTH,
    _l("A passphrase has at least %(min)d characters. Three or four words work well."),
)


NAME_TAKEN = _l("Someone here has this name, or one that looks like it. Another one, perhaps?")


def check_name(field: StringField) -> None:
    """Tidy a chosen name; raise ValidationError if it tells too much or passes for another's."""
    field.data = " ".join((field.data or "").split())
    if problem := name_problem(field.data):
        raise ValidationError(NAME_PROBLEMS[problem])
    # The rules know what hurts or frightens; moderation lends them.
    if not current_app.extensions["may_be_name"](field.data):
        raise ValidationError(NAME_PROBLEMS["heavy"])


def check_passphrase(field: PasswordField, pseudonym: str) -> None:
    """Raise ValidationError for a chosen passphrase that a guesser tries first."""
    if is_easy_to_guess(field.data or "", pseudonym):
        raise ValidationError(_l("This one is easy to guess. A few words work well."))


class _ChoosingForm(FlaskForm):
    """A form in which somebody who is not signed in chooses a passphrase."""

    def validate_passphrase(self, field: PasswordField) -> None:
        """Refuse what a guesser tries first."""
        check_passphrase(field, self["pseudonym"].data or "")


class JoinForm(_ChoosingForm):
    """A wish to join. `proof` is the answer to a sum, where one was asked."""

    proof = HiddenField()

    pseudonym = StringField(
        _l("Your pseudonym"),
        [REQUIRED],
        description=_l("Not your real name, and not one you use elsewhere."),
    )
    passphrase = PasswordField(
        _l("Passphrase"),
        [REQUIRED, _PASSPHRASE_LENGTH],
        description=_l("Ten characters or more. A few words you can remember work well."),
    )
    adult = BooleanField(
        _l("I am 18 or older"),
        [
            InputRequired(
                _l(
                    "Please tick this if you are 18 or older. "
                    "If you are younger, there is help for your age on this page."
                )
            )
        ],
    )
    agreement = BooleanField(
        _l("I agree to the agreement, and that rules and volunteers may read what I post"),
        [InputRequired(_l("Please read the agreement and tick it, if you agree."))],
    )

    def validate_pseudonym(self, field: StringField) -> None:
        """Refuse names that tell too much or pass for someone else's."""
        check_name(field)


class SignInForm(FlaskForm):
    """A wish to come in."""

    proof = HiddenField()

    pseudonym = StringField(_l("Your pseudonym"), [REQUIRED])
    passphrase = PasswordField(_l("Passphrase"), [REQUIRED])


class RecoverForm(_ChoosingForm):
    """A recovery code and a new passphrase."""

    proof = HiddenField()

    pseudonym = StringField(_l("Your pseudonym"), [REQUIRED])
    code = StringField(_l("One of your recovery codes"), [REQUIRED, at_most(40)])
    passphrase = PasswordField(_l("New passphrase"), [REQUIRED, _PASSPHRASE_LENGTH])


class ChangeForm(FlaskForm):
    """Another passphrase, and the one until now."""

    current = PasswordField(
        _l("Your passphrase until now"),
        [REQUIRED],
        description=_l("So that nobody who finds this page open can take your account."),
    )
    passphrase = PasswordField(
        _l("New passphrase"),
        [REQUIRED, _PASSPHRASE_LENGTH],
        description=_l("Ten characters or more. A few words you can remember work well."),
    )

    def validate_passphrase(self, field: PasswordField) -> None:
        """Refuse what a guesser tries first."""
        check_passphrase(field, current_user.pseudonym)


class RenewForm(FlaskForm):
    """The wish for new recovery codes: they open the account, so an open page is not enough."""

    passphrase = PasswordField(
        _l("Your passphrase"),
        [REQUIRED],
        description=_l("So that nobody who finds this page open can take your account."),
    )
