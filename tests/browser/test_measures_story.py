"""Each measure in a real browser, by keyboard alone: what staff do, and what others then see.

Once in Indonesian with JavaScript at a desk, once in English without it on a phone.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.hands import Keys
from tests.browser.people import WAYS, choose
from tests.browser.test_story import find_case, join, write_thread

BODY = (
    "Sudah berminggu-minggu begini terus. Aku pengen mati, tapi juga pengen ditemani. "
    "Aku simpan di **lemari kayu lama** itu."
)
WORDS = "lemari kayu lama"
COVERED = {"id": "[detail disembunyikan demi keamanan]", "en": "[detail hidden for safety]"}


@pytest.fixture
def people(visit, language, javascript):
    """A writer with a thread, another member, and a moderator with the claimed case."""
    locale = "id-ID" if language == "id" else "en-US"
    writer = visit("phone", javascript=javascript, locale=locale)
    join(writer)
    choose(writer, language)
    other = visit("phone", javascript=javascript, locale=locale)
    other.name = join(other)
    choose(other, language)
    thread, title = write_thread(writer, BODY.replace("**", ""))
    moderator = visit("desktop" if javascript else "phone", javascript=javascript)
    moderator.sign_in("sekar")
    choose(moderator, language)
    other.look_until(thread, lambda: other.reads(WORDS))
    case = find_case(moderator, title)
    moderator.go(case)
    hands = Keys(moderator)
    hands.act("ambil")
    return writer, other, hands, thread, case


def subject_of(hands: Keys) -> Locator:
    return (
        hands.person.main.get_by_role("article")
        .filter(has=hands.person.page.locator("form[action$='/tutupi']"))
        .first
    )


@WAYS
def test_a_case_from_covered_words_to_its_closing(people, data_dir, language, javascript):
    """Each part leaves the case as it was, but the last."""
    cover_undo_and_cover_again(people, language)
    hold_show_hide_and_warn(people, javascript)
    close_undo_and_close_for_good(people, data_dir)


def cover_undo_and_cover_again(people, language: str) -> None:
    writer, other, hands, thread, _ = people
    moderator = hands.person
    post = subject_of(hands)
    hands.act("tutupi", post, exact="kata yang tidak ada", reason="method")
    expect(post.locator("form[action$='/tutupi'] [name=exact]")).to_have_value(
        "kata yang tidak ada"
    )
    hands.act("tutupi", post, in_haste=True, exact=WORDS, reason="method", note="alat")
    assert moderator.reads(COVERED[language])
    assert not post.locator(".as-typed").get_by_text(WORDS).count()
    other.go(thread)
    assert WORDS not in other.page.content()
    assert other.reads(COVERED[language])
    writer.go(thread)
    expect(writer.main.locator(".words mark")).to_have_text(WORDS)

    hands.undo()
    other.go(thread)
    assert other.reads(WORDS)
    hands.act("tutupi", subject_of(hands), exact=WORDS, reason="method")
    other.go(thread)
    assert WORDS not in other.page.content()

    # Staff read it on request; the writer can change the text, and it stays covered.
    hands.go_with(subject_of(hands).locator("a[href$='/tertutup']"))
    expect(moderator.main.locator("mark")).to_have_text(WORDS)
    writer.follow('$="/ubah"', writer.main)
    writer.send(body=f"Cerita baru. Ada {WORDS.upper()} juga.")
    other.look_until(thread, lambda: other.reads("Cerita baru"))
    assert WORDS.upper() not in other.page.content()
    moderator.page.go_back()
    moderator.page.reload()
    post = subject_of(hands)
    place = post.locator("form[action$='/buka-lagi'] [name=places]").get_attribute("value")
    hands.act("buka-lagi", post, places=place)
    other.go(thread)
    assert other.reads(WORDS.upper())


def hold_show_hide_and_warn(people, javascript: bool) -> None:
    _, other, hands, thread, case = people
    hands.person.go(case)
    form = subject_of(hands).locator("form[action$='/sembunyikan']")
    hands.press(subject_of(hands).locator("details:has(form[action$='/sembunyikan']) > summary"))
    hands.choose(form.locator("[name=reason]"), "heavy")
    words = form.locator("[name=words]")
    if javascript:
        assert len(words.input_value()) > 20, "the ready sentence stands in the box"
    hands.go_with(form.locator("button[formaction$='/tahan-tulisan']"))
    assert other.go(thread) == 404
    hands.act("tampilkan", subject_of(hands), reason="safe_again")
    assert other.go(thread) == 200
    hands.act(
        "sembunyikan", subject_of(hands), in_haste=True, reason="heavy", words="Kami simpan dulu."
    )
    assert other.go(thread) == 404
    hands.undo()
    assert other.go(thread) == 200
    hands.act("peringatan", subject_of(hands), warning="suicide", reason="heavy")
    other.go(thread)
    expect(other.main.locator("details.warning")).to_have_count(1)


def let_undo_time_pass(data_dir: Path) -> None:
    """Make the last act of all one of a minute ago."""
    with closing(sqlite3.connect(data_dir / "teduh.db", timeout=20)) as database, database:
        database.execute(
            "UPDATE decision SET created_at = datetime(created_at, '-1 minute')"
            " WHERE id = (SELECT max(id) FROM decision)"
        )


def close_undo_and_close_for_good(people, data_dir: Path) -> None:
    _, _, hands, _, case = people
    moderator = hands.person
    hands.act("balas", body="Aku baca ceritamu. Bagaimana malam ini?")
    ending = {"reason": "answered", "outcome": "safe", "consent": "yes"}
    hands.act("tutup", in_haste=True, **ending)
    assert moderator.path == "/meja"
    hands.undo()
    assert moderator.path == case
    expect(moderator.main.locator("form[action$='/tutup']")).to_have_count(1)
    hands.act("tutup", **ending)
    button = moderator.main.locator("form.undo button").first
    button.focus()
    let_undo_time_pass(data_dir)
    hands.go_with(button)
    expect(moderator.main.locator(".notice").first).to_be_visible()
    moderator.go(case)
    expect(moderator.main.locator("form[action$='/tutup']")).to_have_count(0)


@WAYS
def test_a_thread_is_locked_slowed_moved_and_its_cases_joined(people, language, javascript):
    writer, other, hands, thread, case = people
    moderator = hands.person
    hands.act("kunci", reason="heavy")
    other.go(thread)
    expect(other.main.locator("form[action$='/balas']")).to_have_count(0)
    hands.act("buka-kunci", reason="safe_again")
    hands.act("pelan", minutes="15", reason="heavy")
    other.go(thread)
    other.send("/balas", body="Aku dengar kamu.")
    other.send("/balas", body="Masih ada yang mau kukatakan.")
    assert "15" in other.main.get_by_role("alert").inner_text()
    expect(other.form("/balas").locator("[name=body]")).to_have_value(
        "Masih ada yang mau kukatakan."
    )
    moderator.go(case)
    hands.act("pindahkan", room="hal-kecil", reason="off_topic")
    other.go(thread)
    assert other.main.locator("a[href='/ruang/hal-kecil']").count() == 1

    # Another thread of theirs opens a second case; the two become one.
    write_thread(writer, BODY.replace("**", ""))
    into = moderator.main.locator("form[action$='/gabungkan'] [name=into]").first
    moderator.look_until(case, lambda: into.count() > 0)
    hands.act("gabungkan", into=into.get_attribute("value") or "")
    link = moderator.main.locator(".notice a[href^='/meja/kasus/']")
    hands.go_with(link)
    assert moderator.main.locator(f"a[href='{case}']").count() >= 1


@WAYS
def test_spam_is_cleared_many_at_once(people, visit, language, javascript):
    _, other, hands, thread, _ = people
    moderator = hands.person
    other.go(thread)
    other.send("/balas", body="Kunjungi warungku di pojok jalan.")
    spam = "Kunjungi warungku"
    moderator.look_until(thread, lambda: moderator.reads(spam))
    moderator.follow('*="door=breach"', moderator.main.get_by_role("article").last)
    moderator.send(door="breach", note="iklan")
    moderator.go("/meja")
    hands.go_with(moderator.main.locator("a[href='/meja/spam']"))
    form = moderator.main.locator("form[action$='/meja/spam']")
    line = form.locator("label", has_text=other.name)
    box = form.locator(f"#{line.get_attribute('for')}")
    hands.press(box, "Space")
    hands.press(form.locator("[name=reason][value=spam]"), "Space")
    hands.go_with(form.locator("button"))
    stranger = visit("phone", javascript=javascript)
    stranger.go(thread)
    assert not stranger.reads(spam)
    hands.go_with(moderator.main.locator("form.undo button").first)
    stranger.go(thread)
    assert stranger.reads(spam)


def test_selected_words_go_into_the_box(visit):
    moderator = visit("desktop").sign_in("galih")
    writer = visit("phone")
    join(writer)
    _, title = write_thread(writer, BODY.replace("**", ""))
    case = find_case(moderator, title)
    moderator.go(case)
    hands = Keys(moderator)
    hands.act("ambil")
    post = subject_of(hands)
    hands.press(post.locator("details:has(form[action$='/tutupi']) > summary"))
    post.locator(".as-typed").evaluate(
        """(text) => {
          const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
          while (walker.nextNode()) {
            const at = walker.currentNode.data.indexOf("lemari kayu");
            if (at < 0) continue;
            const range = document.createRange();
            range.setStart(walker.currentNode, at);
            range.setEnd(walker.currentNode, at + "lemari kayu".length);
            window.getSelection().removeAllRanges();
            window.getSelection().addRange(range);
          }
        }"""
    )
    hands.press(post.locator("button[data-cover-from]"))
    expect(post.locator("form[action$='/tutupi'] [name=exact]")).to_have_value("lemari kayu")
