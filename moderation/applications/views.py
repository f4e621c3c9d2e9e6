"""The page where a member applies, and the pages where leads and admins answer and decide."""

from flask import Blueprint, abort, flash, redirect, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_required
from werkzeug.wrappers import Response

from forum.accounts.access import only_for
from forum.accounts.models import Member, Role
from forum.extensions import db, limiter, setting
from forum.help.queries import crisis_entries
from forum.notices.models import Notice, NoticeKind
from forum.notices.telling import Telling
from forum.text import clean, clean_line
from forum.web.pages import render_page
from moderation.applications import leaving, operations, queries
from moderation.applications.forms import AnswerForm, ApplyForm, LeaveForm, PersonForm, WordForm
from moderation.applications.models import Application, ApplicationState, Grant
from moderation.audit.forms import ROLE_NAMES
from moderation.factors.showing import ask_again
from moderation.risk.levels import Level
from moderation.training.queries import is_trainee
from moderation.volunteers.operations import HoldsHeavy

Page = str | tuple[str, int] | Response

applications = Blueprint("applications", __name__)
# Who answers applications and gives their word.
recruiting = Blueprint("recruiting", __name__)
recruiting.before_request(only_for(operations.GIVERS))
# Who ends them.
roles = Blueprint("roles", __name__)
roles.before_request(only_for({Role.ADMIN}))


@applications.get("/relawan")
def index() -> str:
    """Say what volunteering is, and how one's application stands."""
    return _own_page(ApplyForm())


@applications.post("/relawan")
@login_required
@limiter.limit("10 per hour")
def send() -> Page:
    """Apply."""
    form = ApplyForm()
    if not form.validate_on_submit():
        return _own_page(form), 422
    try:
        operations.apply(
            current_user.member,
            motivation=clean(form.motivation.data),
            times=clean(form.times.data),
            languages=clean_line(form.languages.data),
        )
    except operations.NotNow:
        db.session.rollback()
        return _own_page(form), 409
    db.session.commit()
    flash(_("Thank you. Somebody of the team reads it and writes to you here."))
    return redirect(url_for("applications.index"))


@applications.post("/relawan/batal")
@login_required
def take_back() -> Response:
    """Take an application back."""
    if operations.take_back(current_user.member):
        db.session.commit()
        flash(_("Taken back. You can ask again whenever you like."))
    return redirect(url_for("applications.index"))


@recruiting.get("/meja/relawan")
def people() -> str:
    """Show who applied, who learns, and whose role waits for a second word."""
    return render_page(
        "applications/people.html",
        waiting=queries.applications_in(ApplicationState.OPEN),
        learners=queries.learners(),
        next_roles=operations.STEPS,
        roles=ROLE_NAMES,
        red=int(Level.RED),
    )


@recruiting.get("/meja/relawan/<application_id>")
def show(application_id: str) -> str:
    """Show an application."""
    return _application_page(_find(application_id), AnswerForm())


@recruiting.post("/meja/relawan/<application_id>/jawab")
def answer(application_id: str) -> Page:
    """Answer an application."""
    application = _find(application_id)
    form = AnswerForm()
    if not form.validate_on_submit():
        return _application_page(application, form), 422
    try:
        operations.answer(
            current_user.member,
            application,
            welcome=form.outcome.data == "welcome",
            words=clean(form.words.data or ""),
        )
    except operations.Answered:
        db.session.rollback()
        flash(_("Somebody has answered this meanwhile, or it was taken back."))
        return _application_page(_find(application_id), form), 409
    except operations.NoWord as refusal:
        db.session.rollback()
        flash(why_not(refusal))
        return _application_page(_find(application_id), form), 409
    db.session.commit()
    flash(_("They are told in their messages."))
    return redirect(url_for("recruiting.people"))


@recruiting.post("/meja/relawan/kata")
def give_word() -> Page:
    """Give one's word that a person takes on the next role."""
    form = WordForm()
    person = _person_of(form)
    if page := ask_again():
        return page
    try:
        grant = operations.give_word(current_user.member, person, Role(form.role.data))
    except operations.NoWord as refusal:
        db.session.rollback()
        flash(why_not(refusal))
        return people(), 409
    db.session.commit()
    if grant.second_id:
        flash(_("The role is given. They sign in again, and are told."))
    else:
        flash(_("Your word is noted. A second person gives theirs."))
    return redirect(url_for("recruiting.people"))


