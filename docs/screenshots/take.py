"""Takes all pictures of the README and the guides anew, in both languages.

    .venv/bin/python docs/screenshots/take.py [FOLDER]      # docs/images by default

Starts a demo of its own in a temporary folder, photographs it with headless Chromium, and stops
it. Needs Chromium (CHROMIUM names it, /usr/bin/chromium by default) and what `make test` installs.
Makes the files smaller where pngquant is at hand; ends with 1 if one is too big all the same.
"""
# ruff: noqa: INP001, T201 (a script, no package; it says what it made)

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from forum.accounts.demo import DEMO_PASSPHRASE

PORT = 8470
TEDUH = Path(sys.executable).parent / "teduh"
ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs/images"
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
MESSAGE_SECONDS = 20
COLOURS = "64"
MOST_BYTES = 120_000
LANGUAGES = ("id", "en")

PHONE, DESK = 360, 1280

# People, titles and words of forum/demo.yaml.
MEMBER = "pelan-ombak-35"
IN_NEED = "hening-langit-38"
MODERATOR = "sekar"
VOLUNTEER = "kinanti"
LEAD = "laras"
ADMIN = "wening"
ROOM = "/ruang/rasa-hampa"
CALM_ROOM = "/ruang/kerja-dan-belajar"
MESSAGES = "main a[href^='/kabar/']"
HEAVY_THREAD = "Mau jujur, tapi takut dibilang lebay"
CALM_THREAD = {
    "id": "Bab empat dibalikin lagi, full coretan",
    "en": "New job, day four, I ate lunch with people",
}
WORDS_TO_TRY = {
    "id": "Rasanya aku cuma jadi beban keluarga.",
    "en": "I am only a burden to my family.",
}


@dataclass(frozen=True)
class Picture:
    """One picture: who looks at what, on which screen.

    `place` is an address, or what a hand does to come there, given the page and its language;
    `height` is what is photographed, in CSS pixels; `part` leads to a heading or a part.
    """

    name: str
    who: str
    place: str | Callable[[Page, str], None]
    width: int = PHONE
    height: int = 760
    part: str = ""
    dark: bool = False


def thread(room: str, title: str) -> Callable[[Page, str], None]:
    """Return the way to a thread of the demo by its room and title."""

    def go(page: Page, _language: str) -> None:
        page.goto(room)
        page.get_by_role("link", name=title).click()

    return go


def calm_thread(page: Page, language: str) -> None:
    """Open a thread in the reader's language."""
    thread(CALM_ROOM, CALM_THREAD[language])(page, language)


def doors_to_report(page: Page, language: str) -> None:
    """Open the page that tells volunteers about a post."""
    calm_thread(page, language)
    page.locator("a[href*='/lapor/']").first.click()


def new_codes(page: Page, _language: str) -> None:
    """Make recovery codes anew; those of a demo open nothing."""
    page.goto("/kode")
    page.fill("[name=passphrase]", DEMO_PASSPHRASE)
    page.locator("main form button").first.click()


def only_group(page: Page, _language: str) -> None:
    """Open the group of the demo."""
    page.goto("/kelompok")
    page.locator("a[href^='/kelompok/']").last.click()


def open_session(page: Page, language: str) -> None:
    """Open the session that goes on now."""
    only_group(page, language)
    page.locator("main a[href*='/pertemuan/']").first.click()


def referral_sheet(page: Page, _language: str) -> None:
    """Open the sheet for somebody whose days have been heavy for weeks."""
    page.goto("/rujukan/puskesmas")


def worst_case(page: Page, _language: str) -> None:
    """Open the worst case; the first time, take it."""
    page.goto("/meja")
    mine = page.locator("[aria-labelledby=mine-title] a[href*='/kasus/']")
    if mine.count():
        mine.first.click()
    else:
        # The panel of the worst case has the first form that claims one.
        page.locator("form[action$='/ambil'] button").first.click()


def first_message(page: Page, _language: str) -> None:
    """Open what a volunteer wrote in private."""
    page.goto("/kabar")
    page.locator(MESSAGES).first.click()


def tried_text(page: Page, language: str) -> None:
    """Let the rules read a text."""
    page.goto("/aturan/uji")
    page.fill("[name=text]", WORDS_TO_TRY[language])
    page.locator("main form button").first.click()


def write_privately(visitors: "Visitors") -> None:
    """Let a lead write to the person in need, so that there is a message to show."""
    # Words to begin with are offered in the language of the one who will read them.
    visitors.page_of(IN_NEED, PHONE, "id")
    page = visitors.page_of(LEAD, DESK, "id")
    page.goto("/meja")
    page.locator("ol.queue").get_by_role("link", name=HEAVY_THREAD).first.click()
    page.locator("form[action$='/ambil'] button").first.click()
    page.locator("#check-in form[method=get] button").click()
    page.locator("#check-in form[action$='/sapa'] button").click()
    page = visitors.page_of(IN_NEED, PHONE, "id")
    give_up = time.monotonic() + MESSAGE_SECONDS
    while not page.locator(MESSAGES).count():
        if time.monotonic() > give_up:
            sys.exit(f"no message came within {MESSAGE_SECONDS} s")
        page.goto("/kabar")


