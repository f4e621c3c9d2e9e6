"""Which language a page speaks: the member's, the chosen one, the browser's, Indonesian."""

from flask import request, session, url_for
from flask_babel import get_locale
from flask_login import current_user

from forum.database import DATABASE_TROUBLE, give_up
from forum.extensions import db

LANGUAGES = ("id", "en")


def choose_language() -> str:
    """Return "id" or "en" for the present request."""
    chosen = session.get("language")
    if chosen in LANGUAGES:
        return str(chosen)
    try:
        if current_user.is_authenticated:
            return str(current_user.language)
    except DATABASE_TROUBLE:
        # The page that says so must not fail on the same database.
        give_up(db.session)
    # Indonesian first: English only where the browser asks for it and not for Indonesian.
    asked = [code.split("-")[0].lower() for code, _ in request.accept_languages]
    return "en" if "en" in asked and "id" not in asked and asked[0] == "en" else "id"


def current_language() -> str:
    """Return the language of the page being made: "id" or "en"."""
    return str(get_locale() or "id")[:2]


def local_address(address: str) -> str:
    """Return the address if it is a path on this site, else the front page."""
    safe = address.startswith("/") and not address.startswith(("//", "/\\")) and "\n" not in address
    if not safe or any(ord(char) < 32 for char in address):
        return url_for("rooms.index")
    return address
