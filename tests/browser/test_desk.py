"""The desk left open and used by keyboard: news arrive, letters are commands, and both can rest."""

import pytest
from playwright.sync_api import expect

from tests.browser.people import choose
from tests.browser.sight import NARROWEST, is_cut_off, violations
from tests.browser.test_story import RED, find_case, join, write_thread

LANGUAGES = pytest.mark.parametrize("language", ["id", "en"])
NEW = {"id": "1 baru", "en": "1 new"}
NOTHING = {"id": "Belum ada yang baru", "en": "Nothing new"}
UNKNOWN = {"id": "belum bisa dibaca", "en": "can't be read"}
OVER = {"id": "tidak lagi masuk", "en": "no longer signed in"}
SKIPPED = {"id": "Tidak apa-apa", "en": "That is fine"}
# How long a busy machine may take for a page.
PATIENCE_MS = 30_000
TITLES = "#waiting-title ~ .read-all .queue a"


def at_the_desk(visit, language: str, path: str = "/meja", name: str = "sekar"):
    person = visit("desktop").sign_in(name)
    choose(person, language)
    person.go(path)
    return person


def with_a_case(visit, language: str):
    """Return a moderator whose desk shows a new red case, and the title of its thread."""
    writer = visit("phone")
    join(writer)
    _, title = write_thread(writer, RED)
    sekar = at_the_desk(visit, language)
    sekar.look_until("/meja", lambda: sekar.reads(title))
    return sekar, title


@LANGUAGES
def test_news_are_counted_and_shown_when_asked_for(visit, language):
    sekar = at_the_desk(visit, language)
    line = sekar.main.locator("[data-live]")
    expect(line).to_contain_text(NOTHING[language])
    expect(line.locator("a")).to_be_hidden()
    titles = sekar.main.locator(TITLES)
    before, place = titles.all_text_contents(), titles.first.bounding_box()
    writer = visit("phone")
    join(writer)
    _, title = write_thread(writer, RED)
    # The figure grows by itself, and nothing else on the page moves.
    expect(line).to_contain_text(NEW[language], timeout=PATIENCE_MS)
    assert titles.all_text_contents() == before
    assert titles.first.bounding_box() == place
    assert sekar.page.title().startswith("(1)")
    assert violations(sekar.page) == []
    sekar.press(line.locator("a"))
    expect(line).to_contain_text(NOTHING[language])
    expect(sekar.main.get_by_text(title).first).to_be_visible()


def test_a_page_without_a_stream_asks_and_says_when_nothing_is_known(visit):
    sekar = at_the_desk(visit, "id", "/akun")
    page, refused = sekar.page, {"status": 204}
    page.route(
        lambda url: url.endswith("/meja/kabar-baru") or "kabar-baru?" in url,
        lambda route: route.fulfill(**refused),
    )
    line = sekar.main.locator("[data-live]")
    with page.expect_response("**/kabar-baru/sekarang*") as answer:
        sekar.go("/meja")
    assert answer.value.status == 200
    expect(line).to_contain_text(NOTHING["id"])
    page.route("**/kabar-baru/sekarang*", lambda route: route.abort())
    sekar.go("/meja")
    expect(line).to_contain_text(UNKNOWN["id"])
    page.unroute("**/kabar-baru/sekarang*")
    # Signed out from another window: the page left open says so, and asks no more.
    sekar.go("/meja")
    expect(line).to_contain_text(NOTHING["id"])
    page.context.clear_cookies(name="teduh")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(line).to_contain_text(OVER["id"])