PICTURES = (
    Picture("rooms", "", "/", height=900),
    Picture("join", "", "/gabung", height=1000),
    Picture("codes", MEMBER, new_codes, height=900),
    Picture("room", MEMBER, ROOM, height=1000),
    Picture("thread", MEMBER, calm_thread, height=1000),
    Picture("thread-dark", MEMBER, thread(ROOM, HEAVY_THREAD), height=1000, dark=True),
    Picture("care-card", IN_NEED, thread(ROOM, HEAVY_THREAD), height=1000),
    Picture("write", MEMBER, f"{CALM_ROOM}/tulis", height=1250),
    Picture("topics", MEMBER, "/akun/topik", height=900),
    Picture("report", MEMBER, doors_to_report, height=900),
    Picture("group", IN_NEED, only_group, height=900),
    Picture("session", IN_NEED, open_session, height=1000),
    Picture("help", "", "/bantuan", height=1000),
    Picture("sheet", "", referral_sheet, height=1000),
    Picture("leave", MEMBER, "/akun/hapus", height=900),
    Picture("volunteering", MEMBER, "/relawan", height=1000),
    Picture("queue", MODERATOR, "/meja", DESK, 800),
    Picture("case", MODERATOR, worst_case, DESK, 1160),
    Picture("protocol", MODERATOR, worst_case, height=1100, part="#protocol"),
    Picture("message", IN_NEED, first_message, height=1100),
    Picture("lessons", VOLUNTEER, "/pelatihan", height=1000),
    Picture("shift", VOLUNTEER, "/meja/giliran", DESK, 1000),
    Picture("rota", VOLUNTEER, "/meja/jadwal", DESK, 900, part="#weeks-title"),
    Picture("rules", ADMIN, "/aturan", DESK, 800),
    Picture("tester", ADMIN, tried_text, DESK, 800),
    Picture("people", ADMIN, "/meja/relawan", DESK, 800),
    Picture("directory", ADMIN, "/meja/bantuan", DESK, 800),
    Picture("alerts", ADMIN, "/meja/siaga", DESK, 640),
    Picture("figures", LEAD, "/meja/wawasan", DESK, 900),
    Picture("record", LEAD, "/catatan", DESK, 700),
)
# Until then nobody has written to the person in need.
AFTER_A_MESSAGE = "message"


class Visitors:
    """The people who look at the demo, each in a browser that stays signed in."""

    def __init__(self, browser: Browser, site: str) -> None:
        self._browser = browser
        self._site = site
        self._pages: dict[tuple[str, int, bool], Page] = {}

    def page_of(self, who: str, width: int, language: str, *, dark: bool = False) -> Page:
        """Return somebody's page, in that language; without a pseudonym a visitor's."""
        if (who, width, dark) not in self._pages:
            self._pages[who, width, dark] = self._arrive(who, width, dark=dark)
        page = self._pages[who, width, dark]
        page.goto("/")
        if page.locator("html").get_attribute("lang") != language:
            with page.expect_navigation():
                page.locator(".language button").click()
        return page

    def _arrive(self, who: str, width: int, *, dark: bool) -> Page:
        page = self._browser.new_context(
            base_url=self._site,
            # Phones are shown small, so their pictures need the points.
            device_scale_factor=2 if width == PHONE else 1,
            viewport={"width": width, "height": 800},
            color_scheme="dark" if dark else "light",
            locale="id-ID",
            reduced_motion="reduce",
            service_workers="block",
        ).new_page()
        if who:
            page.goto("/masuk")
            page.fill("[name=pseudonym]", who)
            page.fill("[name=passphrase]", DEMO_PASSPHRASE)
            page.locator("main form button").first.click()
            page.wait_for_url("**/")
        return page


def main(folder: Path) -> None:
    """Write all pictures into the folder, each as NAME-LANGUAGE.png."""
    folder.mkdir(parents=True, exist_ok=True)
    with demo_site() as site, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_OPTIONS)
        visitors = Visitors(browser, site)
        sizes = []
        for picture in PICTURES:
            if picture.name == AFTER_A_MESSAGE:
                write_privately(visitors)
            for language in LANGUAGES:
                path = folder / f"{picture.name}-{language}.png"
                take(visitors, picture, language, path)
                sizes.append(path.stat().st_size)
        browser.close()
    print(f"{len(sizes)} pictures, {sum(sizes) / 1000:.0f} kB")
    if max(sizes) > MOST_BYTES:
        sys.exit(f"a picture has more than {MOST_BYTES / 1000:.0f} kB")


def take(visitors: Visitors, picture: Picture, language: str, path: Path) -> None:
    """Photograph what a person sees there, and make the file small."""
    page = visitors.page_of(picture.who, picture.width, language, dark=picture.dark)
    page.set_viewport_size({"width": picture.width, "height": picture.height})
    if isinstance(picture.place, str):
        page.goto(picture.place)
    else:
        picture.place(page, language)
    page.wait_for_load_state()
    # A thread opens at what is new since the last visit; pictures begin where a person would.
    part = picture.part or "body"
    page.evaluate("part => document.querySelector(part).scrollIntoView()", part)
    page.screenshot(path=path)
    if pngquant := shutil.which("pngquant"):
        subprocess.run([pngquant, "--force", "--strip", "--ext", ".png", COLOURS, path], check=True)
    print(f"{path} {path.stat().st_size / 1000:.0f} kB")


@contextmanager
def demo_site() -> Iterator[str]:
    """Run a fresh demo; yields its address once every demo post is scanned."""
    with tempfile.TemporaryDirectory(prefix="teduh-pictures-") as folder:
        # An operator's own settings must not reach the demo, nor the demo their data; and what is
        # photographed is the code beside this script.
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": folder,
            "TEDUH_DATA_DIR": folder,
            "PYTHONPATH": str(ROOT),
        }
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


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES)
