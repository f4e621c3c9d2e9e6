"""What a browser makes of a page: its forms, links, plain text; what it costs the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser

import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.test import TestResponse

from forum.clock import now
from forum.extensions import db


@dataclass
class Form:
    """One form: where it goes, and what a browser would send if nothing were changed."""

    method: str
    action: str
    values: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)

    @property
    def typed_fields(self) -> list[str]:
        """The names of the fields that a person can fill."""
        return [name for name, kind in self.kinds.items() if kind not in ("hidden", "submit")]


class Page(HTMLParser):
    """A page as it was sent."""

    def __init__(self, response: TestResponse) -> None:
        super().__init__(convert_charrefs=True)
        self.status = response.status_code
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.marked: list[str] = []
        self._pieces: list[str] = []
        self._textarea: str | None = None
        self._select: str | None = None
        self._in_mark = 0
        # A browser makes one line end of two characters, before anything else.
        self.feed(response.get_data(as_text=True).replace("\r\n", "\n"))

    @property
    def text(self) -> str:
        """Everything that stands on the page, in one line."""
        return " ".join(" ".join(self._pieces).split())

    def form(self, part_of_action: str = "") -> Form:
        """Return the only form of a page that goes to such an address; "" is the page itself."""
        fitting = [
            form
            for form in self.forms
            if (part_of_action in form.action if part_of_action else form.action == "")
            and form.method == "post"
        ]
        if len(fitting) > 1:
            fitting = [form for form in fitting if form.action.endswith(part_of_action)]
        assert len(fitting) == 1, (part_of_action, [form.action for form in self.forms])
        return fitting[0]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        name = attributes.get("name") or ""
        if tag == "form":
            self.forms.append(
                Form(attributes.get("method") or "get", attributes.get("action") or "")
            )
        elif tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"] or "")
        elif tag == "mark":
            self._in_mark += 1
            self.marked.append("")
        elif self.forms and name:
            self._add_field(tag, name, attributes)
        if tag == "option" and self._select and self.forms:
            values = self.forms[-1].values
            if "selected" in attributes or self._select not in values:
                values[self._select] = attributes.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._textarea = None
        elif tag == "select":
            self._select = None
        elif tag == "mark":
            self._in_mark -= 1

    def handle_data(self, data: str) -> None:
        if self._textarea is not None:
            # A browser drops one line break right after the tag.
            values = self.forms[-1].values
            old = values[self._textarea]
            values[self._textarea] = old + (data if old else data.removeprefix("\n"))
        else:
            self._pieces.append(data)
        if self._in_mark:
            self.marked[-1] += data

    def _add_field(self, tag: str, name: str, attributes: dict[str, str | None]) -> None:
        form = self.forms[-1]
        kind = attributes.get("type") or "text" if tag == "input" else tag
        form.kinds[name] = "submit" if tag == "button" else kind
        if tag == "textarea":
            self._textarea = name
            form.values[name] = ""
        elif tag == "select":
            self._select = name
        elif tag == "input" and (kind not in ("checkbox", "radio") or "checked" in attributes):
            form.values[name] = attributes.get("value") or ""


def csrf_token(client: FlaskClient) -> str:
    """Return the token that a browser's forms carry now."""
    # A visitor's pages carry none before there is something to send.
    forms = [form for path in ("/bantuan", "/masuk") for form in Page(client.get(path)).forms]
    return next(form.values["csrf_token"] for form in forms if "csrf_token" in form.values)


def send(client: FlaskClient, address: str, action: str = "", **typed: object) -> TestResponse:
    """Open a page, fill its form in and send it, as a browser would."""
    form = Page(client.get(address)).form(action)
    values = {**form.values, **{name: str(value) for name, value in typed.items()}}
    return client.post(form.action or address, data=values)


@contextmanager
def counting(app: Flask) -> Iterator[list[str]]:
    """Collect the statements that the database is sent meanwhile."""
    with app.app_context():
        engine = db.engine
    sent: list[str] = []

    def note(connection, cursor, statement, *_: object) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def statements_of(app: Flask, client: FlaskClient, address: str) -> list[str]:
    """Return the statements that one look at a page sends, without those of transactions."""
    # What is noted once an hour, or loaded once, is not what we count: both looks are of one hour.
    with time_machine.travel(now(), tick=False):
        client.get(address)
        app.extensions["keeper"].forget()  # Of a page that is kept nothing would be counted.
        with counting(app) as sent:
            response = client.get(address)
    assert response.status_code == 200
    return [line for line in sent if not line.startswith(("BEGIN", "SAVEPOINT", "RELEASE"))]
