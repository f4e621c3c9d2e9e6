"""What a browser may send about an entry of the help directory."""

from collections.abc import Callable
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Optional, Regexp, ValidationError

from forum.help.choices import LANGUAGES, NEEDS
from forum.help.models import Display, HelpEntry
from forum.help.operations import TEXTS
from forum.help.regions import REGIONS
from forum.text import clean, clean_line
from forum.web.forms import CleanText, OptionalText
from moderation.directory.lines import (
    CONFIDENCES,
    BadLine,
    read_channels,
    read_sources,
    write_channels,
    write_sources,
)

KINDS = {
    "emergency": _l("Emergency service"),
    "hotline": _l("Help line"),
    "chat": _l("Chat"),
    "government": _l("Public office"),
    "clinic_route": _l("Way to a clinic"),
    "community": _l("Community"),
    "directory": _l("Another directory"),
}
DISPLAYS = {
    Display.CRISIS_CARD: _l("On care cards while its check is fresh"),
    Display.REGIONAL: _l("Only for places that it serves"),
    Display.TOPIC: _l("Beside its topics"),
    Display.INFO_ONLY: _l("On the help page alone"),
    Display.HOLD: _l("For the team alone"),
}
MAX_TEXT = 600
CODES = {"languages": LANGUAGES, "topics": NEEDS, "regions": REGIONS}
YES, NO, UNKNOWN = "yes", "no", ""


def _text(label: str) -> TextAreaField:
    return TextAreaField(label, [OptionalText(MAX_TEXT)])


class CheckForm(FlaskForm):
    """Whether somebody of the team reached an entry."""

    outcome = RadioField(
        _l("You called or wrote today. Did somebody answer?"),
        [InputRequired(_l("Please choose one of the two."))],
        choices=[SelectChoice("reached", _l("Yes")), SelectChoice("silent", _l("No"))],
    )


