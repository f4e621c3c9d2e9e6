"""What is stored as HTML: tricks, scraps of markup, and nh3 as a second opinion on bleach."""

import random
import re
from html.parser import HTMLParser

import nh3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from sqlalchemy import select

from forum.extensions import db, limiter
from forum.posts.models import Post
from forum.text import clean, render
from tests.pages import Page

INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ufeff]")
ALLOWED = {"p", "br", "em", "strong", "s", "ul", "ol", "li", "blockquote"}


class Tokens(HTMLParser):
    """HTML as a list of tags with their attributes, and text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.text = ""
        self.other: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.other.append(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def unsafe_parts(html: str) -> list[str]:
    """Return what should not be in stored HTML, in words; nothing if it is safe."""
    try:
        found = Tokens(html)
    except AssertionError:
        # Python's parser gives up on declarations such as `<![x`; no text of ours holds one.
        return ["markup that can't be read"]
    problems = [f"tag {tag}" for tag, _ in found.tags if tag not in ALLOWED]
    problems += [f"attributes of {tag}" for tag, attributes in found.tags if attributes]
    problems += [f"other markup {text!r}" for text in found.other]
    second = Tokens(nh3.clean(html, tags=ALLOWED, attributes={}, link_rel=None))
    if second.tags != found.tags:
        problems.append("nh3 takes tags away")
    if re.sub(r"\s+", "", second.text) != re.sub(r"\s+", "", found.text):
        problems.append("nh3 takes text away")
    return problems


XSS = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example/x.js></sCrIpT>",
    "<img src=x onerror=alert(1)>",
    "<img/src/onerror=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg/onload=alert(1)>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><b onclick=alert(1)>x</b></template>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='jav&#x09;ascript:alert(1)'>x</a>",
    "<a href=' &#14; javascript:alert(1)'>x</a>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data='data:text/html;base64,PHNjcmlwdD4='></object>",
    "<form action=//evil.example><input type=submit></form>",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<style>@import 'http://evil.example/x.css';</style>",
    "<p style='background:url(javascript:alert(1))'>",
    "<link rel=stylesheet href=//evil.example>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<base href=//evil.example>",
    "<!--[if gte IE 4]><script>alert(1)</script><![endif]-->",
    "<!--><script>alert(1)</script-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?php echo 1 ?>",
    "<p><em onmouseover=alert(1)>x</em></p>",
    "<x:script xmlns:x='http://www.w3.org/1999/xhtml'>alert(1)</x:script>",
    "[x](javascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "![x](x 'onerror=alert(1)')",
    "<javascript:alert(1)>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "&amp;lt;script&amp;gt;",
    "\\<script>alert(1)</script>",
    "*<b onclick=alert(1)>*",
    "> <script>alert(1)</script>",
    "- <img src=x onerror=alert(1)>",
    "<scr\x00ipt>alert(1)</scr\x00ipt>",
    "<scr\u200bipt>alert(1)</script>",
    "\uff1cscript\uff1ealert(1)\uff1c/script\uff1e",
    "<script\u2028>alert(1)</script>",
    "</p></div></main><script>alert(1)</script>",
    "<textarea></textarea><script>alert(1)</script>",
    "<plaintext>",
    "<xmp><script>alert(1)</script></xmp>",
    '<a\thref="x"\nonfocus=alert(1) autofocus>',
    "<" * 500 + "script>alert(1)</script>",
]


@pytest.mark.parametrize("text", XSS)
def test_no_trick_gets_through(text):
    html = render(clean(text))
    assert unsafe_parts(html) == []
    assert render(clean(text)) == html


def test_the_same_tricks_stored_through_the_site_are_safe(app, site, browser_of, monkeypatch):
    monkeypatch.setattr(limiter, "enabled", False)
    writer = browser_of("author-sore")
    form = Page(writer.get(f"/utas/{site.thread_id}")).form("/balas")
    for number, text in enumerate(XSS):
        typed = {**form.values, "body": text, "submission_key": f"{number:020d}"}
        # One of them looks like an e-mail address.
        typed["personal"] = "keep"
        assert writer.post(form.action, data=typed).status_code == 302, number
    with app.app_context():
        stored = db.session.execute(select(Post.body, Post.body_html).order_by(Post.id)).all()[2:]
    assert len(stored) == len(XSS)
    assert [post.body for post in stored if unsafe_parts(post.body_html)] == []


PIECES = [
    *[
        "<",
        ">",
        "&",
        "&lt;",
        "&#x3c;",
        "&#60",
        '"',
        "'",
        "`",
        "=",
        "/",
        "\\",
        "*",
        "**",
        "_",
        "~~",
        "<p>",
        "</p>",
        "<script",
        "<!--",
        "-->",
        "onclick=",
    ],
    *[
        "javascript:",
        "<svg",
        "<style>",
        "]]>",
        "[x](",
        "![",
        ")",
        "alert(1)",
        "kata",
        "<br/>",
        "<em>",
        "</em>",
        "<?",
        "<%",
        "{{",
        "}}",
    ],
    *("> ", "- ", "1. ", "<b ", "\n", "\n\n", "    ", "\t", "\x00", "\u200b", "\u2028", "\ufffe"),
]
scraps = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=30).map("".join)


@given(scraps)
@settings(max_examples=250, deadline=None, database=None)
def test_no_scrap_of_markup_gets_through(text):
    html = render(clean(text))
    assert unsafe_parts(html) == []


@given(st.text(max_size=300) | scraps)
@settings(max_examples=250, deadline=None, database=None)
def test_cleaning_a_clean_text_changes_nothing(text):
    once = clean(text)
    assert clean(once) == once
    assert not INVISIBLE.search(once)
    once.encode("utf-8")


def keep_everything(text: str) -> str:
    return text


def keep_markup(text: str) -> str:
    return MarkdownIt("commonmark", {"html": True}).render(text)


def strip_scripts_alone(text: str) -> str:
    return re.sub(r"(?is)<script.*?</script>", "", text)


def forget_attributes(text: str) -> str:
    return re.sub(r"<(?!/?(p|em|a|details|svg|img)\b)", "&lt;", text)


@pytest.mark.parametrize(
    "mutant", [keep_everything, keep_markup, strip_scripts_alone, forget_attributes]
)
def test_the_check_finds_a_sanitiser_that_lets_something_through(mutant):
    """Seeded mutants: if this fails, the tests above prove nothing."""
    found = [text for text in XSS if unsafe_parts(mutant(text))]
    assert len(found) >= (10 if mutant is forget_attributes else len(XSS) * 2 // 3), found
    source = random.Random(4711)
    texts = ["".join(source.choices(PIECES, k=20)) for _ in range(300)]
    assert [text for text in texts if unsafe_parts(mutant(text))]


def test_what_people_may_use_still_works():
    typed = "*pelan* **kuat** ~~bukan~~\nbaris\n\n> kutipan\n\n- satu\n- dua\n\n1. tiga"
    html = render(clean(typed))
    assert {tag for tag, _ in Tokens(html).tags} == ALLOWED
