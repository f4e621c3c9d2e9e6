"""Six thousand hostile strings on real pages in a real browser: nothing runs.

What the pages are is tested without a browser (tests/forum/test_hostile.py); here a browser is
asked whether it agrees, and two seeded leaks show that it would say so if it did not.
"""

import html
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import select

from forum.accounts.models import Role
from forum.extensions import db
from forum.posts.models import Post, Visibility
from moderation.cases.models import Case, Door
from moderation.reports.operations import report_post
from tests.factories import make_member, make_reply, make_room, make_thread, scan_all, sign_in
from tests.hostile import hostile_strings
from tests.web_server import web_server

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True, scope="session")

STRINGS = hostile_strings()
# What a string would leave behind, and what of the page is not ours.
MARK = "() => window.hurt || document.querySelector('#hurt') ? 'it ran' : ''"
NOT_OURS = """() => [...document.querySelectorAll('*')].filter(e =>
    ['IFRAME','OBJECT','EMBED','BASE','STYLE','TEMPLATE','MATH'].includes(e.tagName)
    || e.tagName === 'SCRIPT' && (!e.src || new URL(e.src).origin !== location.origin)
    || [...e.attributes].some(a => a.name.startsWith('on') || a.name === 'srcdoc'
        || ['href','src','action','formaction'].includes(a.name)
            && /^\\s*(javascript|data|vbscript):/i.test(a.value))
).map(e => e.outerHTML.slice(0, 120))"""


@dataclass
class Watcher:
    """Sees every sign of a script in a page that was not ours."""

    page: Page
    signs: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("dialog", self._dismiss)
        self.page.on("pageerror", lambda error: self.signs.append(f"error: {error}"))
        self.page.on("console", self._listen)
        self.page.on("popup", lambda popup: self.signs.append(f"popup: {popup.url}"))
        self.page.on("request", self._note_request)

    def look(self, address: str) -> str:
        """Open a page, let it settle, touch what could be waiting; return its text."""
        self.page.goto(address)
        for box in self.page.query_selector_all("details:not([open]) > summary")[:3]:
            if box.is_visible():
                box.click()
        self.page.mouse.move(200, 300)
        self.page.keyboard.press("Tab")
        if mark := self.page.evaluate(MARK):
            self.signs.append(mark)
        self.signs += [f"not ours: {found}" for found in self.page.evaluate(NOT_OURS)]
        return self.page.inner_text("body")

    def _dismiss(self, dialog) -> None:
        if dialog.type == "beforeunload":
            # The browser's own question, before words that were typed are left.
            dialog.accept()
            return
        self.signs.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _listen(self, message) -> None:
        words = (
            "Content Security Policy",
            "Content-Security-Policy",
            "TrustedScript",
            "TrustedHTML",
        )
        if any(word in message.text for word in words):
            self.signs.append(f"policy: {message.text[:100]}")

    def _note_request(self, request) -> None:
        if "localhost" not in request.url and not request.url.startswith(("data:", "blob:")):
            self.signs.append(f"request: {request.url}")


def packed(limit: int) -> list[str]:
    """Return all the strings in texts of at most so many characters."""
    texts = [""]
    for string in STRINGS:
        if texts[-1] and len(texts[-1]) + len(string) >= limit:
            texts.append("")
        texts[-1] += string + "\n"
    return texts


@pytest.fixture
def places(app) -> dict[str, list[str]]:
    """A site full of them. Returns the pages to look at, by who may."""
    with app.app_context():
        author = make_member("author-sore")
        make_member("sekar-uji", Role.ADMIN)
        room = make_room("ruang-uji")
        opening = make_thread(
            author, room, body="A calm day.", title='"><img src=x onerror=hurt=1>'
        )
        bodies = packed(9000)
        for text in bodies:
            make_reply(opening, author, body=text)
        for string in STRINGS[:: len(STRINGS) // 38]:
            make_thread(author, room, body=string, title=string[:110])
        case_post = make_reply(opening, make_member("other-pagi"), body="I am zzamber today.")
        db.session.flush()
        scan_all()
        for text in packed(990):
            report_post(make_member(), case_post, Door.BREACH, text)
        for post in db.session.scalars(select(Post)):
            post.visibility = Visibility.VISIBLE
        case = db.session.scalars(
            select(Case).where(Case.subject_id == case_post.author_id)
        ).first()
        thread = f"/utas/{opening.thread.public_id}"
        pages = [f"{thread}?page={number + 1}" for number in range(len(bodies) // 20 + 1)]
        pages += [f"/ruang/ruang-uji?page={number}" for number in (1, 2)]
        found = {"author": pages, "staff": [f"/meja/kasus/{case.public_id}", "/meja", thread]}
        db.session.commit()
    return found


def test_no_string_runs_in_a_browser(app, settings, chromium: Browser, places, tmp_path):
    seen = ""
    with web_server(settings, tmp_path, TEDUH_WEB_WORKERS="1") as port:
        base = f"http://localhost:{port}"
        for name, pages in (("author-sore", places["author"]), ("sekar-uji", places["staff"])):
            context = chromium.new_context(base_url=base, locale="en-GB")
            cookie = sign_in(app, name, second_step=True).get_cookie("teduh").value
            context.add_cookies([{"name": "teduh", "value": cookie, "url": base}])
            watcher = Watcher(context.new_page())
            for page in pages:
                seen += watcher.look(page)
            if name == "author-sore":
                type_into_forms(watcher)
            assert watcher.signs == []
            context.close()
        # They were there to be read.
        shown = sum(string.strip() in seen for string in STRINGS if string.isprintable())
        assert shown > 3000, shown
        seeded_leaks(chromium, base, places["author"][0])


def type_into_forms(watcher: Watcher) -> None:
    """Let forms give back what they refuse: a field's value is a place of its own."""
    page = watcher.page
    for text in packed(60_000):
        page.goto("/ruang/ruang-uji/tulis")
        page.locator("[name=title]").evaluate("(box, text) => box.value = text", text)
        page.locator("[name=body]").fill("Some words.")
        with page.expect_navigation():
            page.locator("main form[method=post] button:not([type=button])").first.click()
        # A box of one line drops line ends; all the rest is given back.
        assert len(page.locator("[name=title]").input_value()) > len(text) * 0.9
        if mark := page.evaluate(MARK):
            watcher.signs.append(mark)
        watcher.signs += page.evaluate(NOT_OURS)


def seeded_leaks(chromium: Browser, base: str, address: str) -> None:
    """Serve the same page with its texts unescaped: with the policy, then without it."""
    for keeps_policy in (True, False):
        context = chromium.new_context(base_url=base, locale="en-GB")
        watcher = Watcher(context.new_page())

        def leak(route, *, keeps_policy: bool = keeps_policy) -> None:
            answer = route.fetch()
            head, main = answer.text().split("<main", 1)
            headers = dict(answer.headers)
            if not keeps_policy:
                headers.pop("content-security-policy")
            route.fulfill(status=200, headers=headers, body=head + "<main" + html.unescape(main))

        watcher.page.route(f"{base}/utas/**", leak)
        watcher.look(address)
        kinds = {sign.split(":")[0] for sign in watcher.signs}
        context.close()
        if keeps_policy:
            assert {"policy", "not ours"} <= kinds, kinds
            assert not {"dialog", "it ran"} & kinds, "the policy alone holds it"
        else:
            assert {"dialog", "it ran"} & kinds, kinds
            assert "not ours" in kinds