class EntryForm(FlaskForm):
    """An entry. Lists are written with commas, channels and sources one to a line."""

    name = StringField(_l("Name"), [CleanText(120, one_line=True)])
    kind = SelectField(_l("Kind"), choices=[SelectChoice(k, name) for k, name in KINDS.items()])
    operator = StringField(_l("Run by"), [OptionalText(200, one_line=True)])
    display = SelectField(
        _l("Where it may stand"),
        choices=[SelectChoice(one.value, name) for one, name in DISPLAYS.items()],
        default=Display.HOLD.value,
    )
    channels = TextAreaField(
        _l("Ways to reach it"),
        description=_l("One to a line: phone | 119 | press. Changing them asks for a new check."),
    )
    sources = TextAreaField(
        _l("Sources"),
        description=_l("One to a line, with a date: Tribun | 2024-03"),
    )
    confidence = SelectField(
        _l("How sure it is"), choices=[SelectChoice(one, one) for one in CONFIDENCES]
    )
    languages = StringField(_l("Languages"), description=", ".join(LANGUAGES), default="id")
    topics = StringField(_l("Topics"), description=", ".join(NEEDS))
    regions = StringField(
        _l("Places"), description=_l("Codes with commas; empty is all of Indonesia.")
    )
    always_open = SelectField(
        _l("Open day and night?"),
        choices=[
            SelectChoice(UNKNOWN, _l("not known")),
            SelectChoice(YES, _l("Yes")),
            SelectChoice(NO, _l("No")),
        ],
    )
    daily_hours = StringField(
        _l("Daily hours (WIB)"),
        [
            Optional(),
            Regexp(
                r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-4]):[0-5]\d\Z",
                message=_l("Write them as 08:00-20:00."),
            ),
        ],
        description="08:00-20:00",
    )
    never_crisis = BooleanField(_l("A community: never for an emergency"))
    for_whom_id, for_whom_en = _text(_l("For whom (Indonesian)")), _text(_l("For whom (English)"))
    hours_id, hours_en = _text(_l("Hours (Indonesian)")), _text(_l("Hours (English)"))
    region_id, region_en = _text(_l("Where (Indonesian)")), _text(_l("Where (English)"))
    cost_id, cost_en = _text(_l("Cost (Indonesian)")), _text(_l("Cost (English)"))
    note_id, note_en = _text(_l("Note (Indonesian)")), _text(_l("Note (English)"))
    caution = TextAreaField(_l("Caution, for the team alone"), [OptionalText(2_000)])

    @classmethod
    def of(cls, entry: HelpEntry) -> "EntryForm":
        """Return the form with an entry as it stands, or with what was sent."""
        plain = ("name", "kind", "operator", "confidence", "daily_hours", "never_crisis", "caution")
        texts = tuple(f"{field}_{language}" for field in TEXTS for language in ("id", "en"))
        return cls(
            **{name: getattr(entry, name) for name in (*plain, *texts)},
            **{name: ", ".join(getattr(entry, name)) for name in CODES},
            display=entry.display.value,
            channels=write_channels(entry.channels),
            sources=write_sources(entry.sources),
            always_open={True: YES, False: NO, None: UNKNOWN}[entry.always_open],
        )

    def values(self) -> dict[str, Any]:
        """Return what was sent as the columns of an entry; once the form is valid."""
        texts = (f"{field}_{language}" for field in TEXTS for language in ("id", "en"))
        return {
            "name": clean_line(self.name.data),
            "kind": self.kind.data,
            "operator": clean_line(self.operator.data or "") or None,
            "display": Display(self.display.data),
            "channels": read_channels(self.channels.data or ""),
            "sources": read_sources(self.sources.data or ""),
            "confidence": self.confidence.data,
            "always_open": {YES: True, NO: False, UNKNOWN: None}[self.always_open.data],
            "daily_hours": self.daily_hours.data or None,
            "never_crisis": self.never_crisis.data,
            "caution": clean(self.caution.data or "", 2_000) or None,
            **{name: _codes(self[name].data) for name in CODES},
            **{name: clean(self[name].data or "") or None for name in texts},
        }

    def validate_channels(self, field: TextAreaField) -> None:
        """Refuse a line that is no channel."""
        _check_lines(read_channels, field)

    def validate_sources(self, field: TextAreaField) -> None:
        """Refuse a source without a date, and an entry that is shown without a source."""
        _check_lines(read_sources, field)
        if self.display.data != Display.HOLD.value and not (field.data or "").strip():
            raise ValidationError(_("Nothing is shown without a source and its date."))

    def validate_display(self, field: SelectField) -> None:
        """Keep communities away from care cards, and places that nobody named from nowhere."""
        if field.data == Display.CRISIS_CARD.value and self.never_crisis.data:
            raise ValidationError(_("A community never stands on a care card."))
        if field.data == Display.REGIONAL.value and not _codes(self.regions.data):
            raise ValidationError(_("Please name the places that it serves."))

    def validate_never_crisis(self, field: BooleanField) -> None:
        """Keep a community what it is."""
        if self.kind.data == "community" and not field.data:
            raise ValidationError(_("A community is never for an emergency."))

    def validate_languages(self, field: StringField) -> None:
        """Refuse codes that nobody knows."""
        _check_codes(field)

    def validate_topics(self, field: StringField) -> None:
        """Refuse codes that nobody knows."""
        _check_codes(field)

    def validate_regions(self, field: StringField) -> None:
        """Refuse codes that nobody knows."""
        _check_codes(field)


def _codes(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def _check_codes(field: StringField) -> None:
    known = CODES[field.name]
    if wrong := [code for code in _codes(field.data) if code not in known]:
        raise ValidationError(
            _(
                "Not known: %(wrong)s. Known: %(known)s",
                wrong=", ".join(wrong),
                known=", ".join(known),
            )
        )


def _check_lines(read: Callable[[str], object], field: TextAreaField) -> None:
    try:
        read(field.data or "")
    except BadLine as bad:
        raise ValidationError(str(bad)) from None
