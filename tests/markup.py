"""Is a page of ours nothing but our own markup? Two parsers are asked, Python's and nh3's.

nh3 reads as browsers do (html5ever), so a text that looks harmless to one parser and not to
the other is found too.
"""

import re
from collections import Counter
from html.parser import HTMLParser

import nh3

# What templates may use to name an address: a path of this site, a place on the page, a phone,
# a message, another site over TLS.
ADDRESS = re.compile(r"(/(?![/\\])|#|\?|tel:|sms:|https://|http://localhost[:/]|$)")
ADDRESSED = frozenset({"href", "src", "action", "formaction", "data-href", "poster", "ping"})
NEVER = frozenset(
    {
        *("iframe", "object", "embed", "base", "style", "math", "frame", "frameset", "applet"),
        *("template", "noscript", "xmp", "plaintext", "marquee", "video", "audio", "noembed"),
        *("image", "animate", "set", "foreignobject", "mglyph", "portal", "slot"),
    }
)
EVENTS = (
    "onerror onload ontoggle onfocus onmouseover onanimationstart onanimationend onbeforeinput "
    "onpointerrawupdate onscrollend onclick onblur onchange oninput onsubmit"
)


class Markup(HTMLParser):
    """The tags of a page with their attributes, the text of its scripts, and what is neither."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.odd: list[str] = []
        self._in_script = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        self._in_script = tag == "script"

    def handle_endtag(self, tag: str) -> None:
        self._in_script = False

    def handle_data(self, data: str) -> None:
        if self._in_script and data.strip():
            self.odd.append(f"a script of its own: {data[:60]}")

    def handle_comment(self, data: str) -> None:
        self.odd.append(f"a comment: {data[:60]}")

    def handle_pi(self, data: str) -> None:
        self.odd.append(f"an instruction: {data[:60]}")

    def unknown_decl(self, data: str) -> None:
        self.odd.append(f"a declaration: {data[:60]}")


def page_faults(html: str) -> list[str]:
    """Return in words what stands on a page that no template of ours would write."""
    try:
        page = Markup(html)
    except AssertionError:
        return ["markup that can't be read"]
    found = list(page.odd)
    for tag, attributes in page.tags:
        if tag in NEVER:
            found.append(f"tag {tag}")
        if tag == "script" and not attributes.get("src", "").startswith("/static/"):
            found.append(f"script of {attributes.get('src')}")
        if tag == "meta" and "http-equiv" in attributes:
            found.append("a meta that speaks for a header")
        for name, value in attributes.items():
            if name.startswith("on") or name in ("style", "srcdoc"):
                found.append(f"attribute {name} of {tag}")
            if name in ADDRESSED and not ADDRESS.match(value):
                found.append(f"{name} {value[:40]!r}")
    if difference := _as_browsers_read(html, page) - _as_read(page):
        found.append(f"nh3 sees more: {dict(difference)}")
    return found


def _as_read(page: Markup) -> Counter[tuple[str, str]]:
    return Counter((tag, name) for tag, attributes in page.tags for name in attributes)


def _as_browsers_read(html: str, page: Markup) -> Counter[tuple[str, str]]:
    """Return every attribute that nh3 finds, by tag, the dangerous ones too."""
    seen: Counter[tuple[str, str]] = Counter()

    def note(tag: str, name: str, value: str) -> str:
        seen[tag, name] += 1
        return value

    names = {name for _, attributes in page.tags for name in attributes}
    tags = {tag for tag, _ in page.tags} | NEVER | {"script", "img", "a", "svg", "form"}
    nh3.clean(
        html,
        tags=tags,
        clean_content_tags=set(),
        attributes={
            "*": names | set(EVENTS.split()) | {"src", "href", "style", "srcdoc", "action"}
        },
        generic_attribute_prefixes={"data-", "aria-", "on"},
        url_schemes={"javascript", "data", "vbscript", "http", "https", "tel", "sms", "mailto"},
        link_rel=None,
        strip_comments=False,
        attribute_filter=note,
    )
    return seen
