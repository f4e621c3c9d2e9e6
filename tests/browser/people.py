"""What a person does in a browser: find a form by where it leads, fill it in, send it."""

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from forum.accounts.demo import demo_logins

PATIENCE_SECONDS = 30.0
COPY = "/copy-of-a-page"
# A story is walked through twice: that shows it in each language, with scripts and without. What
# is of members on phones takes the other two pairs, so each pair is walked somewhere.
WAYS = pytest.mark.parametrize(
    ("language", "javascript"), [("id", True), ("en", False)], ids=["id-script", "en-no-script"]
)
OTHER_WAYS = pytest.mark.parametrize(
    ("language", "javascript"), [("id", False), ("en", True)], ids=["id-no-script", "en-script"]
)


class Person:
    """Someone with a browser of their own."""

    def __init__(self, page: Page, another: Callable[[], Page] | None = None) -> None:
        self.page = page
        # Opens an empty page of the site that runs scripts; None where this one does.
        self._another = another
        self.name = ""
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("console", self._note)

    @property
    def main(self) -> Locator:
        """The part of the page that is its own."""
        return self.page.get_by_role("main")

    @property
    def path(self) -> str:
        """The address of the page without the host."""
        return re.sub(r"^https?://[^/]+", "", self.page.url)

    @property
    def has_script(self) -> bool:
        """Whether the person's browser runs scripts."""
        return self._another is None

    def copy(self) -> Page:
        """Return the page as it stands in a browser that runs scripts, for those who look at it."""
        assert self._another is not None
        page = self._another()
        html = re.sub(r"<script\b.*?</script>", "", self.page.content(), flags=re.DOTALL)
        # An answer of the site's own address, so that styles and pictures load.
        page.route(COPY, lambda route: route.fulfill(body=html, content_type="text/html"))
        page.goto(COPY)
        page.unroute(COPY)
        return page

    def go(self, path: str) -> int:
        """Open an address; return the status."""
        answer = self.page.goto(path)
        return answer.status if answer else 0

    def follow(self, address: str, within: Locator | None = None) -> None:
        """Use the first link in sight that leads there; `address` is a CSS attribute test."""
        self.press((within or self.page.locator("body")).locator(f"a[href{address}]:visible").first)

    def press(self, target: Locator) -> None:
        """Press a link or button that leads to another page, and wait for it."""
        # A click alone does not wait for the answer: what is read next would be of half a page,
        # and leaving the page would take a form back.
        with self.page.expect_navigation():
            target.click()

    def form(self, action: str = "") -> Locator:
        """Return the form of the page that leads there; "" is a form to the page itself."""
        found = self.main.locator(_selector(action))
        expect(found).to_have_count(1)
        return found

    def send(self, action: str = "", **typed: str | bool) -> None:
        """Fill a form in by the names of its fields and send it with its main, first button."""
        form = self.form(action)
        inside = self.page.locator(_selector(action))
        folded = self.main.locator("details:not([open])").filter(has=inside)
        if folded.count():
            folded.locator("> summary").click()
        for name, value in typed.items():
            self._fill(form, name, value)
        self.press(form.locator("button:not([type=button])").first)

    def sign_in(self, pseudonym: str) -> "Person":
        """Sign in as one of the demo people."""
        passphrase = {name: secret for name, secret, _ in demo_logins()}[pseudonym]
        self.go("/masuk")
        self.send(pseudonym=pseudonym, passphrase=passphrase)
        expect(self.page.get_by_text(pseudonym, exact=True).first).to_be_visible()
        assert not self.path.startswith("/masuk")
        self.name = pseudonym
        # An earlier story may have left this person with the other language.
        language = self.page.evaluate("navigator.language")[:2]
        if self.page.locator("html").get_attribute("lang") != language:
            choose(self, language)
        return self

    def look_until(self, path: str, seen: Callable[[], bool]) -> None:
        """Load an address again and again, as someone who waits would, until it shows that."""
        give_up = time.monotonic() + PATIENCE_SECONDS
        while True:
            self.go(path)
            if seen():
                return
            assert time.monotonic() < give_up, f"{path}: {self.main.inner_text()}"
            time.sleep(0.15)

    def reads(self, text: str) -> bool:
        """Return whether the text stands in the page's own part, folded or not."""
        return text in (self.main.text_content() or "")

    def names(self, name: str) -> bool:
        """Return whether the page's own part names someone; "sekarang" names nobody."""
        return re.search(rf"\b{name}\b", self.main.text_content() or "") is not None

    def _fill(self, form: Locator, name: str, value: str | bool) -> None:
        field = form.locator(f'[name="{name}"]')
        kind = field.first.evaluate("e => e.type || e.tagName")
        if kind == "radio":
            form.locator(f'[name="{name}"][value="{value}"]').check()
        elif kind == "checkbox":
            field.set_checked(bool(value))
        elif kind == "select-one":
            field.select_option(str(value))
        else:
            field.fill(str(value))

    def _note(self, message: object) -> None:
        # A page of an error status is noted by the browser too, and is no fault of the page; nor is
        # a question before leaving that it keeps back, because a test has touched nothing there.
        known = ("Failed to load resource", "Blocked attempt to show a 'beforeunload'")
        if message.type == "error" and not any(words in message.text for words in known):
            self.complaints.append(f"{self.page.url}: {message.text}")


def _selector(action: str) -> str:
    test = f'[action$="{action}"]' if action else ":not([action])"
    return f"form[method=post]{test}"


def choose(person: Person, language: str) -> None:
    """Choose a language, as the browser alone does not for those who are signed in."""
    person.go("/bantuan")
    if person.page.locator("html").get_attribute("lang") != language:
        person.press(person.page.locator("form[action='/bahasa'] button"))
    assert person.page.locator("html").get_attribute("lang") == language
