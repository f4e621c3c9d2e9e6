"""The pages of lessons, tests and practice cases, for those who learn and those who answer."""

from typing import Any

from flask import Blueprint, Response, abort
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from forum.accounts.access import only_for
from forum.accounts.models import STAFF, Role
from forum.extensions import db, setting
from forum.notices.models import Notice, NoticeKind
from forum.notices.telling import Telling
from forum.web.language import current_language
from forum.web.pages import render_page
from moderation.care.reviewers import REVIEWERS
from moderation.care.wordings import wordings
from moderation.risk.levels import Level
from moderation.rules.queries import rules_in_force
from moderation.training import lessons, operations, queries
from moderation.training.forms import LEVEL_NAMES, practice_form, test_form
from moderation.training.lessons import Lesson, PracticeCase
from moderation.training.models import Module

training = Blueprint("training", __name__)
for_staff = only_for(STAFF)
# What is still to be approved is for those who answer for it.
syllabus = Blueprint("syllabus", __name__)
syllabus.before_request(only_for({Role.LEAD, Role.ADMIN}))

PRACTICE_TITLE = _l("Practice cases")


def keep_to_learners() -> Response | None:
    """Open these pages to the staff, and to members whom a lead has welcomed."""
    learns = current_user.is_authenticated and current_user.role is Role.MEMBER
    return None if learns and queries.is_trainee(current_user.member) else for_staff()


keep_to_learners.lets_through = for_staff.lets_through  # type: ignore[attr-defined]
training.before_request(keep_to_learners)


@training.app_context_processor
def _helpers() -> dict[str, Any]:
    return {"module_title": module_title, "learns": queries.is_trainee}


def module_title(module: Module) -> str:
    """Return what a module is called, in the page's language."""
    lesson = lessons.find_lesson(module.value)
    return lesson.title.text(current_language()) if lesson else str(PRACTICE_TITLE)


@training.get("/pelatihan")
def index() -> str:
    """Show the modules, and how far one is."""
    return render_page(
        "training/index.html",
        steps=queries.steps_of(current_user.member),
        lessons={lesson.module: lesson for lesson in lessons.lessons()},
        done=len(queries.practised(current_user.member)),
        cases=len(lessons.practice().cases),
    )


@training.get("/pelatihan/<module>")
def lesson(module: str) -> str:
    """Show a lesson."""
    found = _find_lesson(module)
    return render_page("training/lesson.html", lesson=found, body=found.html(current_language()))


@training.route("/pelatihan/<module>/uji", methods=["GET", "POST"])
def test(module: str) -> str | tuple[str, int]:
    """Ask a lesson's questions, and say of each answer why it fits or not."""
    found = _find_lesson(module)
    form = test_form(found)
    result = None
    status = 200
    if form.validate_on_submit():
        result = operations.take_test(current_user.member, found, form.data)
        db.session.commit()
    elif form.is_submitted():
        status = 422
    page = render_page(
        "training/test.html",
        lesson=found,
        form=form,
        result=result,
        next_module=_after(found.module),
        percent=setting("PASS_PERCENT"),
    )
    return page, status


@training.get("/pelatihan/latihan")
def practice() -> str:
    """Show the practice cases, and which are done in this round."""
    return render_page(
        "training/practice.html",
        cases=lessons.practice().cases,
        done=queries.practised(current_user.member),
        step=next(
            step for step in queries.steps_of(current_user.member) if step.module is Module.PRACTICE
        ),
        percent=setting("PASS_PERCENT"),
    )


@training.route("/pelatihan/latihan/<practice_id>", methods=["GET", "POST"])
def practice_case(practice_id: str) -> str | tuple[str, int]:
    """Show an invented post to judge; afterwards what was agreed, and why."""
    case: PracticeCase = lessons.find_practice(practice_id) or abort(404)
    form = practice_form(case)
    judgement = None
    status = 200
    if form.validate_on_submit():
        judgement = operations.judge(
            current_user.member,
            case,
            Level.parse(form["level"].data),
            form["reply"].data,
            form["step"].data,
        )
        db.session.commit()
    elif form.is_submitted():
        status = 422
    keys = [entry.key for entry in lessons.practice().cases]
    place = keys.index(case.key)
    page = render_page(
        "training/case.html",
        practice_case=case,
        form=form,
        judgement=judgement,
        number=place + 1,
        number_of_all=len(keys),
        next_key=keys[place + 1] if place + 1 < len(keys) else None,
        level_name=LEVEL_NAMES[case.level],
    )
    return page, status


@syllabus.get("/meja/pelatihan")
def texts() -> str:
    """Show leads and admins which texts nobody has approved yet, and where facts come from."""
    return render_page(
        "training/texts.html",
        lessons=lessons.lessons(),
        practice=lessons.practice(),
        others=[
            (name, texts, [text for text in texts if text.needs_review])
            for name, texts in (
                (_("Words to begin a private message with"), wordings()),
                (_("Rules"), rules_in_force().lexicon.rules),
            )
        ],
        reviewers=REVIEWERS,
    )


def _find_lesson(module: str) -> Lesson:
    return lessons.find_lesson(module) or abort(404)


def _after(module: Module) -> Module:
    """Return the module that comes after a lesson; the practice cases come last."""
    modules = list(Module)
    return modules[modules.index(module) + 1]


def _load_steps(_notice: Notice) -> list[queries.Step]:
    return [step for step in queries.steps_of(current_user.member) if _is_due(step)]


def _is_due(step: queries.Step) -> bool:
    return not step.is_valid or step.ends_soon


TELLINGS = {NoticeKind.TRAINING_ENDS: Telling("training/notice.html", _load_steps)}
