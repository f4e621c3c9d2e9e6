"""What a browser may send about a room."""

from collections.abc import Sequence
from typing import Any

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    IntegerField,
    RadioField,
    SelectChoice,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, NumberRange, Optional, Regexp, ValidationError
from wtforms.widgets import CheckboxInput

from forum.accounts.models import Member
from forum.accounts.operations import find_staff
from forum.help.queries import pinnable_entries
from forum.posts.forms import warning_field
from forum.rooms.models import Policy, Room, Unscanned
from forum.text import clean, clean_line
from forum.web.forms import REQUIRED, CleanText, OptionalText
from forum.web.pages import day_name
from moderation.rooms.lines import BadLine, read_tags, write_tags

MAX_NAME = 80
MAX_DESCRIPTION = 500
MAX_AGREEMENT = 2_000
MAX_POSITION = 1_000

POLICIES = {
    Policy.AFTER_SCAN: _l("After the scan; the rules alone hold what is worst"),
    Policy.HELD_ON_AMBER: _l("After the scan, but what is amber waits for a human too"),
    Policy.READ_FIRST: _l("After a human has read it, whatever it is"),
    Policy.CLOSED: _l("Nobody writes here now; it can be read"),
}
MOST_MINUTES = 24 * 60
PLAIN = (
    "position",
    "slow_minutes",
    "days",
    "pinned",
    "is_listed",
    "content_warning",
    "holds_newcomers",
)
LINES = ("name_id", "name_en")
TEXTS = ("description_id", "description_en", "agreement_id", "agreement_en")


def _number_field(label: str, bounds: str, *, most: int, default: int) -> IntegerField:
    """Return a field for a number from 0 to `most`. `bounds` says so, as hint and as error."""
    needed = InputRequired(_l("Please write a number."))
    return IntegerField(
        label, [needed, NumberRange(0, most, bounds)], default=default, description=bounds
    )


class RoomForm(FlaskForm):
    """A room. Experiences are written one to a line."""

    name_id = StringField(_l("Name, in Indonesian"), [REQUIRED, CleanText(MAX_NAME, one_line=True)])
    name_en = StringField(_l("Name, in English"), [REQUIRED, CleanText(MAX_NAME, one_line=True)])
    description_id = TextAreaField(
        _l("What it is about, in Indonesian"), [REQUIRED, CleanText(MAX_DESCRIPTION)]
    )
    description_en = TextAreaField(
        _l("What it is about, in English"), [REQUIRED, CleanText(MAX_DESCRIPTION)]
    )
    agreement_id = TextAreaField(
        _l("Its own agreement, in Indonesian"),
        [OptionalText(MAX_AGREEMENT)],
        description=_l("One point on each line; may be empty. Who writes here accepts it once."),
    )
    agreement_en = TextAreaField(_l("Its own agreement, in English"), [OptionalText(MAX_AGREEMENT)])
    is_listed = BooleanField(
        _l("It stands in the list of rooms"),
        default=True,
        description=_l("Without it, only those who know the address find the room."),
    )
    position = _number_field(
        _l("Place in the list"),
        _l("From 0 to 1000. The smallest stands first."),
        most=MAX_POSITION,
        default=100,
    )
    policy = RadioField(
        _l("When do others see what is written?"),
        [InputRequired()],
        choices=[SelectChoice(policy.value, name) for policy, name in POLICIES.items()],
        default=Policy.AFTER_SCAN.value,
    )
    unscanned = RadioField(
        _l("What if no worker has scanned a post in time?"),
        [InputRequired()],
        choices=[
            SelectChoice(Unscanned.SHOW.value, _l("It is shown, with ways to help below it")),
            SelectChoice(Unscanned.HOLD.value, _l("It waits")),
        ],
        default=Unscanned.HOLD.value,
        description=_l("Where amber or everything waits for a human, it always waits."),
    )
    slow_minutes = _number_field(
        _l("Minutes between two posts of one person"),
        _l("From 0 to 1440; 0 is no slow mode."),
        most=MOST_MINUTES,
        default=0,
    )
    hours = StringField(
        _l("Hours in which members write (WIB)"),
        [
            Optional(),
            Regexp(
                r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d\Z",
                message=_l("Write them as 20:00-23:00."),
            ),
        ],
        description=_l("As 20:00-23:00; empty is day and night. Reading is always open."),
    )
    days = SelectMultipleField(
        _l("Days on which these hours begin"),
        choices=[SelectChoice(number, LazyString(day_name, number)) for number in range(1, 8)],
        coerce=int,
        option_widget=CheckboxInput(),
        description=_l("None is every day."),
    )
    holds_newcomers = BooleanField(_l("The first posts of new accounts wait for a human"))
    content_warning = warning_field()
    tags = TextAreaField(
        _l("Experiences that members may show here"),
        description=_l(
            "One to a line: code | Indonesian | English. What members have chosen hangs on it."
        ),
    )

    pinned = SelectMultipleField(
        _l("Help that stands on the room's page"),
        choices=lambda: [SelectChoice(entry.slug, entry.name) for entry in pinnable_entries()],
        option_widget=CheckboxInput(),
    )
    moderators = StringField(
        _l("Moderators of this room"),
        description=_l(
            "Pseudonyms of people of the team, with commas. They are dealt its cases first; "
            "members are not told."
        ),
    )
    # The people of the team who were named; once the form is valid.
    named: Sequence[Member] = ()

    @classmethod
    def of(cls, room: Room, moderators: Sequence[str]) -> "RoomForm":
        """Return the form with a room as it stands, or with what was sent."""
        return cls(
            **{name: getattr(room, name) for name in (*PLAIN, *LINES, *TEXTS)},
            policy=room.policy.value,
            unscanned=room.unscanned.value,
            hours=room.hours,
            moderators=", ".join(moderators),
            tags=write_tags(room.tags),
        )

    def values(self) -> dict[str, Any]:
        """Return what was sent as the columns of a room; once the form is valid."""
        return {
            **{name: self[name].data for name in PLAIN},
            **{name: clean_line(self[name].data) for name in LINES},
            **{name: clean(self[name].data or "") for name in TEXTS},
            "policy": Policy(self.policy.data),
            "unscanned": Unscanned(self.unscanned.data),
            "hours": self.hours.data or "",
            "tags": read_tags(self.tags.data or ""),
        }

    def validate_agreement_en(self, field: TextAreaField) -> None:
        """Refuse an agreement that half of the members can't read."""
        if bool((field.data or "").strip()) != bool((self.agreement_id.data or "").strip()):
            raise ValidationError(_("Please write the agreement in both languages."))

    def validate_moderators(self, field: StringField) -> None:
        """Refuse names that nobody of the team has."""
        found = {}
        for name in (part.strip() for part in (field.data or "").split(",")):
            member = find_staff(name) if name else None
            if member is not None:
                found[member.id] = member
            elif name:
                raise ValidationError(_("Nobody of the team is called “%(name)s”.", name=name[:40]))
        self.named = list(found.values())

    def validate_days(self, field: SelectMultipleField) -> None:
        """Refuse days without hours."""
        if field.data and not self.hours.data:
            raise ValidationError(_("Please write the hours of these days too."))

    def validate_tags(self, field: TextAreaField) -> None:
        """Refuse a line that is no experience."""
        try:
            read_tags(field.data or "")
        except BadLine as bad:
            raise ValidationError(str(bad)) from None
