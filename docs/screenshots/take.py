"""Takes the pictures of the README anew: `.venv/bin/python docs/screenshots/take.py [FOLDER]`.

Starts a demo of its own in a temporary folder, photographs it in Indonesian with headless
Chromium, and stops it. Needs Chromium (CHROMIUM names it, /usr/bin/chromium by default) and what
`make test` installs. Makes the files smaller where pngquant is at hand.
"""
# ruff: noqa: INP001, T201 (a script, no package; it says what it made)

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from forum.accounts.demo import DEMO_PASSPHRASE

PORT = 8470
TEDUH = Path(sys.executable).parent / "teduh"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
CHROMIUM_OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SCAN_SECONDS = 30
COLOURS = "96"

# As tall as the three ways of a care card need.
PHONE = {"width": 360, "height": 1000}
DESKTOP = {"width": 1280, "height": 800}
# Tall enough for the marked words and the decision.
TALL_DESKTOP = {"width": 1280, "height": 1160}

# People and titles of forum/demo.yaml.
MEMBER = "pelan-ombak-35"
IN_NEED = "hening-langit-38"
MODERATOR = "sekar"
ROOM = "/ruang/rasa-hampa"
HEAVY_THREAD = "Mau jujur, tapi takut dibilang lebay"


def main(folder: Path) -> None:
    """Write all pictures into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with demo_site() as site, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_OPTIONS)

        page = open_page(browser, site, PHONE, MEMBER)
        page.goto(ROOM)
        take(page, folder / "room.png")

        page = open_page(browser, site, PHONE, IN_NEED)
        open_thread(page)
        take(page, folder / "care-card.png")

        page = open_page(browser, site, PHONE)
        page.goto("/bantuan")
        take(page, folder / "help.png")

        page = open_page(browser, site, PHONE, MEMBER, dark=True)
        open_thread(page)
        take(page, folder / "thread-dark.png")

        page = open_page(browser, site, DESKTOP, MODERATOR)
        page.goto("/meja")
        take(page, folder / "queue.png")
        # The panel of the worst case has the first form that claims one.
        page.locator("form[action$='/ambil'] button").first.click()
        page.set_viewport_size(TALL_DESKTOP)
        take(page, folder / "case.png")

        browser.close()


@contextmanager
def demo_site() -> Iterator[str]:
    """Run a fresh demo; yields its address once every demo post is scanned."""
    with tempfile.TemporaryDirectory(prefix="teduh-pictures-") as folder:
        # An operator's own settings must not reach the demo, nor the demo their data.
        environment = {"PATH": os.environ["PATH"], "HOME": folder, "TEDUH_DATA_DIR": folder}
        site = subprocess.Popen(
            [TEDUH, "up", "--demo", "--leashed", "--port", str(PORT)],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            for line in site.stdout or ():
                if line.startswith("Open "):
                    break
            else:
                sys.exit("the demo did not start")
            wait_for_scans(folder, environment)
            yield f"http://localhost:{PORT}"
        finally:
            site.terminate()
            site.communicate()


def wait_for_scans(folder: str, environment: dict[str, str]) -> None:
    """Wait until no post of the demo is unscanned."""
    give_up = time.monotonic() + SCAN_SECONDS
    while time.monotonic() < give_up:
        answer = subprocess.run(
            [TEDUH, "doctor", "--json"],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            check=True,
        )
        if json.loads(answer.stdout)["oldest_unscanned_seconds"] == 0:
            return
        time.sleep(0.5)
    sys.exit(f"posts are still unscanned after {SCAN_SECONDS} s")


def open_page(
    browser: Browser, site: str, size: dict[str, int], who: str = "", *, dark: bool = False
) -> Page:
    """Return a page of a fresh browser, signed in if a pseudonym is given."""
    page = browser.new_context(
        base_url=site,
        viewport=size,
        device_scale_factor=2 if size["width"] < DESKTOP["width"] else 1,
        locale="id-ID",
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
    ).new_page()
    if who:
        page.goto("/masuk")
        page.fill("[name=pseudonym]", who)
        page.fill("[name=passphrase]", DEMO_PASSPHRASE)
        page.locator("main form button").first.click()
        page.wait_for_url("**/")
    return page


def open_thread(page: Page) -> None:
    """Go to the demo thread that a person in need wrote."""
    page.goto(ROOM)
    page.get_by_role("link", name=HEAVY_THREAD).click()


def take(page: Page, path: Path) -> None:
    """Photograph what a person sees without scrolling, and make the file small."""
    page.screenshot(path=path)
    if pngquant := shutil.which("pngquant"):
        subprocess.run([pngquant, "--force", "--strip", "--ext", ".png", COLOURS, path], check=True)
    print(f"{path} {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