@recruiting.post("/meja/relawan/kata/batal")
def take_word_back() -> Page:
    """Take one's own word back."""
    person = _person_of(WordForm())
    try:
        operations.take_word_back(current_user.member, person)
    except operations.NoWord as refusal:
        db.session.rollback()
        flash(why_not(refusal))
        return people(), 409
    db.session.commit()
    flash(_("Your word is taken back."))
    return redirect(url_for("recruiting.people"))


@applications.post("/relawan/mundur")
@login_required
def step_back() -> Page:
    """End one's own role in the team."""
    form = LeaveForm()
    if not form.validate_on_submit():
        return _own_page(ApplyForm(), form), 422
    if current_user.member.is_staff and (page := ask_again()):
        return page
    try:
        leaving.step_back(current_user.member)
    except HoldsHeavy:
        db.session.rollback()
        flash(_("A red or crisis case is still with you. Hand it over first, then rest."))
        return _own_page(ApplyForm()), 409
    except leaving.RoleStays as refusal:
        db.session.rollback()
        flash(why_it_stays(refusal))
        return _own_page(ApplyForm()), 409
    db.session.commit()
    flash(_("Thank you for all that you did here. You are a member now, and sign in as one."))
    return redirect(url_for("accounts.sign_in"))


@roles.post("/meja/relawan/peran/akhiri")
def end_role() -> Page:
    """End the role of somebody of the team."""
    person = _person_of(PersonForm())
    if page := ask_again():
        return page
    try:
        leaving.end_role(current_user.member, person)
    except leaving.RoleStays as refusal:
        db.session.rollback()
        flash(why_it_stays(refusal))
        return people(), 409
    db.session.commit()
    flash(_("The role is ended. They are told in their messages."))
    return redirect(url_for("recruiting.people"))


def why_it_stays(refusal: leaving.RoleStays) -> str:
    """Return why a role does not end like this, for the person who tried."""
    words = {
        "none": _("This person has no role now."),
        "admin": _("An admin's role is ended by themselves, or by the operator."),
        "last": _("You are the only admin. The operator can make somebody else one first."),
    }
    return words[refusal.why]


def why_not(refusal: operations.NoWord) -> str:
    """Return why a word does not count, for the person who tried."""
    words = {
        "own": _("Somebody else decides about you, and you about others."),
        "role": _("This role can't be given to this person now."),
        "buddy": _("Their first decisions come first: some are still to be looked at."),
        "training": _("First all certificates, then the role. One is missing or has ended."),
        "again": _("You have given your word already. A second person gives theirs."),
        "admin": _("One of the two is an admin. Please ask one."),
        "none": _("There is no word of yours to take back."),
    }
    return words[refusal.why]


def _own_page(form: ApplyForm, leave: LeaveForm | None = None) -> str:
    me: Member | None = current_user.member
    last = queries.latest_application_of(me) if me else None
    again_on = None
    may_apply = me is not None
    if me is not None:
        try:
            operations.may_apply(me)
        except operations.NotNow as refusal:
            again_on, may_apply = refusal.again_on, False
    waits = last is not None and last.state is ApplicationState.OPEN
    in_danger = waits and last is not None and (last.level or 0) >= Level.RED
    return render_page(
        "applications/index.html",
        form=form,
        leave=leave or LeaveForm(formdata=None),
        last=last,
        waits=waits,
        may_apply=may_apply and not waits,
        again_on=again_on,
        learns=me is not None and not me.is_staff and is_trainee(me),
        in_danger=in_danger,
        crisis_entries=crisis_entries() if in_danger else [],
    )


def _application_page(application: Application, form: AnswerForm) -> str:
    return render_page(
        "applications/show.html",
        application=application,
        form=form,
        again_days=setting("APPLICATION_AGAIN_DAYS"),
        red=int(Level.RED),
    )


def _find(application_id: str) -> Application:
    return queries.find_application(application_id) or abort(404)


def _person_of(form: PersonForm) -> Member:
    if not form.validate_on_submit():
        abort(404)
    return db.session.get(Member, form.person.data) or abort(404)


def _load_application(notice: Notice) -> Application:
    return db.session.get_one(Application, notice.subject_id)


def _load_grant(notice: Notice) -> Grant:
    return db.session.get_one(Grant, notice.subject_id)


TELLINGS = {
    NoticeKind.APPLICATION_ANSWERED: Telling("applications/notice.html", _load_application),
    NoticeKind.ROLE_GIVEN: Telling("applications/role.html", _load_grant),
    NoticeKind.ROLE_ENDED: Telling("applications/ended.html"),
}
