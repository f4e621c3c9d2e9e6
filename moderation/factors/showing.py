"""Asking for the second step: at sign-in, and again before what reaches far."""

from flask import redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from forum.accounts.access import is_fresh, this_sign_in
from forum.extensions import db
from forum.web.pages import render_page
from moderation.factors import operations
from moderation.factors.forms import FactorForm
from moderation.factors.passkeys import show_passkey
from moderation.factors.queries import factors_of


def ask_again() -> Response | tuple[str, int] | None:
    """Return the page that asks for the second step again, or None if the last one is recent.

    The page carries all fields of the form that was sent and sends them once more to the same
    address with the second step, so nothing typed is lost and no view knows of the detour. A view
    calls this when a form is right and before it changes anything: a second step that fits is
    committed here, because no code may be taken twice whatever becomes of the act.
    """
    if is_fresh():
        return None
    if request.method == "GET":
        return redirect(url_for("factors.check", next=request.full_path))
    form = FactorForm()
    asked = form.factor_code.data or form.factor_answer.data
    if asked and form.validate() and show(form):
        return None
    own_names = {field.name for field in form}
    kept = [
        (name, value) for name, value in request.form.items(multi=True) if name not in own_names
    ]
    page = render_page(
        "factors/again.html", form=form, kept=kept, factors=factors_of(current_user.member)
    )
    return page, 403


def show(form: FactorForm) -> bool:
    """Take what was typed or signed as the second step of this session, and commit.

    A try that fails is committed too, as it counts. Returns whether it fits; else the form says
    what to do.
    """
    member, sign_in = current_user.member, this_sign_in()
    try:
        if form.factor_answer.data:
            show_passkey(member, sign_in, form.factor_answer.data)
        else:
            operations.show_code(member, sign_in, form.factor_code.data or "")
    except operations.TooManyTries:
        form.factor_code.errors = [
            _("Those were many tries. In a quarter of an hour you can try again.")
        ]
    except operations.WrongFactor:
        form.factor_code.errors = [
            _("This does not fit, or was used before. The app's next code may.")
        ]
    db.session.commit()
    return not form.errors
