"""What a browser may send about rules."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    IntegerField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, NumberRange, Regexp

from forum.web.forms import REQUIRED, at_most
from moderation.risk.categories import CATEGORIES
from moderation.risk.levels import Level
from moderation.risk.rules import Rule

LEVEL_NAMES = {
    Level.GREEN: _l("green"),
    Level.AMBER: _l("amber"),
    Level.RED: _l("red"),
    Level.CRISIS: _l("crisis"),
}
LONG = at_most(20_000)
MAX_FILE = 4_000_000


class WhyForm(FlaskForm):
    """An act that needs a reason in the admin's words."""

    why = StringField(_l("Why this change?"), [REQUIRED, at_most(500)])


class RuleForm(WhyForm):
    """A keyword rule as an admin writes it: one pattern a line."""

    id = StringField(
        _l("Short name"),
        [
            REQUIRED,
            at_most(80),
            Regexp(
                r"[a-z0-9]+(-[a-z0-9]+)*\Z",
                message=_l("Small letters and digits, with - between: want-to-vanish."),
            ),
        ],
    )
    patterns = TextAreaField(
        _l("Words and phrases"),
        [REQUIRED, LONG],
        description=_l("One on each line. (a|b) means either; ...3 skips up to three words."),
    )
    unless = TextAreaField(
        _l("But not inside"),
        [LONG],
        description=_l("Idioms that only look alike, one on each line."),
    )
    language = SelectField(
        _l("Language"),
        choices=[
            SelectChoice("id", _l("Indonesian")),
            SelectChoice("en", _l("English")),
            SelectChoice("any", _l("any")),
        ],
    )
    level = SelectField(
        _l("Level"),
        choices=[SelectChoice(level.word, name) for level, name in LEVEL_NAMES.items()],
        # Not green, which raises nothing: a browser takes the first where none is chosen.
        default=Level.AMBER.word,
    )
    category = SelectField(
        _l("Category"),
        choices=[SelectChoice(code, f"{code} · {c.name}") for code, c in CATEGORIES.items()],
    )
    reason_id = StringField(_l("What moderators read, in Indonesian"), [REQUIRED, at_most(120)])
    reason_en = StringField(_l("What moderators read, in English"), [REQUIRED, at_most(120)])
    positive = TextAreaField(
        _l("Examples that it must see"),
        [LONG],
        description=_l("One on each line. The gate holds the rule to them."),
    )
    negative = TextAreaField(
        _l("Examples that it must leave alone"),
        [LONG],
        description=_l("One on each line, such as idioms."),
    )
    enabled = BooleanField(_l("The rule is on"), default=True)

    def fill(self, rule: Rule) -> None:
        """Show a rule as it stands."""
        for name in ("patterns", "unless", "positive", "negative"):
            self[name].data = "\n".join(getattr(rule, name))
        for name in ("id", "language", "category", "reason_id", "reason_en", "enabled"):
            self[name].data = getattr(rule, name)
        self.level.data = rule.level.word

    def read(self, base: dict[str, Any]) -> dict[str, Any]:
        """Return the rule's mapping as typed, on top of what the form does not show."""
        typed = {
            name: _lines(self[name].data) for name in ("patterns", "unless", "positive", "negative")
        }
        for name in ("id", "language", "level", "category", "reason_id", "reason_en"):
            typed[name] = self[name].data
        return base | typed | {"enabled": bool(self.enabled.data)}


class TryForm(FlaskForm):
    """A text to try the rules on. It is not kept."""

    text = TextAreaField(_l("A text to try"), [REQUIRED, at_most(20_000)])
    is_reply = BooleanField(_l("This is a reply"))


class DaysForm(FlaskForm):
    """How far back a run reads."""

    days = IntegerField(
        _l("Days back"),
        [
            InputRequired(_l("Please write a number of days.")),
            NumberRange(1, 3650, _l("Between %(min)d and %(max)d days.")),
        ],
        default=30,
    )


class ImportForm(WhyForm):
    """Rules from a file, as text: nothing is uploaded here."""

    kind = SelectField(
        _l("Format"),
        choices=[SelectChoice("yaml", "YAML"), SelectChoice("csv", "CSV")],
        default="csv",
    )
    text = TextAreaField(_l("The file's text"), [REQUIRED, at_most(MAX_FILE)])


def _lines(text: str | None) -> list[str]:
    return [line.strip() for line in (text or "").splitlines() if line.strip()]
