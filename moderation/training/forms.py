"""What a browser may send about lessons and practice cases. Their fields come from the files."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectChoice
from wtforms.validators import InputRequired

from forum.web.language import current_language
from moderation.risk.levels import Level
from moderation.training.lessons import Lesson, PracticeCase, Question

CHOOSE_ONE = InputRequired(_l("Please choose one. You can change it later."))
LEVEL_NAMES = {
    Level.CRISIS: _l("Crisis: it is happening, or how, when or where is named"),
    Level.RED: _l("Red: wishes to die, was hurt lately, or is being hurt"),
    Level.AMBER: _l("Amber: trapped, urges, heavy for long, or worried for somebody"),
    Level.GREEN: _l("Green: a hard day, and no sign of danger"),
}


def test_form(lesson: Lesson, **options: Any) -> FlaskForm:
    """Return the form of a lesson's test, in the page's language."""
    language = current_language()
    fields = {
        question.key: _radios(question, question.words.text(language), language)
        for question in lesson.questions
    }
    return type("TestForm", (FlaskForm,), fields)(**options)


def practice_form(case: PracticeCase, **options: Any) -> FlaskForm:
    """Return the form of a practice case: its level, the first words, the next step."""
    language = current_language()
    fields = {
        "level": RadioField(
            _l("Which level do you see?"),
            [CHOOSE_ONE],
            choices=[SelectChoice(level.word, name) for level, name in LEVEL_NAMES.items()],
        ),
        "reply": _radios(case.reply, _l("Which first words fit?"), language),
        "step": _radios(case.step, _l("What comes next?"), language),
    }
    return type("PracticeForm", (FlaskForm,), fields)(**options)


def _radios(question: Question, label: Any, language: str) -> RadioField:
    return RadioField(
        label,
        [CHOOSE_ONE],
        choices=[
            SelectChoice(choice.key, choice.words.text(language)) for choice in question.choices
        ],
    )
