"""Refuses forms that another site sends, before their token is even read.

`no-referrer` takes the Referer away that Flask-WTF's own check wants over HTTPS, and makes
browsers send `Origin: null`; Sec-Fetch-Site says the same thing and stays.
"""

from urllib.parse import urlsplit

from flask import Flask, abort, request

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def check_origin(app: Flask) -> None:
    """Let the app refuse requests from elsewhere that would change something."""

    @app.before_request
    def check() -> None:
        if request.method in SAFE_METHODS:
            return
        site = request.headers.get("Sec-Fetch-Site")
        if site is not None:
            if site not in ("same-origin", "none"):
                abort(403)
            return
        origin = request.headers.get("Origin", "null")
        if origin != "null" and urlsplit(origin).netloc != request.host:
            abort(403)
