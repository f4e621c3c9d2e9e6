"""Pages of accounts: joining, signing in and out, recovering."""

from flask import Blueprint, current_app, flash, make_response, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user, login_required
from werkzeug.wrappers import Response

from forum.accounts import operations, proof
from forum.accounts.access import cookie_name, forget, set_cookie
from forum.accounts.aliases import aliases_of
from forum.accounts.forms import (
    NAME_TAKEN,
    ChangeForm,
    JoinForm,
    RecoverForm,
    RenewForm,
    SignInForm,
)
from forum.accounts.models import MARK_LENGTH, STAFF, Zone
from forum.accounts.names import suggest_names
from forum.accounts.passphrases import hash_secret
from forum.accounts.proof import Door
from forum.blocks.queries import blocks_of
from forum.database import reading
from forum.drafts.queries import drafts_of
from forum.extensions import db, limiter
from forum.web.language import current_language, local_address
from forum.web.limits import network_key
from forum.web.pages import render_page

accounts = Blueprint("accounts", __name__)

SIGN_IN_LIMIT = "10 per minute; 60 per hour"


@accounts.route("/gabung", methods=["GET", "POST"])
@limiter.limit("5 per minute; 20 per hour", methods=["POST"])
def join() -> str | Response:
    """Join, and be shown the recovery codes once."""
    onward = _onward()
    if current_user.is_authenticated:
        return redirect(onward)
    form = JoinForm()
    suggestions = suggest_names()
    if request.method == "GET":
        form.pseudonym.data = suggestions[0]
    if form.validate_on_submit():
        try:
            member, codes = operations.join(
                form.pseudonym.data,
                form.passphrase.data,
                language=current_language(),
                is_unproven=proof.strength(Door.JOIN) > 0
                and not proof.is_proven(Door.JOIN, form.proof.data),
            )
        except operations.NameTaken:
            form.pseudonym.errors = [NAME_TAKEN]
        else:
            token = operations.start_sign_in(member)
            db.session.commit()
            proof.note_knock(Door.JOIN)
            page = render_page("accounts/codes.html", codes=codes, member=member, onward=onward)
            return set_cookie(make_response(page), token)
    form.proof.data = ""
    return render_page(
        "accounts/join.html", form=form, suggestions=suggestions, sum=proof.sum_for(Door.JOIN)
    )


@accounts.route("/masuk", methods=["GET", "POST"])
@limiter.limit(SIGN_IN_LIMIT, methods=["POST"], key_func=network_key)
def sign_in() -> str | tuple[str, int] | Response:
    """Sign in."""
    form = SignInForm()
    if form.validate_on_submit():
        if not proof.may_try(form.pseudonym.data, form.proof.data):
            return _too_many("accounts/sign_in.html", form), 429
        try:
            with reading(db.session):
                checked = operations.check_passphrase(form.pseudonym.data, form.passphrase.data)
            member = operations.confirm_passphrase(checked)
        except operations.WrongSecret:
            proof.note_knock(Door.SIGN_IN)
            form.passphrase.errors = [
                _("Pseudonym and passphrase do not fit together. You could try once more.")
            ]
        else:
            token = operations.start_sign_in(member)
            db.session.commit()
            back = _onward()
            if current_app.config["STAFF_FACTOR"] and member.role in STAFF:
                back = url_for("factors.check", next=back)
            return set_cookie(redirect(back), token)
    return _knocking("accounts/sign_in.html", form)


@accounts.post("/keluar-akun")
def sign_out() -> str | Response:
    """Sign out; staff who have cases are asked first, and leave them to others."""
    if current_user.is_authenticated:
        see_off = current_app.extensions["see_off"]
        if page := see_off(current_user.member, is_sure="sure" in request.form):
            return page
    response = forget(redirect(url_for("rooms.index")))
    db.session.commit()
    return response


@accounts.route("/pulihkan", methods=["GET", "POST"])
@limiter.limit(SIGN_IN_LIMIT, methods=["POST"], key_func=network_key)
def recover() -> str | tuple[str, int] | Response:
    """Come back with a recovery code."""
    form = RecoverForm()
    if form.validate_on_submit():
        if not proof.may_try(form.pseudonym.data, form.proof.data):
            return _too_many("accounts/recover.html", form), 429
        try:
            with reading(db.session):
                checked = operations.check_code(form.pseudonym.data, form.code.data)
                chosen = hash_secret(form.passphrase.data)
            member = operations.recover(checked, chosen)
        except operations.WrongSecret:
            proof.note_knock(Door.SIGN_IN)
            form.code.errors = [_("Pseudonym and code do not fit together. Each code works once.")]
        else:
            token = operations.start_sign_in(member)
            db.session.commit()
            flash(_("Welcome back. Your new passphrase is set, and other sessions are ended."))
            return set_cookie(redirect(_onward()), token)
    return _knocking("accounts/recover.html", form)


