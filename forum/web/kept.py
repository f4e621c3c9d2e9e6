"""Pages for visitors, made once and given again for as long as the database says the same.

Most who come at night are visitors, and many read the same thread. A kept page remembers what
was asked of the database while it was made, and what it said. Before the page is given again, all
of that is asked once more: a post that was hidden, covered or taken back since then changes an
answer, and the page is made anew. So nothing has to be told that a page is out of date, and
nothing can forget to. Only while nothing at all is written an answer is trusted, for a second.
Members and staff get pages of their own each time.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, Generic, TypeVar, cast

from flask import Flask, current_app, g, request, session
from flask_login import current_user
from sqlalchemy import Engine, event

from forum.clock import now
from forum.database import DATABASE_TROUBLE, give_up
from forum.extensions import db
from forum.web.changes import LastChange, note_changes
from forum.web.language import current_language
from forum.web.timing import count_answer

# What changes with the clock alone, such as "2 hours ago" or who answers now, is at most so old.
KEPT_FOR = timedelta(seconds=20)
# For so long an answer of the database is taken to hold while no process of this machine has
# written. Another machine's change may therefore show so much later.
TRUSTED_FOR_NS = 1_000_000_000
# A page and the rows behind it: 40 KB on an average, so 20 MB a process at most.
PAGES = 500

# What a visitor's form cookie may hold without making a page their own.
ANYBODYS = {"language", "csrf_token"}
# All that a page may depend on, of somebody who brings no cookie.
DOOR_KEYS = (
    *("wsgi.url_scheme", "HTTP_HOST", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING"),
    "HTTP_ACCEPT_LANGUAGE",
)
KEPT = "teduh.kept_page"

Question = tuple[str, Any]
Answer = list[Any]
Thing = TypeVar("Thing")

_asked: ContextVar[list[Question] | None] = ContextVar("asked", default=None)


@dataclass
class KeptPage:
    """A page with what was asked for it, what the database said, and when it was last asked."""

    html: bytes
    route: str
    until: datetime
    asked: list[Question]
    said: list[Answer]
    asked_at: int


@dataclass(frozen=True)
class Door:
    """What who comes without a cookie is answered where a page is kept for them."""

    page: KeptPage
    headers: list[tuple[str, str]]


class Shelf(Generic[Thing]):
    """What one process keeps; what was not asked for the longest goes first."""

    def __init__(self) -> None:
        self._things: OrderedDict[Hashable, Thing] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Thing | None:
        """Return what is kept under a key, or None."""
        with self._lock:
            thing = self._things.get(key)
            if thing is not None:
                self._things.move_to_end(key)
            return thing

    def put(self, key: Hashable, thing: Thing) -> None:
        """Keep something."""
        with self._lock:
            self._things[key] = thing
            self._things.move_to_end(key)
            while len(self._things) > PAGES:
                self._things.popitem(last=False)

    def __len__(self) -> int:
        """Return how many things are kept."""
        return len(self._things)


class Keeper:
    """Keeps an app's pages for visitors, and gives them before Flask begins where it can."""

    def __init__(self, app: Flask, engine: Engine, last_change: LastChange) -> None:
        """Keep pages for an app whose database is asked through `engine`."""
        self._wsgi_app = app.wsgi_app
        self._engine = engine
        self._last_change = last_change
        self.forget()

    def forget(self) -> None:
        """Keep nothing of what was kept so far."""
        self.pages: Shelf[KeptPage] = Shelf()
        self.doors: Shelf[Door] = Shelf()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Answer one request as WSGI has it: with a kept page, or by the app."""
        if environ["REQUEST_METHOD"] != "GET" or "HTTP_COOKIE" in environ:
            return self._wsgi_app(environ, start_response)
        began = time.perf_counter()
        key = tuple(environ.get(name) for name in DOOR_KEYS)
        door = self.doors.get(key)
        if door is not None and self.is_current(door.page, self._ask_from_outside):
            start_response("200 OK", list(door.headers))
            count_answer(door.page.route, "GET", 200, time.perf_counter() - began)
            return [door.page.html]

        def note(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            page = environ.get(KEPT)
            is_anybodys = all(name != "Set-Cookie" for name, _ in headers)
            if page is not None and status == "200 OK" and is_anybodys:
                self.doors.put(key, Door(page, headers))
            return start_response(status, headers, *error)

        return self._wsgi_app(environ, note)

    def is_current(
        self, page: KeptPage, ask: Callable[[list[Question]], list[Answer] | None]
    ) -> bool:
        """Return whether a page may be given once more; `ask` puts its questions again."""
        if page.until <= now():
            return False
        moment = time.monotonic_ns()
        is_trusted = moment - page.asked_at < TRUSTED_FOR_NS
        if is_trusted and page.asked_at > self._last_change.moment():
            return True
        if ask(page.asked) != page.said:
            return False
        page.asked_at = moment
        return True

    def _ask_from_outside(self, asked: list[Question]) -> list[Answer] | None:
        """Ask on a connection of the pool: there is no request and no session yet."""
        try:
            connection = self._engine.raw_connection()
        except DATABASE_TROUBLE:
            return None
        try:
            return _put(asked, connection.driver_connection)
        except self._engine.dialect.loaded_dbapi.Error:
            connection.invalidate()
            return None
        finally:
            connection.close()


def keep_pages(app: Flask, engine: Engine) -> None:
    """Let an app keep its pages for visitors, for whoever comes through its `wsgi_app`."""
    last_change = LastChange(app.config["RUNTIME_DIR"] / "last-change")
    note_changes(engine, last_change)
    _note_questions(engine)
    app.extensions["keeper"] = keeper = Keeper(app, engine, last_change)
    app.wsgi_app = keeper  # type: ignore[method-assign]


def _note_questions(engine: Engine) -> None:
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
        keeper = cast(Keeper, current_app.extensions["keeper"])
        key = (request.full_path, current_language())
        page = keeper.pages.get(key)
        if page is None or not keeper.is_current(page, _ask_again):
            made = _make(lambda: view(**values))
            if not isinstance(made, KeptPage):
                return made
            page = made
            keeper.pages.put(key, page)
        request.environ[KEPT] = page
        return page.html

    return answer


def _make(view: Callable[[], Any]) -> Any:
    """Return a page to keep, or what the view answers where it can't be kept."""
    asked_at = time.monotonic_ns()
    _see_one_moment()
    began = db.session().get_transaction()
    with _noting() as asked:
        html = view()
    is_one_moment = began is not None and db.session().get_transaction() is began
    if not isinstance(html, str) or not is_one_moment or "csrf_token" in g:
        return html
    said = _ask_again(asked)
    if said is None or request.url_rule is None:
        return html
    return KeptPage(html.encode(), request.url_rule.rule, now() + KEPT_FOR, asked, said, asked_at)


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
    """Return what the database says now, question by question, on the session's connection.

    None says that it does not answer; whoever asks next is told why.
    """
    driver = db.session.connection().connection.driver_connection
    try:
        return _put(asked, driver)
    except db.engine.dialect.loaded_dbapi.Error:
        give_up(db.session)
        return None


def _put(asked: list[Question], driver: Any) -> list[Answer]:
    """Put questions past SQLAlchemy, which would make objects of the rows; both drivers agree."""
    return [driver.execute(statement, parameters).fetchall() for statement, parameters in asked]
