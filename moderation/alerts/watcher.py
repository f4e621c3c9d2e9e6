"""The watcher: looks around every few seconds and sends what is due, needing no broker and no beat.

It runs apart from what it watches, as `teduh watch`, and beside every `teduh sweep`. Only the
watcher's own thread touches the database; each message is sent by a process that can be ended.
"""

import json
import subprocess
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

import structlog
from flask import Flask

from forum.extensions import db, setting
from forum.heartbeats import WATCH, note_heartbeat, silent_processes
from forum.web.health import UNSCANNED_LIMIT_SECONDS, unscanned_seconds
from moderation.alerts.climbing import look
from moderation.alerts.deliveries import SEND_SECONDS, Errand, Outcome, finish, next_errands
from moderation.alerts.wording import write_message

ROUND_SECONDS = 2.0
# Other processes may need this long after a common start to give their first sign.
SETTLED_SECONDS = 60.0
# Of failed rounds in a row; after about a minute /readyz turns red as well.
MOST_FAILURES = 30

log = structlog.get_logger()


class Watcher:
    """Looks and sends, round by round. `round` needs an app context; `run` makes its own."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._targets = app.config["ALERT_TARGETS"]
        # One for each target, so that none waits for another, and one for the sign of life.
        self._pool = ThreadPoolExecutor(
            max_workers=len(self._targets) + 1, thread_name_prefix="sender"
        )
        self._sending: dict[Future[Outcome], Errand] = {}
        self._ping: Future[Outcome] | None = None
        self._began = time.monotonic()
        self._next_ping = self._began
        self._failures = 0

    def run(self, stop: Event) -> bool:
        """Watch until `stop` is set, then once more, and wait for what is on its way.

        Returns False, and at once, when so many rounds have failed that only a new start may help.
        """
        while not stop.wait(ROUND_SECONDS):
            self._try_round()
            if self._failures >= MOST_FAILURES:
                log.error("watch_given_up")
                return False
        self._try_round()
        self.wait()
        return True

    def round(self) -> None:
        """Mark what was sent, look around, send what is due. Commits."""
        self._collect()
        note_heartbeat(WATCH)
        db.session.commit()
        silent = None
        if time.monotonic() - self._began > SETTLED_SECONDS:
            silent = bool(silent_processes())
        look(silent=silent)
        db.session.commit()
        busy = {errand.target.key for errand in self._sending.values()}
        for errand in next_errands(self._targets, busy):
            message = write_message(errand.rung, errand.delivery_id, is_test=errand.is_test)
            request = {
                "url": errand.target.url.get_secret_value(),
                "title": message.title,
                "body": message.body,
                "urgent": message.urgent,
            }
            self._sending[self._pool.submit(_hand_over, request)] = errand
        db.session.rollback()
        self._show_life()

    def wait(self) -> None:
        """Wait for the messages that are on their way, and mark them."""
        for future in list(self._sending):
            future.exception()
        with self._app.app_context():
            self._collect()
        self._pool.shutdown()

    def _try_round(self) -> None:
        with self._app.app_context():
            try:
                self.round()
                self._failures = 0
            except Exception as error:  # noqa: BLE001 (the next round tries again; it must come)
                self._failures += 1
                db.session.rollback()
                log.warning("watch_failed", error=type(error).__name__)

    def _collect(self) -> None:
        for future in [future for future in self._sending if future.done()]:
            errand = self._sending[future]
            # Whatever befell its thread, one message must not hold up all that come after it.
            outcome = Outcome.REFUSED if future.exception() else future.result()
            finish(errand.delivery_id, errand.attempt, outcome)
            db.session.commit()
            # Only now: a database that failed us leaves it to the next round.
            del self._sending[future]
            log.info(
                "alert_delivery",
                delivery_id=errand.delivery_id,
                attempt=errand.attempt,
                outcome=outcome.value,
            )

    def _show_life(self) -> None:
        """Tell the outside that all is well; silence tells it that something is not."""
        url = setting("HEARTBEAT_URL")
        if not url or time.monotonic() < self._next_ping or (self._ping and not self._ping.done()):
            return
        if not silent_processes() and unscanned_seconds() <= UNSCANNED_LIMIT_SECONDS:
            self._next_ping = time.monotonic() + setting("HEARTBEAT_SECONDS")
            self._ping = self._pool.submit(_hand_over, {"ping": url})
        db.session.rollback()


def _hand_over(request: dict[str, object]) -> Outcome:
    """Let a process of its own send something, for SEND_SECONDS at most."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "moderation.alerts.sender"],
            input=json.dumps(request).encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=SEND_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Outcome.TIMED_OUT
    except OSError:
        # No memory for a process, or too many files: it may go better soon.
        return Outcome.REFUSED
    return Outcome.SENT if done.returncode == 0 else Outcome.REFUSED
