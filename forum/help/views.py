"""Pages of help, limits and the agreement. Never limited, open to everyone."""

from flask import Blueprint

from forum.help.queries import shown_entries
from forum.web.pages import render_page

help_pages = Blueprint("help", __name__)


@help_pages.get("/bantuan")
def index() -> str:
    """Show the ways to help: the floor first, then the directory."""
    return render_page("help/index.html", entries=shown_entries())


@help_pages.get("/batas")
def limits() -> str:
    """Say what Teduh is and is not."""
    return render_page("help/limits.html")


@help_pages.get("/kesepakatan")
def agreement() -> str:
    """Show the agreement."""
    return render_page("help/agreement.html")
