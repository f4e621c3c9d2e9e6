"""Open pages of the desk hear of news: one thread of each web process looks, and tells them all.

A stream holds one thread of the server and nothing else: no connection to the database, for it
sleeps until the looking thread wakes it. There are few by rule, so that pages always find a thread.
"""

import json
import threading
import time
from collections.abc import Iterator

import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from forum.accounts.operations import living_sign_ins
from forum.database import expect_reads
from moderation.cases.news import Mark, News, Recent, read_recent, write_mark

# How soon a page hears of a case.
LOOK_SECONDS = 2.0
# How soon a browser that went away is noticed, and its thread free again.
HEARTBEAT_SECONDS = 10.0
# After this the browser comes again, perhaps to another process.
LIFE_SECONDS = 180.0

log = structlog.get_logger()


class Stream:
    """One open page: whose session it is (the hash of its cookie), and since when it asks."""

    def __init__(self, session: str, member_id: int, since: Mark | None) -> None:
        self.session = session
        self.member_id = member_id
        self.since = since
        # Why it is over, as the name of the event that says so.
        self.over: str | None = None


class Streams:
    """The streams of this process, at most `most` at a time and one for each session."""

    def __init__(self, app: Flask, most: int) -> None:
        self._app = app
        self._most = most
        self._open: list[Stream] = []
        self._woken = threading.Condition()
        self._looker: threading.Thread | None = None
        # Counts the looks, so that a stream knows whether there was one since it last spoke.
        self._looks = 0
        self._recent: Recent | None = None

    def open(self, stream: Stream) -> Iterator[str] | None:
        """Return what a stream says, or None if there are too many: then the page asks itself.

        An older stream of the same session ends, and its page asks from then on.
        """
        with self._woken:
            older = [each for each in self._open if each.session == stream.session]
            for each in older:
                self._end(each, "full")
            if len(self._open) >= self._most:
                return None
            self._open.append(stream)
            if self._looker is None:
                self._looker = threading.Thread(target=self._look, name="desk-news", daemon=True)
                self._looker.start()
            self._woken.notify_all()
        return self._speak(stream)

    def __len__(self) -> int:
        with self._woken:
            return len(self._open)

    def close(self, stream: Stream) -> None:
        """Forget a stream whose answer has ended, whether or not a word of it was sent."""
        with self._woken:
            if stream in self._open:
                self._open.remove(stream)

    def _speak(self, stream: Stream) -> Iterator[str]:
        """Say what is new, first at once and then when it changes; stay alive between."""
        spoken = time.monotonic()
        ends = spoken + LIFE_SECONDS
        looks, said = self._looks, ""
        yield "retry: 2000\n\n"
        while time.monotonic() < ends:
            with self._woken:
                self._woken.wait_for(
                    lambda seen=looks: self._looks != seen or stream.over, HEARTBEAT_SECONDS
                )
                looked, looks, recent = self._looks != looks, self._looks, self._recent
            if stream.over:
                yield f"event: {stream.over}\ndata: -\n\n"
                return
            line = tell(recent, stream) if looked else said
            if line != said:
                yield f"data: {line}\n\n"
            elif time.monotonic() - spoken < HEARTBEAT_SECONDS:
                continue
            else:
                yield ": still here\n\n"
            said, spoken = line, time.monotonic()

    def _look(self) -> None:
        """Look every few seconds as long as there is a stream."""
        expect_reads(only=True)
        while True:
            with self._woken:
                if not self._open:
                    self._looker = None
                    return
                sessions = {stream.session for stream in self._open}
            recent, living = self._read(sessions)
            with self._woken:
                self._recent = recent
                self._looks += 1
                for stream in [each for each in self._open if each.session in sessions - living]:
                    self._end(stream, "over")
                self._woken.notify_all()
            time.sleep(LOOK_SECONDS)

    def _read(self, sessions: set[str]) -> tuple[Recent | None, set[str]]:
        """Return what happened and which sessions still live; None and all if it can't be read."""
        with self._app.app_context():
            try:
                return read_recent(self._recent), living_sign_ins(sessions)
            except SQLAlchemyError as error:
                # Whatever it is, the pages must say that it can't be known, and the next look may.
                log.warning("news_not_read", error=type(error).__name__)
                return None, sessions

    def _end(self, stream: Stream, why: str) -> None:
        stream.over = why
        self._open.remove(stream)
        self._woken.notify_all()


def tell(recent: Recent | None, stream: Stream) -> str:
    """Return what a page is told: two counts and the mark, or that it can't be known now."""
    if recent is None:
        return say(None, None)
    if stream.since is None:
        stream.since = recent.mark
    return say(recent.since(stream.since, stream.member_id), stream.since)


def say(news: News | None, since: Mark | None) -> str:
    """Return the answer to a page as JSON. Without news it says unknown, which is not zero."""
    return json.dumps(
        {
            "since": write_mark(since) if since else None,
            "new": news.new if news else None,
            "changed": news.changed if news else None,
        }
    )
