"""What a curious reader can collect around a name: every page they reach, and what stands there."""

import re
from collections.abc import Iterable
from html.parser import HTMLParser

from flask.testing import FlaskClient

# The smallest of these around a name is what "near" means.
BLOCKS = frozenset({"article", "li", "tr", "section", "form", "main", "body"})
VOID = frozenset({"meta", "link", "input", "br", "hr", "img", "path", "source", "use", "circle"})
# Ends the session, or leads away.
NOT_FOLLOWED = re.compile(r"/keluar|/static/|/masuk|/gabung\?|[a-z]+:|//|#")
MOST_PAGES = 400
# Random addresses count whole: the pieces between their dashes may be one letter, and alike.
IDS = re.compile(r"(?<![\w-])[\w-]{22}(?![\w-])")


class Blocks(HTMLParser):
    """The blocks of a page, each with all values that stand in it but not in a block inside."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[list[str]] = []
        self.links: list[str] = []
        self._open: list[tuple[str, list[str]]] = [("body", [])]
        self.feed(html)
        self.blocks.append(self._open[0][1])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in BLOCKS:
            self._open.append((tag, []))
        if ("name", "csrf_token") in attrs:
            # A form's token is of the reader and the second, and of no writer.
            return
        for name, value in attrs:
            self._open[-1][1].append(value or "")
            if tag == "a" and name == "href" and value:
                self.links.append(value)

    def handle_endtag(self, tag: str) -> None:
        if tag in BLOCKS and len(self._open) > 1:
            self.blocks.append(self._open.pop()[1])

    def handle_data(self, data: str) -> None:
        self._open[-1][1].append(data)


def crawl(client: FlaskClient, start: Iterable[str] = ("/",)) -> dict[str, Blocks]:
    """Return every page that links lead to, by address."""
    waiting, pages = list(start), {}
    while waiting and len(pages) < MOST_PAGES:
        address = waiting.pop(0).split("#")[0]
        if address in pages or not address.startswith("/") or NOT_FOLLOWED.match(address):
            continue
        response = client.get(address)
        if response.status_code == 302 and response.location.startswith("/"):
            waiting.append(response.location)
        pages[address] = page = Blocks(
            response.get_data(as_text=True) if response.mimetype == "text/html" else ""
        )
        waiting += page.links
    assert len(pages) < MOST_PAGES
    return pages


def near(pages: dict[str, Blocks], name: str) -> set[str]:
    """Return all values and words that stand in the same block as a name, without the name."""
    found: set[str] = set()
    for page in pages.values():
        for block in page.blocks:
            if any(name in value for value in block):
                for value in block:
                    plain = value.replace(name, "").strip()
                    found |= {plain, *IDS.findall(plain)}
                    found.update(re.findall(r"\w+", IDS.sub(" ", plain)))
    return found - {""}
