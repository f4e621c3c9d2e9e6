"""The copy of the help page that browsers keep, and the service worker that keeps it.

The worker's scope is the help page alone, so no other page ever passes through it. It asks for
its copy without cookies, so that nothing of an account can be in it.
"""

import hashlib

from flask import url_for
from flask_babel import force_locale

from forum.extensions import setting
from forum.help.queries import Wanted, directory, matching
from forum.web.language import LANGUAGES
from forum.web.pages import render_page, static_url

KEPT_FILES = ("style.css", "icon.svg")


def offline_page(language: str) -> str:
    """Return the page to keep, in one language: no account, no form, nothing that ages."""
    with force_locale(language):
        return render_page(
            "help/offline.html",
            shown=matching(directory(), Wanted()),
            other=next(each for each in LANGUAGES if each != language),
        )


def keeper_script() -> str:
    """Return the service worker. It changes when the page does, so browsers fetch the page anew."""
    if not setting("HELP_OFFLINE"):
        return render_page("help/keeper_off.js")
    texts = [offline_page(language) for language in LANGUAGES]
    return render_page(
        "help/keeper.js",
        version=hashlib.sha256("".join(texts).encode()).hexdigest()[:12],
        help=url_for("help.index"),
        pages={language: url_for("help.offline", language=language) for language in LANGUAGES},
        files=[static_url(name) for name in KEPT_FILES],
    )
