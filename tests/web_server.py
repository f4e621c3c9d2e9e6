"""The web processes alone, on the database of a test, and how to ask them over real HTTP."""

import http.client
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlencode

from forum.settings import Settings
from tests.system import environment, free_port

START_SECONDS = 180


@contextmanager
def web_server(
    settings: Settings, folder: Path, *, wsgi: str = "forum.wsgi:app", **variables: str
) -> Iterator[int]:
    """Serve the database of the tests with two processes. Yields the port."""
    port = free_port()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn"),
            *("--config", "python:forum.web.server", wsgi),
        ],
        env=environment(folder)
        | {
            "DATABASE_URL": settings.database_url,
            "TEDUH_DEMO": "1",
            "TEDUH_PORT": str(port),
            "TEDUH_WEB_WORKERS": "2",
        }
        | variables,
    )
    try:
        give_up = time.monotonic() + START_SECONDS
        while True:
            try:
                with connect(port) as connection:
                    assert ask(connection, "GET", "/healthz")[0] == 200
                break
            except OSError:
                assert process.poll() is None
                assert time.monotonic() < give_up
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=60)


def connect(port: int) -> closing[http.client.HTTPConnection]:
    return closing(http.client.HTTPConnection("localhost", port, timeout=60))


def ask(connection, method: str, path: str, cookies: str = "", **typed: object):
    headers = {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request(method, path, urlencode(typed) if typed else None, headers)
    answer = connection.getresponse()
    return answer.status, answer.read().decode(), answer.headers
