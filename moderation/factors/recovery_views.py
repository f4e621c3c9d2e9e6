"""The page where admins give someone of staff a fresh start."""

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from forum.accounts.access import only_for
from forum.accounts.models import Member, Role
from forum.accounts.operations import find_member
from forum.extensions import db
from forum.web.pages import render_page
from moderation.factors import recovery
from moderation.factors.forms import REASON_NAMES, AgreeForm, AskRecoveryForm
from moderation.factors.models import RecoveryReason
from moderation.factors.queries import open_recoveries, other_staff
from moderation.factors.showing import ask_again

recoveries = Blueprint("recoveries", __name__, url_prefix="/meja/langkah-kedua")
recoveries.before_request(only_for({Role.ADMIN}))

Page = str | tuple[str, int] | Response


@recoveries.get("")
def index() -> str:
    """Show who waits for a fresh start."""
    return _page(AskRecoveryForm(_names(), formdata=None))


@recoveries.post("")
def ask() -> Page:
    """Ask for a fresh start of somebody."""
    form = AskRecoveryForm(_names())
    if not form.validate():
        return _page(form), 422
    if page := ask_again():
        return page
    reason = RecoveryReason(form.reason.data)
    try:
        recovery.ask(current_user.member, _person(form.person.data), reason)
    except (recovery.NotForYourself, recovery.NotStaff, recovery.AlreadyAsked) as refusal:
        return _refused(refusal)
    db.session.commit()
    flash(_("It waits for a second admin, for 24 hours at most."))
    return redirect(url_for("recoveries.index"))


@recoveries.post("/setuju")
def agree() -> Page:
    """Agree to what another admin has asked."""
    form = AgreeForm()
    if not form.validate():
        flash(_("Please choose what became of their second step."))
        return redirect(url_for("recoveries.index"))
    if page := ask_again():
        return page
    reason = RecoveryReason(form.reason.data)
    try:
        recovery.agree(current_user.member, _person(form.person.data), reason)
    except tuple(_wordings()) as refusal:
        return _refused(refusal)
    db.session.commit()
    flash(_("They sign in with their passphrase now, and set a second step up anew."))
    return redirect(url_for("recoveries.index"))


@recoveries.post("/batal")
def drop() -> Page:
    """Take back or decline what an admin has asked."""
    try:
        recovery.drop(current_user.member, _person(request.form.get("person", "")))
    except (recovery.NothingAsked, recovery.NotStaff) as refusal:
        return _refused(refusal)
    db.session.commit()
    flash(_("Nothing is changed. The second step stays as it is."))
    return redirect(url_for("recoveries.index"))


def _names() -> list[str]:
    return [person.pseudonym for person in other_staff(current_user.member)]


def _person(pseudonym: str) -> Member:
    found = find_member(pseudonym)
    if found is None:
        raise recovery.NotStaff
    return found


def _wordings() -> dict[type[Exception], str]:
    return {
        recovery.NotForYourself: _("This is for others of the team to do for you."),
        recovery.NotStaff: _("Nobody of the team has this name."),
        recovery.AlreadyAsked: _("Someone has asked for this already. It waits below."),
        recovery.NothingAsked: _("Nobody asks for this any more. It waits 24 hours at most."),
        recovery.NeedsAnother: _("It takes two admins: somebody else has to agree."),
    }


def _refused(refusal: Exception) -> tuple[str, int]:
    db.session.rollback()
    flash(_wordings()[type(refusal)])
    return _page(AskRecoveryForm(_names(), formdata=None)), 409


def _page(form: AskRecoveryForm) -> str:
    return render_page(
        "factors/recoveries.html",
        form=form,
        agree_form=AgreeForm(formdata=None),
        wishes=open_recoveries(),
        reasons=REASON_NAMES,
    )
