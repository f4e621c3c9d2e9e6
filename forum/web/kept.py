"""Pages for visitors, made once and given again for as long as the database says the same.

Most who come at night are visitors, and many read the same thread. A kept page remembers what
was asked of the database while it was made, and what it said. Before the page is given again, all
of that is asked once more: a post that was hidden, covered or taken back since then changes an
answer, and the page is made anew. So nothing has to be told that a page is out of date, and
nothing can forget to. Members and staff get pages of their own each time.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, cast

from flask import Flask, current_app, g, request, session
from flask_login import current_user
from sqlalchemy import Engine, event

from forum.clock import now
from forum.database import give_up
from forum.extensions import db
from forum.web.language import current_language

# What changes with the clock alone, such as "2 hours ago" or who answers now, is at most so old.
KEPT_FOR = timedelta(seconds=20)
# At most about 60 KB each: a page, and the rows behind it.
PAGES = 100

# What a visitor's form cookie may hold without making a page their own.
ANYBODYS = {"language", "csrf_token"}

Question = tuple[str, Any]
Answer = list[Any]

_asked: ContextVar[list[Question] | None] = ContextVar("asked", default=None)


@dataclass(frozen=True)
class KeptPage:
    """A page with what was asked for it and what the database said."""

    html: str
    until: datetime
    asked: list[Question]
    said: list[Answer]


class Shelf:
    """The kept pages of one process; those that were not asked for the longest go first."""

    def __init__(self) -> None:
        self._pages: OrderedDict[tuple[str, str], KeptPage] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[str, str]) -> KeptPage | None:
        """Return a page, or None where there is none or it is too old."""
        with self._lock:
            page = self._pages.get(key)
            if page is None or page.until <= now():
                return None
            self._pages.move_to_end(key)
            return page

    def put(self, key: tuple[str, str], page: KeptPage) -> None:
        """Keep a page."""
        with self._lock:
            self._pages[key] = page
            self._pages.move_to_end(key)
            while len(self._pages) > PAGES:
                self._pages.popitem(last=False)


def add_shelf(app: Flask) -> None:
    """Give the app a new, empty place for kept pages."""
    app.extensions["kept_pages"] = Shelf()


def note_questions(engine: Engine) -> None:
    """Let what is asked of a database be noted while a page is made."""

    @event.listens_for(engine, "after_cursor_execute")
    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if (asked := _asked.get()) is not None:
            asked.append((statement, parameters))


def kept_for_visitors(view: Callable[..., Any]) -> Callable[..., Any]:
    """Let a view that only reads give visitors a kept page.

    It must depend on nothing but its address, the language, the database and the clock. What holds
    a form's token or a passing word for one person is never kept.
    """

    @wraps(view)
    def answer(**values: Any) -> Any:
        if current_user.is_authenticated or set(session) - ANYBODYS:
            return view(**values)
        shelf = cast(Shelf, current_app.extensions["kept_pages"])
        key = (request.full_path, current_language())
        page = shelf.get(key)
        if page is not None and _ask_again(page.asked) == page.said:
            return page.html
        _see_one_moment()
        began = db.session().get_transaction()
        with _noting() as asked:
            html = view(**values)
        is_one_moment = began is not None and db.session().get_transaction() is began
        if isinstance(html, str) and is_one_moment and "csrf_token" not in g:
            said = _ask_again(asked)
            if said is not None:
                shelf.put(key, KeptPage(html, now() + KEPT_FOR, asked, said))
        return html

    return answer


def _see_one_moment() -> None:
    """Let all that this request reads be of one moment: the page, and the answers kept with it.

    SQLite's transactions are like that; PostgreSQL is asked for it.
    """
    db.session.rollback()
    options = {}
    if db.engine.dialect.name == "postgresql":
        options = {"isolation_level": "REPEATABLE READ"}
    db.session.connection(execution_options=options)


@contextmanager
def _noting() -> Iterator[list[Question]]:
    """Note what this request asks the database meanwhile."""
    asked: list[Question] = []
    token = _asked.set(asked)
    try:
        yield asked
    finally:
        _asked.reset(token)


def _ask_again(asked: list[Question]) -> list[Answer] | None:
    """Return what the database says now, question by question, as the driver gives it.

    None says that it does not answer; whoever asks next is told why.
    """
    # Past SQLAlchemy, which would make objects of the rows; both drivers answer alike.
    driver: Any = db.session.connection().connection.driver_connection
    try:
        return [driver.execute(statement, parameters).fetchall() for statement, parameters in asked]
    except db.engine.dialect.loaded_dbapi.Error:
        give_up(db.session)
        return None
