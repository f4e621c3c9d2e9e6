"""Small pages that belong to no domain: the language switch, the quick exit, the icon."""

from flask import Blueprint, current_app, redirect, request, session
from flask_login import current_user
from werkzeug.wrappers import Response

from forum.accounts.access import forget
from forum.database import writes
from forum.extensions import csrf, db
from forum.web.language import LANGUAGES, local_address

web = Blueprint("web", __name__)


@web.post("/bahasa")
@csrf.exempt
def set_language() -> Response:
    """Remember the chosen language, in the account too where there is one.

    Its form stands on every page, and a token would be a cookie for everyone who only reads. What
    another site sends is refused by forum.web.origin.
    """
    chosen = request.form.get("language")
    if chosen in LANGUAGES:
        session["language"] = chosen
        if current_user.is_authenticated:
            current_user.language = chosen
            db.session.commit()
    return redirect(local_address(request.form.get("next", "")))


@web.get("/keluar")
@writes
def quick_exit() -> Response:
    """End the session and lead to a plain page elsewhere; one link, no JavaScript."""
    response = forget(redirect(current_app.config["QUICK_EXIT_URL"]))
    db.session.commit()
    return response


@web.get("/favicon.ico")
def favicon() -> Response:
    """Give browsers that ask for the old name the icon."""
    return current_app.send_static_file("icon.svg")
