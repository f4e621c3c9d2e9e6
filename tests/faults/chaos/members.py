"""People who write, as many as the plan wants, and try again with the same key when it fails."""

import http.client
import queue
import random
import re
import secrets
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode

from forum.accounts.access import cookie_name
from forum.app import create_app
from forum.commands.simulate_posts import KEY, ROOM, TOKEN, make_members
from forum.extensions import db
from forum.settings import load_settings
from tests.faults.chaos.inside.sitecustomize import POISON
from tests.faults.chaos.site import Site
from tests.forum.conftest import keep_limiter

TEXTS = {
    "green": "Hari ini lumayan, tadi masak sayur bening.",
    "amber": "Aku capek banget, rasanya nggak ada harapan lagi.",
    "red": "Aku pengen mati.",
    "poison": f"Hari ini {POISON} lumayan.",
}
LEVELS = ("green", "amber", "red")
# Far below the limit of one member, so that the second try of a person is none too many.
POSTS_PER_MEMBER = 2
SENDERS = 16
ANSWER_SECONDS = 20
# Somebody who presses the button every few seconds gives up after this long.
PATIENCE_SECONDS = 150
FORM_COOKIE = re.compile(r"teduh-form=[^;]+")


@dataclass
class Answer:
    """What one request got: when it began, how long it took, and its status or what broke."""

    began: float
    seconds: float
    status: str


@dataclass
class Sent:
    """One post that somebody wrote, with all tries. Moments are seconds since 1970."""

    title: str
    level: str
    key: str
    began: float = 0.0
    acknowledged: float | None = None
    thread_id: str | None = None
    answers: list[Answer] = field(default_factory=list)


class Person:
    """A member in a browser."""

    def __init__(self, port: int, cookie: str) -> None:
        self.port = port
        self.cookie = cookie
        self.fields: dict[str, str] = {}

    def write(self, sent: Sent) -> None:
        """Post a text; try again with the same key until it is taken or patience ends."""
        path = f"/ruang/{ROOM}/tulis"
        sent.began = time.time()
        pause = 0.5
        while time.time() - sent.began < PATIENCE_SECONDS:
            if not self.fields:
                status, _, page = self._ask(sent, "GET", path)
                token = TOKEN.search(page)
                if status == "200" and token and KEY.search(page):
                    self.fields = {"csrf_token": token[1]}
            if self.fields:
                form = {
                    **self.fields,
                    "submission_key": sent.key,
                    "title": sent.title,
                    "body": TEXTS[sent.level],
                    "warning": "none",
                    # As the second press of someone in danger, who has seen what helps now.
                    "looked": "1",
                }
                status, address, _ = self._ask(sent, "POST", path, urlencode(form))
                if status == "302" and "/utas/" in address:
                    sent.acknowledged = time.time()
                    sent.thread_id = address.rsplit("/", 1)[-1]
                    return
                if status in ("200", "302"):
                    # Neither a thread nor an honest error page: nobody would understand that.
                    sent.answers[-1].status = "led astray"
                if status == "400":
                    self.fields = {}
            time.sleep(pause)
            pause = min(4.0, pause * 2)

    def _ask(self, sent: Sent, method: str, path: str, body: str = "") -> tuple[str, str, str]:
        """Send one request. Returns status, where it leads and the page, and notes the answer."""
        began = time.time()
        status, address, page = "", "", ""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)
        try:
            headers = {"Cookie": self.cookie}
            if method == "POST":
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            page = answer.read().decode(errors="replace")
            status, address = str(answer.status), answer.headers.get("Location", "")
            if found := FORM_COOKIE.search(answer.headers.get("Set-Cookie", "")):
                self.cookie = f"{self.cookie.split('; ')[0]}; {found[0]}"
        except TimeoutError:
            status = "no answer"
        except (OSError, http.client.HTTPException):
            status = "broken off"
        finally:
            connection.close()
        sent.answers.append(Answer(began, time.time() - began, status))
        return status, address, page


class Crowd:
    """Everybody who writes in a run."""

    def __init__(self, site: Site, posts: int, rate: float, seed: int) -> None:
        self.site = site
        self.rate = rate
        self.sent: list[Sent] = []
        self.done = 0
        # Set when the last fault is over: each one shall meet people who write.
        self.may_end = threading.Event()
        self._left = posts
        self._chooser = random.Random(seed)
        self._people = self._invite(posts // POSTS_PER_MEMBER + 10)
        self._queue: queue.Queue[tuple[Person, Sent] | None] = queue.Queue()

    def _invite(self, count: int) -> list[Person]:
        settings = load_settings(
            demo=True,
            data_dir=self.site.folder,
            redis_url="",
            database_url=self.site.variables.get("DATABASE_URL", ""),
        )
        with keep_limiter():
            app = create_app(settings)
            tokens = make_members(app, count)
            with app.test_request_context():
                name = cookie_name()
            with app.app_context():
                db.engine.dispose()
        return [Person(self.site.port, f"{name}={token}") for token in tokens]

    def write_one(self, level: str) -> Sent:
        """Let somebody write now; return what became of it."""
        person, sent = self._next(level)
        person.write(sent)
        self.done += 1
        return sent

    def write_all(self) -> None:
        """Let everyone write at the set rate. Returns when everybody has an answer or gave up."""
        senders = [threading.Thread(target=self._send, daemon=True) for _ in range(SENDERS)]
        for sender in senders:
            sender.start()
        due = time.monotonic()
        while self._left > 0 or not self.may_end.is_set():
            self._left -= 1
            wanted = self.site.wanted.pop() if self.site.wanted else ""
            self._queue.put(self._next("poison" if wanted else self._chooser.choice(LEVELS)))
            due = max(due + 1 / (self.rate * self.site.rush), time.monotonic() - 1)
            time.sleep(max(0.0, due - time.monotonic()))
        for _ in senders:
            self._queue.put(None)
        for sender in senders:
            sender.join()

    def _next(self, level: str) -> tuple[Person, Sent]:
        number = len(self.sent)
        sent = Sent(f"Kabar {number:05d}", level, secrets.token_hex(16))
        self.sent.append(sent)
        return self._people[number % len(self._people)], sent

    def _send(self) -> None:
        while item := self._queue.get():
            person, sent = item
            person.write(sent)
            self.done += 1
