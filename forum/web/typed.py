"""What somebody typed into a form that was not taken, to give it back: going back may lose it."""

from flask import redirect, request
from werkzeug.wrappers import Response

from forum.web.origin import SAFE_METHODS

# Fields whose every word is a text. Of the others, what holds a space is one too: no choice, no
# id and no seal has any.
TEXTS = frozenset({"title", "body", "note", "words", "known"})
# A field with such a piece in its name is never shown again, whatever it holds.
NOT_SHOWN = (
    *("passphrase", "current", "code", "token", "factor"),
    *("proof", "submission_key", "pseudonym"),
)


class NotSent(Exception):
    """A text came where its writer may not go on as they are; they get it back, and a way on."""

    def __init__(self, code: int, title: str, message: str, way: str, label: str) -> None:
        """Take the page's status, what it says, and the address and label of its first link."""
        super().__init__(code)
        self.code, self.title, self.message = code, title, message
        self.way, self.label = way, label


def lead(way: str, label: str, code: int, title: str, message: str) -> Response:
    """Lead on somebody who may not go on as they are: to `way`, whose link says `label`.

    Raises NotSent if they sent a text, with the status, the title and the message of the page that
    gives it back.
    """
    if typed_text():
        raise NotSent(code, title, message, way, label)
    return redirect(way)


def typed_text() -> str:
    """Return what the person wrote into the form of this request, without anything secret."""
    if request.method in SAFE_METHODS:
        return ""
    fields = request.form.items(multi=True)
    return "\n\n".join(text.strip() for name, text in fields if _is_text(name, text.strip()))


def _is_text(name: str, value: str) -> bool:
    if not value or any(piece in name.lower() for piece in NOT_SHOWN):
        return False
    return name in TEXTS or len(value.split()) > 1
