"""The real Teduh, started as a person would start it, and browsers to visit it with."""

import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.people import PATIENCE_SECONDS, Person
from tests.system import Run, free_port

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PROFILES = {
    # A cheap Android.
    "phone": {
        "viewport": {"width": 360, "height": 640},
        "device_scale_factor": 2,
        "is_mobile": True,
        "has_touch": True,
    },
    "desktop": {"viewport": {"width": 1280, "height": 800}},
}


@pytest.fixture(scope="session")
def elsewhere() -> Iterator[str]:
    """The address of a plain page of another site, where the quick exit leads."""

    class Weather(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>Cuaca</title><p>Cerah berawan.")

        def log_message(self, *_: object) -> None:
            """Say nothing: who left is nobody's business."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Weather)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_port}/cuaca"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of the running system."""
    return tmp_path_factory.mktemp("site") / "data"


@pytest.fixture(scope="session")
def base_url(elsewhere: str, data_dir: Path) -> Iterator[str]:
    """The address of the whole system: web, worker, beat, broker, database, demo people."""
    if not CHROMIUM.exists():
        pytest.skip(f"no Chromium at {CHROMIUM}: apt-get install chromium, or set CHROMIUM")
    run = Run(
        data_dir,
        free_port(),
        TEDUH_QUICK_EXIT_URL=elsewhere,
        # Each browser below comes from a household of its own.
        TEDUH_PROXIES="1",
        # So many join in these minutes that the door would take it for a storm.
        TEDUH_PROOF_JOINS="100000",
    )
    try:
        run.wait_until_ready()
        wait_for_scans(data_dir / "teduh.db")
        yield f"http://localhost:{run.port}"
    finally:
        run.end(signal.SIGTERM)


def wait_for_scans(database: Path) -> None:
    """Wait until the worker has read what the demo people wrote."""
    unread = "SELECT count(*) FROM post WHERE scanned_version < version"
    give_up = time.monotonic() + PATIENCE_SECONDS
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        while connection.execute(unread).fetchone()[0]:
            assert time.monotonic() < give_up
            time.sleep(0.1)


@pytest.fixture(scope="session")
def chromium(base_url: str) -> Iterator[Browser]:
    """One browser for all tests; each person has a context of their own in it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def addresses() -> Iterator[str]:
    """Addresses from the block for documentation, one for each household."""
    return (f"198.51.{block}.{host}" for block in range(100, 110) for host in range(1, 255))


@pytest.fixture
def visit(
    chromium: Browser, base_url: str, addresses: Iterator[str]
) -> Iterator[Callable[..., Person]]:
    """Return a function that lets a new person open the site; see `Person`.

    In the end no page may have had a script error or something that the policy forbids.
    """
    contexts: list[BrowserContext] = []
    people: list[Person] = []
    copies: list[Page] = []

    def open_site(
        profile: str = "phone", *, javascript: bool = True, locale: str = "id-ID"
    ) -> Person:
        context = chromium.new_context(
            base_url=base_url,
            java_script_enabled=javascript,
            locale=locale,
            timezone_id="Asia/Jakarta",
            extra_http_headers={"X-Forwarded-For": next(addresses)},
            **PROFILES[profile],
        )
        context.set_default_timeout(30_000)
        contexts.append(context)
        person = Person(context.new_page(), None if javascript else with_script)
        people.append(person)
        return person

    def with_script() -> Page:
        if not copies:
            contexts.append(chromium.new_context(base_url=base_url))
            copies.append(contexts[-1].new_page())
        return copies[0]

    yield open_site
    complaints = [line for person in people for line in person.complaints]
    for context in contexts:
        context.close()
    assert complaints == []
