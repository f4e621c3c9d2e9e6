"""What a browser may send about rules."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.validators import Length, Regexp

from forum.web.forms import REQUIRED
from moderation.risk.categories import CATEGORIES
from moderation.risk.levels import Level
from moderation.risk.rules import Rule

LEVEL_NAMES = {
    Level.AMBER: _l("amber"),
    Level.RED: _l("red"),
    Level.CRISIS: _l("crisis"),
}


class RuleForm(FlaskForm):
    """A keyword rule as an admin writes it: one pattern a line."""

    id = StringField(
        _l("Short name"),
        [
            REQUIRED,
            Length(max=80),
            Regexp(
                r"[a-z0-9]+(-[a-z0-9]+)*\Z",
                message=_l("Small letters and digits, with - between: want-to-vanish."),
            ),
        ],
    )
    patterns = TextAreaField(
        _l("Words and phrases"),
        [REQUIRED, Length(max=20_000)],
        description=_l("One on each line. (a|b) means either; ...3 skips up to three words."),
    )
    unless = TextAreaField(
        _l("But not inside"),
        [Length(max=20_000)],
        description=_l("Idioms that only look alike, one on each line."),
    )
    language = SelectField(
        _l("Language"),
        choices=[("id", _l("Indonesian")), ("en", _l("English")), ("any", _l("any"))],
    )
    level = SelectField(
        _l("Level"), choices=[(level.word, name) for level, name in LEVEL_NAMES.items()]
    )
    category = SelectField(
        _l("Category"), choices=[(code, f"{code} · {c.name}") for code, c in CATEGORIES.items()]
    )
    reason_id = StringField(_l("What moderators read, in Indonesian"), [REQUIRED, Length(max=120)])
    reason_en = StringField(_l("What moderators read, in English"), [REQUIRED, Length(max=120)])
    enabled = BooleanField(_l("The rule is on"), default=True)
    why = StringField(_l("Why this change?"), [REQUIRED, Length(max=500)])

    def fill(self, rule: Rule) -> None:
        """Show a rule as it stands."""
        self.id.data = rule.id
        self.patterns.data = "\n".join(rule.patterns)
        self.unless.data = "\n".join(rule.unless)
        self.language.data = rule.language
        self.level.data = rule.level.word
        self.category.data = rule.category
        self.reason_id.data = rule.reason_id
        self.reason_en.data = rule.reason_en
        self.enabled.data = rule.enabled

    def read(self, base: dict[str, Any]) -> dict[str, Any]:
        """Return the rule's mapping as typed, on top of what the form does not show."""
        return base | {
            "id": self.id.data,
            "patterns": _lines(self.patterns.data),
            "unless": _lines(self.unless.data),
            "language": self.language.data,
            "level": self.level.data,
            "category": self.category.data,
            "reason_id": self.reason_id.data,
            "reason_en": self.reason_en.data,
            "enabled": bool(self.enabled.data),
        }


def _lines(text: str | None) -> list[str]:
    return [line.strip() for line in (text or "").splitlines() if line.strip()]