@accounts.get("/akun")
@login_required
def own() -> str:
    """Show what one may do with one's own account, and where it is open."""
    token = request.cookies.get(cookie_name(), "")
    sessions = operations.sign_ins_of(current_user.member)
    return render_page(
        "accounts/own.html",
        sessions=[(row, operations.opens(token, row)) for row in sessions],
        zones=list(Zone),
        aliases=aliases_of(current_user.member),
        blocks=blocks_of(current_user.member),
        drafts=drafts_of(current_user.member),
    )


@accounts.post("/akun/sesi")
@login_required
def end_sessions() -> Response:
    """End one of one's own sessions, or all others."""
    member, mark = current_user.member, request.form.get("session", "")
    if len(mark) == MARK_LENGTH:
        ended = operations.end_own_sign_in(member, mark)
    else:
        ended = operations.end_other_sign_ins(member, request.cookies.get(cookie_name(), ""))
    db.session.commit()
    flash(ngettext("%(num)d session is ended.", "%(num)d sessions are ended.", ended))
    return redirect(url_for("accounts.own"))


@accounts.post("/akun/tombol-huruf")
@login_required
def letter_keys() -> Response:
    """Switch commands by a single letter on or off."""
    current_user.letter_keys = request.form.get("letter_keys") == "on"
    db.session.commit()
    return redirect(local_address(request.form.get("next", "")))


@accounts.post("/akun/zona")
@login_required
def choose_zone() -> Response:
    """Choose which clock one's pages show."""
    chosen = request.form.get("zone", "")
    if chosen in set(Zone):
        current_user.zone = Zone(chosen)
        db.session.commit()
        flash(_("Times are shown in %(zone)s now.", zone=chosen))
    return redirect(url_for("accounts.own"))


@accounts.route("/akun/kata-sandi", methods=["GET", "POST"])
@login_required
@limiter.limit("10 per hour", methods=["POST"])
def change_passphrase() -> str | Response:
    """Choose another passphrase, with the one until now; other sessions end."""
    form = ChangeForm()
    if form.validate_on_submit():
        try:
            with reading(db.session):
                checked = operations.check_passphrase(current_user.pseudonym, form.current.data)
                chosen = hash_secret(form.passphrase.data)
            member = operations.confirm_passphrase(checked)
        except operations.WrongSecret:
            form.current.errors = [_("This is not your passphrase. You could try once more.")]
        else:
            token = request.cookies.get(cookie_name(), "")
            operations.change_passphrase(member, chosen, token)
            db.session.commit()
            flash(_("Your new passphrase is set, and other sessions are ended."))
            return redirect(url_for("accounts.own"))
    return render_page("accounts/passphrase.html", form=form)


@accounts.route("/kode", methods=["GET", "POST"])
@login_required
@limiter.limit("10 per hour", methods=["POST"])
def recovery_codes() -> str:
    """Make eight new recovery codes, with the passphrase; the old ones stop working."""
    form = RenewForm()
    member = current_user.member
    if form.validate_on_submit():
        try:
            with reading(db.session):
                checked = operations.check_passphrase(member.pseudonym, form.passphrase.data)
            member = operations.confirm_passphrase(checked)
        except operations.WrongSecret:
            form.passphrase.errors = [_("This is not your passphrase. You could try once more.")]
        else:
            codes = operations.renew_codes(member)
            db.session.commit()
            return render_page("accounts/codes.html", codes=codes, member=member, onward=_onward())
    return render_page("accounts/renew_codes.html", form=form)


def _onward() -> str:
    """Return where somebody wanted to go before they stood at a door; else the rooms."""
    return local_address(request.args.get("next", ""))


def _knocking(template: str, form: SignInForm | RecoverForm) -> str:
    """Return the page of a door, with a sum while it is stormed."""
    form.proof.data = ""
    return render_page(template, form=form, sum=proof.sum_for(Door.SIGN_IN))


def _too_many(template: str, form: SignInForm | RecoverForm) -> str:
    form.passphrase.errors = [
        _("Many are trying this just now. With scripts on you can go on, or in ten minutes.")
    ]
    return _knocking(template, form)