@LANGUAGES
def test_letters_lead_through_the_list_and_the_sheet_names_them(visit, language):
    sekar, title = with_a_case(visit, language)
    page = sekar.page
    press, focused = page.keyboard.press, page.locator(":focus")

    press("?")
    sheet = page.locator("dialog#keys")
    expect(sheet).to_be_visible()
    expect(sheet).to_contain_text({"id": "ambil kasus", "en": "take the case"}[language])
    assert violations(page) == []
    size = page.viewport_size
    page.set_viewport_size(NARROWEST)
    assert is_cut_off(page) == ""
    page.set_viewport_size(size)
    press("c")
    press("Escape")
    expect(sheet).to_be_hidden()
    assert sekar.path == "/meja", "letters rest while the sheet is open"

    first = page.locator("main .queue a").first
    press("j")
    assert focused.get_attribute("href") == first.get_attribute("href")
    press("j")
    press("k")
    assert focused.get_attribute("href") == first.get_attribute("href")
    wanted = page.locator("main .queue a", has_text=title).first
    for _ in range(60):
        if focused.get_attribute("href") == wanted.get_attribute("href"):
            break
        press("j")
    press("Enter")
    expect(sekar.main.locator("h1")).to_contain_text(title, timeout=PATIENCE_MS)
    press("Control+c")
    press("Shift+C")
    expect(sekar.form("/ambil")).to_be_visible()
    sekar.go("/meja")
    press("l")
    expect(sekar.form("/ambil")).to_be_visible(timeout=PATIENCE_MS)
    assert sekar.path.startswith("/meja/kasus/")


@LANGUAGES
def test_a_case_is_walked_by_letters_alone(visit, language):
    sekar, title = with_a_case(visit, language)
    case = find_case(sekar, title)
    sekar.go(case)
    page = sekar.page
    sheet = page.locator("dialog#keys")
    press, focused = page.keyboard.press, page.locator(":focus")
    # With the list beside it, too, what is skipped is noted, and not only left.
    expect(page.locator(".split .list .queue a").first).to_be_visible()
    press("s")
    expect(sekar.main).to_contain_text(SKIPPED[language], timeout=PATIENCE_MS)
    sekar.go(case)
    press("c")
    expect(page.locator("#reply-body")).to_be_visible(timeout=PATIENCE_MS)

    press("r")
    assert focused.get_attribute("id") == "reply-body"
    page.keyboard.type("jc e?")
    expect(page.locator("#reply-body")).to_have_value("jc e?")
    expect(sheet).to_be_hidden()
    for key, field in (("p", "pin-entry"), ("m", "check-in-body"), ("n", "line-note")):
        page.evaluate("document.activeElement.blur()")
        press(key)
        assert focused.get_attribute("id") == field, key
    page.evaluate("document.activeElement.blur()")
    press("e")
    assert focused.get_attribute("name") == "reason"
    page.evaluate("document.activeElement.blur()")
    press("h")
    assert focused.get_attribute("name") == "reason"
    hiding = sekar.main.locator("form[action$='/sembunyikan']").first
    hiding.locator("[name=reason]").select_option(index=1)
    sekar.press(hiding.locator("button").first)
    expect(sekar.main.locator("form.undo")).to_be_visible(timeout=PATIENCE_MS)
    press("u")
    expect(sekar.main.locator("form.undo")).to_have_count(0, timeout=PATIENCE_MS)
    here = sekar.path
    press("s")
    page.wait_for_url(lambda url: not url.endswith(here))


@LANGUAGES
def test_letters_can_be_switched_off_for_good_and_without_a_script(visit, language):
    kinanti = at_the_desk(visit, language, name="kinanti")
    switch = kinanti.page.locator("footer form[action='/akun/tombol-huruf']")
    kinanti.press(switch.locator("button[value=off]"))
    expect(switch.locator("button[value=on]")).to_be_visible()
    kinanti.page.keyboard.press("j")
    assert kinanti.page.evaluate("document.activeElement === document.body")
    kinanti.page.keyboard.press("?")
    expect(kinanti.page.locator("dialog")).to_have_count(0)

    elsewhere = visit("phone", javascript=False).sign_in("kinanti")
    elsewhere.go("/meja")
    elsewhere.press(elsewhere.page.locator("footer button[name=letter_keys][value=on]"))
    kinanti.go("/meja")
    kinanti.page.keyboard.press("?")
    expect(kinanti.page.locator("dialog#keys")).to_be_visible()
