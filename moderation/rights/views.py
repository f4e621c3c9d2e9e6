"""Pages of data rights: a copy of one's own data, deleting an account, and what is kept at all."""

from flask import Blueprint, abort, flash, make_response, redirect, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_required
from werkzeug.wrappers import Response

from forum.accounts.access import forget
from forum.accounts.operations import WrongSecret, check_passphrase, confirm_passphrase
from forum.accounts.views import SIGN_IN_LIMIT
from forum.database import reading
from forum.extensions import db, limiter, setting
from forum.web.language import current_language
from forum.web.pages import render_page
from moderation.rights import operations
from moderation.rights.erasure import request_erasure, waits_for_desk
from moderation.rights.forms import CopyForm, EraseForm
from moderation.rights.inventory import sections
from moderation.rights.models import PostsFate
from moderation.rights.queries import export_of, get_export_for

rights = Blueprint("rights", __name__)


@rights.app_context_processor
def lend_functions() -> dict[str, object]:
    """Let the account page ask for its owner's copy without an import."""
    return {"export_of": export_of}


@rights.get("/privasi")
def privacy() -> str:
    """Show what is stored, why and for how long."""
    return render_page(
        "rights/privacy.html",
        sections=sections(current_language()),
        hold_hours=setting("ERASE_HOLD_HOURS"),
        export_hours=setting("EXPORT_HOURS"),
    )


@rights.route("/akun/data", methods=["GET", "POST"])
@login_required
@limiter.limit("5 per hour", methods=["POST"])
def ask() -> str | Response:
    """Ask for a copy of one's own data, with the passphrase: an open device tells less."""
    form = CopyForm()
    if form.validate_on_submit():
        try:
            with reading(db.session):
                checked = check_passphrase(current_user.pseudonym, form.passphrase.data)
            member = confirm_passphrase(checked)
        except WrongSecret:
            form.passphrase.errors = [_("This is not your passphrase. You could try once more.")]
        else:
            operations.request_export(member)
            db.session.commit()
            flash(_("Your copy is being made. Look here again in a minute."))
            return redirect(url_for("accounts.own", _anchor="data"))
    return render_page("rights/ask.html", form=form, hours=setting("EXPORT_HOURS"))


@rights.get("/akun/data/<public_id>")
@login_required
def download(public_id: str) -> Response:
    """Hand a copy to its owner."""
    export = get_export_for(current_user.member, public_id) or abort(404)
    response = make_response(export.content)
    response.headers["Content-Type"] = "application/zip"
    response.headers["Content-Disposition"] = 'attachment; filename="data.zip"'
    return response


@rights.post("/akun/data/<public_id>/hapus")
@login_required
def drop(public_id: str) -> Response:
    """Delete a copy before it expires."""
    if not operations.drop_export(current_user.member, public_id):
        abort(404)
    db.session.commit()
    flash(_("The copy is deleted."))
    return redirect(url_for("accounts.own", _anchor="data"))


@rights.route("/akun/hapus", methods=["GET", "POST"])
@login_required
@limiter.limit(SIGN_IN_LIMIT, methods=["POST"])
def erase() -> str | Response:
    """Leave for good, with the passphrase: whoever holds an open device must not do it."""
    form = EraseForm()
    member = current_user.member
    if form.validate_on_submit():
        pseudonym = member.pseudonym
        try:
            with reading(db.session):
                checked = check_passphrase(pseudonym, form.passphrase.data)
            member = confirm_passphrase(checked)
        except WrongSecret:
            form.passphrase.errors = [_("This is not your passphrase. You could try once more.")]
        else:
            if member.awaits_factor:
                # Of staff a passphrase alone ends nothing.
                return redirect(url_for("factors.check", next=url_for("rights.erase")))
            request_erasure(member, PostsFate(form.posts.data))
            response = forget(redirect(url_for("rights.gone")))
            db.session.commit()
            return response
    return render_page(
        "rights/erase.html",
        form=form,
        waits=waits_for_desk(member.id),
        hours=setting("ERASE_HOLD_HOURS"),
    )


@rights.get("/akun/terhapus")
def gone() -> str:
    """Say goodbye, with help in sight."""
    return render_page("rights/gone.html", hours=setting("ERASE_HOLD_HOURS"))
