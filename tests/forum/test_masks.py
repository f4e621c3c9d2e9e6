"""Covered words: never on a page of others, whatever markup stands around and inside them."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forum.extensions import db
from forum.posts.masks import (
    add_masks,
    covered_words,
    marked_html,
    places_of,
    quoted_places_of,
    set_masks,
    whole_text,
)
from forum.posts.models import Visibility
from forum.posts.operations import delete, edit
from forum.rooms.models import ContentWarning
from forum.text import CLOSED, COVERED, OPENED, clean, cover, join_spans, render, render_marked
from tests.factories import make_thread, scan_all
from tests.forum.test_safe_html import unsafe_parts

# Uncovered text is made of these, covered text of the others and of the same markup.
OPEN_LETTERS = "abc de\n*_~>-1.)(`&;#<\\\"'"
SECRET_LETTERS = "XYZÄßé笑🜁"
plain = st.text(alphabet=OPEN_LETTERS, max_size=30)
secret = st.text(alphabet=OPEN_LETTERS + SECRET_LETTERS * 3, min_size=1, max_size=20)
texts = st.lists(st.tuples(plain, secret), min_size=1, max_size=5)


def put_together(pieces: list[tuple[str, str]], tail: str) -> tuple[str, list[tuple[int, int]]]:
    """Return a text and the places in it that are covered."""
    text, spans = "", []
    for shown, hidden in pieces:
        text += shown
        spans.append((len(text), len(text) + len(hidden)))
        text += hidden
    return text + tail, spans


@settings(max_examples=600, deadline=None)
@given(texts, plain)
def test_what_is_covered_is_never_rendered(pieces, tail):
    text, spans = put_together(pieces, tail)
    html = render(cover(text, spans))
    assert not set(html) & set(SECRET_LETTERS)
    assert html.count(COVERED) == len(join_spans(spans))
    assert unsafe_parts(html) == []


@settings(max_examples=600, deadline=None)
@given(texts, plain)
def test_the_author_reads_every_word_and_marks_always_nest(pieces, tail):
    text, spans = put_together(pieces, tail)
    html = render_marked(text, spans)
    assert OPENED not in html
    assert CLOSED not in html
    outside = re.sub(r"<mark>([^<]*)</mark>", r"\1", html)
    assert "mark>" not in outside, "a mark holds text alone"
    assert unsafe_parts(outside) == []
    shown = set(re.sub(r"<mark>[^<]*</mark>", "", html))
    assert not shown & set(SECRET_LETTERS), "all of it is marked"
    marked = "".join(re.findall(r"<mark>([^<]*)</mark>", html))
    wanted = [letter for _, hidden in pieces for letter in hidden if letter in SECRET_LETTERS]
    assert [letter for letter in marked if letter in SECRET_LETTERS] == wanted


def test_nobody_can_type_what_stands_for_covered_words():
    for sign in (COVERED, OPENED, CLOSED):
        assert sign not in clean(f"a{sign}b")
        assert sign not in render(f"a&#x{ord(sign):x};b &#{ord(sign)};")


@pytest.mark.parametrize(
    ("words", "text", "found"),
    [
        ("two words", "Two\n  WORDS and two words", ["Two\n  WORDS", "two words"]),
        ("a.b", "axb a.b", ["a.b"]),
        ("", "anything", []),
        (" \n ", "anything", []),
        ("not there", "nothing", []),
    ],
)
def test_words_are_found_however_they_are_spaced(words, text, found):
    assert [text[start:end] for start, end in places_of(words, text)] == found


def test_quoted_words_are_found_in_quotes_alone():
    text = "> they said secret\nI say secret\n> > secret again"
    assert [start for start, _ in quoted_places_of("secret", text)] == [12, 36]


@pytest.mark.usefixtures("context")
class TestPosts:
    def test_title_and_body_are_covered_and_the_rest_stays(self):
        post = make_thread(title="About secret things", body="I have **a secret thing** here.")
        set_masks(post, add_masks(post, places_of("secret", whole_text(post)), "method"))
        assert post.thread.title == f"About {COVERED} things"
        assert post.body_html == f"<p>I have <strong>a {COVERED} thing</strong> here.</p>\n"
        assert post.thread.typed_title == "About secret things"
        assert "<strong>a <mark>secret</mark> thing</strong>" in marked_html(post)
        assert covered_words(post) == [("secret", "method")] * 2

    def test_a_place_that_goes_over_title_and_body_covers_both(self):
        post = make_thread(title="One two", body="three four")
        set_masks(post, add_masks(post, [(4, 14)], "method"))
        assert post.thread.title == f"One {COVERED}"
        assert post.body_html == f"<p>{COVERED} four</p>\n"

    def test_an_edit_keeps_covered_what_still_stands_there(self):
        post = make_thread(title="Calm", body="I have a secret.")
        set_masks(post, add_masks(post, places_of("a secret", whole_text(post)), "method"))
        edit(
            post.author,
            post,
            title="A secret title",
            body="Long before: A  SECRET, and calm.",
            warning=ContentWarning.NONE,
        )
        assert post.thread.title == f"{COVERED} title"
        assert post.body_html == f"<p>Long before: {COVERED}, and calm.</p>\n"
        edit(post.author, post, title="Calm", body="Just calm.", warning=ContentWarning.NONE)
        assert post.masks == []
        assert post.body_html == "<p>Just calm.</p>\n"

    def test_what_is_taken_back_before_its_scan_stays_covered_for_the_desk(self):
        post = make_thread(title="Calm", body="I have a secret.")
        set_masks(post, add_masks(post, places_of("secret", whole_text(post)), "method"))
        delete(post.author, post)
        assert covered_words(post) == [("secret", "method")]
        db.session.commit()
        scan_all()
        assert (post.visibility, post.body, post.masks) == (Visibility.DELETED, "", [])

    def test_a_staff_warning_can_be_changed_by_the_author_but_not_taken_away(self):
        post = make_thread(body="calm")
        post.warning = post.least_warning = ContentWarning.GRIEF
        edit(post.author, post, title="T", body="b", warning=ContentWarning.NONE)
        assert post.warning is post.thread.warning is ContentWarning.GRIEF
        edit(post.author, post, title="T", body="b", warning=ContentWarning.SUICIDE)
        assert post.warning is ContentWarning.SUICIDE
