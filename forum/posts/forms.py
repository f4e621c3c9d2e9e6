"""What a browser may send about posts."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    HiddenField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
)

from forum.accounts.aliases import AliasChosen, TooAlike, suggest_aliases
from forum.accounts.forms import NAME_TAKEN, check_name
from forum.accounts.models import Member
from forum.posts.models import Wish
from forum.rooms.models import ContentWarning
from forum.text import MAX_BODY, MAX_TITLE
from forum.web.forms import REQUIRED, CleanText, SubmissionKeyField
from forum.web.pages import WARNING_NAMES


def warning_field() -> SelectField:
    """Return a field that chooses a content warning."""
    return SelectField(
        _l("What does it mention?"),
        choices=[SelectChoice(warning.value, name) for warning, name in WARNING_NAMES.items()],
        coerce=ContentWarning,
        default=ContentWarning.NONE,
        description=_l("Readers can then choose whether to open it."),
    )


def wish_field() -> RadioField:
    """Return a field that says what would help the one who writes."""
    return RadioField(
        _l("What would help you?"),
        choices=[
            SelectChoice(Wish.NONE, _l("I don't know yet")),
            SelectChoice(Wish.LISTEN, _l("Somebody who listens")),
            SelectChoice(Wish.ADVICE, _l("Ideas and experiences")),
            SelectChoice(Wish.COMPANY, _l("Some company")),
        ],
        coerce=Wish,
        default=Wish.NONE,
        description=_l("Those who read you are told."),
    )


OWN, OTHER = "own", "other"


class NameForm(FlaskForm):
    """Under which name someone writes in a room for the first time. Left out, it is their own."""

    write_as = RadioField(_l("Under which name?"), choices=[OWN, OTHER], default=OWN)
    alias = StringField(
        _l("Another name, for this room alone"),
        description=_l("Nobody else learns that both names are you. Later it stays as it is."),
    )

    def validate_alias(self, field: StringField) -> None:
        """Refuse what a pseudonym can't be either; nothing is asked where none was wanted."""
        if self.write_as.data == OTHER:
            check_name(field)

    @property
    def name(self) -> str | None:
        """The other name that was asked for, or None."""
        return self.alias.data if self.write_as.data == OTHER else None

    def offer(self, member: Member) -> None:
        """Offer the member's own name, and some that share nothing with it."""
        self.suggestions = suggest_aliases(member)
        self.write_as.choices = [
            SelectChoice(OWN, _l("As %(name)s", name=member.pseudonym)),
            SelectChoice(OTHER, _l("Under another name")),
        ]
        if not self.alias.data:
            self.alias.data = self.suggestions[0]

    def refuse(self, refusal: Exception) -> None:
        """Say beside the field why a name can't be had."""
        words = {
            TooAlike: _l("This looks like your other name, so it could tell. Another one?"),
            AliasChosen: _l("You have chosen a name for this room meanwhile. It stays."),
        }
        self.alias.errors = [words.get(type(refusal), NAME_TAKEN)]


class ReplyForm(NameForm):
    """An answer in a thread."""

    body = TextAreaField(_l("Your reply"), [REQUIRED, CleanText(MAX_BODY)])
    warning = warning_field()
    # Asked for with the first words in a room that has an agreement.
    agreed = BooleanField(_l("I have read what this room agrees on, and go along with it."))
    submission_key = SubmissionKeyField()
    # The address of the post that it answers, where it answers a single one.
    quote = HiddenField()
    # Whether its writer has seen what the rules see in it.
    looked = HiddenField()


class ThreadForm(ReplyForm):
    """A new thread."""

    title = StringField(
        _l("Title"),
        [REQUIRED, CleanText(MAX_TITLE, one_line=True)],
        description=_l("A few words, so that others know what it is about."),
    )
    body = TextAreaField(_l("What is on your mind?"), [REQUIRED, CleanText(MAX_BODY)])
    wish = wish_field()


class EditForm(FlaskForm):
    """A new text for one's own reply."""

    body = TextAreaField(_l("Your text"), [REQUIRED, CleanText(MAX_BODY)])
    warning = warning_field()
    looked = HiddenField()


class EditThreadForm(EditForm):
    """A new text for the opening of one's own thread."""

    title = StringField(_l("Title"), [REQUIRED, CleanText(MAX_TITLE, one_line=True)])
    wish = wish_field()


class DeleteForm(FlaskForm):
    """The wish to take one's own words back."""
