"""Error pages: what happened, what to do, and help in sight."""

from flask import Flask, Response, request
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError
from werkzeug.exceptions import HTTPException, SecurityError

from forum.accounts.access import see_a_visitor
from forum.accounts.operations import is_new
from forum.database import DATABASE_TROUBLE, give_up
from forum.extensions import db
from forum.web.logs import log_incident
from forum.web.origin import SAFE_METHODS
from forum.web.pages import help_floor, render_page
from forum.web.typed import NotSent, typed_text

# Reading the form of such a request would refuse it once more.
UNREADABLE = (413, 415)
TOO_MANY = 429


def texts_of(code: int, *, typed: bool = False) -> tuple[str, str]:
    """Return title and message of an error page.

    With `typed` the page gives back what the person wrote, and says so.
    """
    # A title, what there is to know, and what to do where nothing can be given back.
    texts = {
        400: (
            _("This form could not be read"),
            "",
            _("Go back one page; your text should still be there. Reload it and send it again."),
        ),
        401: (_("Please sign in first"), _("This page is for people who are signed in."), ""),
        403: (
            _("This page is not open to you"),
            _("Nothing was changed."),
            _("You can go back, or to the rooms."),
        ),
        404: (
            _("There is nothing at this address"),
            _("It may have moved, or its writer took it back. The rooms are still here."),
            "",
        ),
        405: (_("That does not work here"), "", _("Go back one page and use the button there.")),
        409: (
            _("Something changed meanwhile"),
            _("Look at the page again before you decide. Nothing was overwritten."),
            "",
        ),
        413: (
            _("That is more than we can take at once"),
            "",
            _("Go back one page; your text is still there. Shorten it or send it in parts."),
        ),
        429: (
            _("A short pause, please"),
            # No limit looks further back than an hour.
            _(
                "Much was sent from here or from your network in a short time. Please wait some "
                "minutes, an hour at most. Reading and help stay open."
            ),
            "",
        ),
        503: (
            _("Teduh can't save anything right now"),
            _("Reading may still work."),
            _("Go back one page to keep your text, and try again soon."),
        ),
    }
    texts[415] = texts[400]
    title, message, otherwise = texts.get(
        code,
        (
            _("Something went wrong on our side"),
            _("It is not your fault."),
            _("Go back one page to keep your text, and try again soon."),
        ),
    )
    given_back = _(
        "Your text stands below. Copy it first, then open the page anew and send it again."
    )
    return title, " ".join(part for part in (message, given_back if typed else otherwise) if part)


def register_errors(app: Flask) -> None:
    """Give the app its error pages."""

    @app.errorhandler(HTTPException)
    def show_http_error(error: HTTPException) -> tuple[str, int]:
        return _page(error.code or 500)

    @app.errorhandler(SecurityError)
    def show_wrong_host(error: SecurityError) -> Response:
        # Such a request has no address map, so a page with links can't be made for it.
        lines = (_("There is nothing at this address"), *help_floor())
        return Response("\n".join(lines) + "\n", 400, mimetype="text/plain")

    @app.errorhandler(CSRFError)
    def show_stale_form(error: CSRFError) -> tuple[str, int]:
        return _page(400)

    @app.errorhandler(DataError)
    def show_unstorable(error: DataError) -> tuple[str, int]:
        # What no database can hold, such as a NUL in an address, is not a crash of ours.
        db.session.rollback()
        return _page(404 if request.method in SAFE_METHODS else 400)

    @app.errorhandler(NotSent)
    def show_not_sent(error: NotSent) -> tuple[str, int]:
        page = render_page(
            "errors/error.html",
            code=error.code,
            title=error.title,
            message=error.message,
            way=error.way,
            label=error.label,
            typed=typed_text(),
        )
        return page, error.code

    def show_database_trouble(error: Exception) -> tuple[str, int]:
        give_up(db.session)
        see_a_visitor()
        return _page(503, _note_incident(error))

    for kind in DATABASE_TROUBLE:
        app.register_error_handler(kind, show_database_trouble)

    @app.errorhandler(Exception)
    def show_crash(error: Exception) -> tuple[str, int]:
        give_up(db.session)
        return _page(500, _note_incident(error))


def _note_incident(error: Exception) -> str:
    return log_incident(error, request.url_rule.rule if request.url_rule else None)


def _page(code: int, incident: str = "") -> tuple[str, int]:
    typed = "" if code in UNREADABLE else typed_text()
    title, message = texts_of(code, typed=bool(typed))
    if code == TOO_MANY and current_user.is_authenticated and is_new(current_user.member):
        message += " " + _("New accounts write a little slower in their first days.")
    page = render_page(
        "errors/error.html",
        code=code,
        title=title,
        message=message,
        incident=incident,
        typed=typed,
    )
    return page, code
