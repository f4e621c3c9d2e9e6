"""Pages of one's own second steps, and the page that asks for one."""

import pyotp
import segno
from flask import Blueprint, Response, abort, flash, redirect, request, url_for
from flask_babel import format_date
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup
from werkzeug.wrappers import Response as Redirect

from forum.accounts.access import is_fresh, only_for, set_cookie, this_sign_in
from forum.accounts.models import STAFF
from forum.accounts.operations import renew_token
from forum.extensions import db, limiter
from forum.text import clean_line
from forum.web.language import local_address
from forum.web.pages import render_page
from moderation.factors import operations, passkeys
from moderation.factors.forms import CodeAppForm, FactorForm, PasskeyForm
from moderation.factors.models import MAX_NAME
from moderation.factors.queries import factors_of, open_recovery_of
from moderation.factors.showing import ask_again, show

factors = Blueprint("factors", __name__, url_prefix="/akun/langkah-kedua")
factors.before_request(only_for(STAFF, factor=False))

Page = str | tuple[str, int] | Redirect
# Wrong codes are counted for each person; this bounds the work.
LIMIT = "20 per minute"


@factors.route("/periksa", methods=["GET", "POST"])
@limiter.limit(LIMIT, methods=["POST"])
def check() -> Page:
    """Ask for the second step, then lead to where one wanted to go."""
    owned = factors_of(current_user.member)
    if not owned.number:
        return redirect(url_for("factors.index"))
    back = local_address(request.args.get("next", ""))
    if request.method == "GET" and is_fresh():
        return redirect(back)
    is_first = this_sign_in().second_factor_at is None
    form = FactorForm()
    if form.validate_on_submit() and show(form):
        return _open_more(redirect(back)) if is_first else redirect(back)
    page = render_page("factors/check.html", form=form, factors=owned)
    return page, 422 if form.errors else 200


@factors.post("/periksa/pilihan")
@limiter.limit(LIMIT)
def ask_passkey() -> Response:
    """Give a browser what it needs to show a passkey."""
    if not factors_of(current_user.member).passkeys:
        abort(404)
    options = passkeys.ask_to_show(current_user.member, this_sign_in())
    db.session.commit()
    return Response(options, mimetype="application/json")


@factors.get("")
def index() -> Page:
    """Show one's own second steps."""
    if _is_stale():
        return redirect(url_for("factors.check", next=url_for("factors.index")))
    return _page(PasskeyForm(formdata=None))


@factors.route("/aplikasi", methods=["GET", "POST"])
@limiter.limit(LIMIT, methods=["POST"])
def code_app() -> Page:
    """Set up an app that makes codes."""
    if _is_stale() and (page := ask_again()):
        return page
    member, form = current_user.member, CodeAppForm()
    if form.validate_on_submit():
        is_first = this_sign_in().second_factor_at is None
        try:
            operations.add_code_app(member, this_sign_in(), form.sealed.data, form.code.data)
        except operations.SetupTooOld:
            form.sealed.data = ""
            flash(_("That took a while, so here is a new code to scan."))
        except operations.WrongFactor:
            form.code.errors = [
                _("This does not fit. The app's next code may; a phone's clock can be wrong too.")
            ]
        else:
            db.session.commit()
            flash(_("Your app is set up. From now on the desk asks for its code."))
            done = redirect(url_for("factors.index"))
            return _open_more(done) if is_first else done
    form.sealed.data = form.sealed.data or operations.new_secret(member)
    try:
        secret = operations.shown_secret(member, form.sealed.data)
    except operations.SetupTooOld:
        abort(400)
    return _setup_page(form, secret), 422 if form.errors else 200


@factors.post("/kunci/pilihan")
@limiter.limit(LIMIT)
def ask_new_passkey() -> Response:
    """Give a browser what it needs to make a passkey."""
    if _is_stale():
        abort(403)
    try:
        options = passkeys.ask_to_make(current_user.member, this_sign_in())
    except passkeys.TooManyPasskeys:
        abort(409)
    db.session.commit()
    return Response(options, mimetype="application/json")


@factors.post("/kunci")
@limiter.limit(LIMIT)
def add_passkey() -> Page:
    """Keep a passkey that the browser has made."""
    if _is_stale() and (page := ask_again()):
        return page
    form, sign_in = PasskeyForm(), this_sign_in()
    if not form.validate():
        return _page(form), 422
    is_first = sign_in.second_factor_at is None
    name = clean_line(form.name.data, MAX_NAME)
    try:
        passkeys.add_passkey(current_user.member, sign_in, name, form.answer.data)
    except (operations.WrongFactor, passkeys.TooManyPasskeys):
        db.session.commit()
        form.name.errors = [_("That passkey was not kept. You could try once more.")]
        return _page(form), 422
    db.session.commit()
    flash(_("Your passkey is kept. From now on the desk asks for it."))
    done = redirect(url_for("factors.index"))
    return _open_more(done) if is_first else done


@factors.post("/akhiri")
@limiter.limit(LIMIT)
def end() -> Page:
    """Forget a passkey, or the app."""
    if _is_stale() and (page := ask_again()):
        return page
    credential = request.form.get("passkey", "")
    try:
        if credential:
            operations.end_passkey(current_user.member, credential)
        else:
            operations.end_code_app(current_user.member)
    except operations.LastFactor:
        db.session.rollback()
        flash(_("This one stays, as it is the only one. Set another one up first."))
    else:
        db.session.commit()
        flash(_("It is ended, and opens nothing any more."))
    return redirect(url_for("factors.index"))


def _is_stale() -> bool:
    """Whether someone who has a second step has not shown it lately."""
    return not is_fresh() and factors_of(current_user.member).number > 0


def _open_more(response: Redirect) -> Redirect:
    """Give a session that opens more from now on another cookie."""
    token = renew_token(this_sign_in())
    db.session.commit()
    return set_cookie(response, token)


def _page(form: PasskeyForm) -> str:
    member = current_user.member
    return render_page(
        "factors/index.html",
        form=form,
        factors=factors_of(member),
        recovery=open_recovery_of(member),
        day=lambda moment: format_date(moment, "d MMMM yyyy"),
    )


def _setup_page(form: CodeAppForm, secret: str) -> str:
    # No pseudonym: an app shows its list to whoever holds the phone.
    uri = pyotp.TOTP(secret).provisioning_uri(name=_("team"), issuer_name=passkeys.SITE_NAME)
    drawn = segno.make(uri, error="m").svg_inline(light="#fff", border=4, omitsize=True)
    return render_page(
        "factors/code_app.html",
        form=form,
        uri=uri,
        # Drawn from an address that is made here.
        qr=Markup(drawn),  # noqa: S704
        secret=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
    )
