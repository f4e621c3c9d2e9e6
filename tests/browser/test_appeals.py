"""A measure, its notice, the appeal and its answer, in a browser, by the keyboard alone."""

import pytest
from playwright.sync_api import expect

from tests.browser.people import Person, choose
from tests.browser.sight import is_for_everyone
from tests.browser.test_story import SCRIPT, find_case, join, write_thread

ROOM = "/ruang/hal-kecil"
CALM = "Sore ini aku menyapu halaman dan minum teh."
TO_MEMBER = "Ini terbaca sebagai ajakan pindah grup."
APPEAL = "Itu bukan ajakan. Tolong dilihat lagi."
ANSWER = "Kamu benar. Terima kasih sudah bertanya."
MOST_TABS = 250


def reach(person: Person, selector: str) -> None:
    """Press Tab until something that fits has the focus."""
    for _ in range(MOST_TABS):
        person.page.keyboard.press("Tab")
        if person.page.evaluate("s => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"no way by Tab to {selector}")


def press_link(person: Person, selector: str) -> None:
    reach(person, selector)
    with person.page.expect_navigation():
        person.page.keyboard.press("Enter")


def press_button(person: Person, action: str) -> None:
    test = f"form[action$='{action}'] button" if action else "main form:not([action]) button"
    reach(person, test)
    with person.page.expect_navigation():
        person.page.keyboard.press("Enter")


def choose_radio(person: Person, name: str, value: str) -> None:
    reach(person, f"input[name={name}]")
    for _ in range(8):
        person.page.keyboard.press("ArrowDown")
        if person.page.evaluate("document.activeElement.value") == value:
            return
    raise AssertionError(f"no way by arrows to {value}")


def type_into(person: Person, name: str, words: str, within: str = "") -> None:
    reach(person, f"{within} [name={name}]".strip())
    person.page.keyboard.type(words)


def hears(person: Person, number: int) -> None:
    """Wait until the messages list so many notices: staff can undo an act for some seconds."""
    links = person.main.locator("a[href^='/pemberitahuan/']")
    person.look_until("/kabar", lambda: links.count() >= number)


@pytest.mark.parametrize("locale", ["id-ID", "en-GB"])
def test_a_member_hears_appeals_and_somebody_else_decides(visit, locale):
    member = visit("phone", locale=locale)
    name = join(member)
    thread, title = write_thread(member, CALM, ROOM)
    reporter = visit("phone").sign_in("ayem-sawah-27")
    sekar, galih = (visit("desktop").sign_in(who) for who in ("sekar", "galih"))
    for person in (reporter, sekar, galih):
        choose(person, locale[:2])
    reporter.look_until(thread, lambda: reporter.reads(CALM))
    reporter.follow('*="door=breach"', reporter.main.get_by_role("article").first)
    reporter.send(note="Ajakan pindah.")

    pause_by_keyboard(sekar, find_case(sekar, title))
    appeal_by_keyboard(member)
    decide_by_keyboard(sekar, galih, find_case(sekar, title))

    # The member hears it and can write; the reporter hears that it was read, and no more.
    hears(member, 2)
    press_link(member, "main a[href^='/pemberitahuan/']")
    assert member.reads(ANSWER)
    is_for_everyone(member)
    write_thread(member, CALM, ROOM)
    hears(reporter, 1)
    press_link(reporter, "main a[href^='/pemberitahuan/']")
    assert not reporter.names("sekar")
    for secret in (name, TO_MEMBER, title):
        assert not reporter.reads(secret)
    is_for_everyone(reporter)
    reporter.go("/pemberitahuan")
    expect(reporter.main.get_by_role("listitem").first).to_be_visible()
    is_for_everyone(reporter)


def pause_by_keyboard(sekar: Person, case: str) -> None:
    """Let a moderator pause the writer, with a rule and words, and close the case."""
    sekar.go(case)
    press_button(sekar, "/ambil")
    reach(sekar, "details:has(form[action$='/akun']) > summary")
    sekar.page.keyboard.press("Enter")
    choose_radio(sekar, "measure", "pause")
    reach(sekar, "form[action$='/akun'] [name=hours]")
    choose_radio(sekar, "reason", "spam")
    type_into(sekar, "words", TO_MEMBER, "form[action$='/akun']")
    press_button(sekar, "/akun")
    assert sekar.reads("WIB")
    is_for_everyone(sekar)
    sekar.send("/tutup", reason="rule_breach")


def appeal_by_keyboard(member: Person) -> None:
    """Let the member meet the pause, read why, and appeal. The list tells nothing."""
    member.go(f"{ROOM}/tulis")
    assert member.reads("WIB")
    is_for_everyone(member)
    member.look_until("/bantuan", lambda: member.page.locator("a[href='/kabar']").count() > 0)
    press_link(member, "a[href='/kabar']")
    assert not member.reads(TO_MEMBER)
    is_for_everyone(member)
    press_link(member, "main a[href^='/pemberitahuan/']")
    assert member.reads(TO_MEMBER)
    assert not member.names("sekar")
    is_for_everyone(member)
    press_link(member, "main a[href^='/banding/']")
    words = member.form().locator("[name=words]")
    words.fill("x" * 2001)
    press_button(member, "")
    assert "2001" in (member.main.get_by_role("alert").text_content() or "")
    assert words.input_value() == "x" * 2001
    is_for_everyone(member)
    words.fill("")
    type_into(member, "words", APPEAL)
    press_button(member, "")
    assert member.reads(APPEAL)
    is_for_everyone(member)


def decide_by_keyboard(sekar: Person, galih: Person, case: str) -> None:
    """Let the same moderator find no way in, and another one take the measure back."""
    sekar.go(case)
    for act in ("ambil", "banding", "tutup"):
        assert sekar.main.locator(f"form[action$='/{act}']").count() == 0
    is_for_everyone(sekar)
    galih.go(case)
    press_button(galih, "/ambil")
    assert galih.reads(APPEAL)
    assert galih.reads(TO_MEMBER)
    assert not galih.names("sekar")
    is_for_everyone(galih)
    choose_radio(galih, "outcome", "overturned")
    type_into(galih, "words", ANSWER, "form[action$='/banding']")
    press_button(galih, "/banding")


@SCRIPT
def test_a_closed_account_leads_to_its_messages_and_back_by_an_appeal(visit, javascript):
    member = visit("phone", javascript=javascript)
    name = join(member)
    _, title = write_thread(member, CALM, ROOM)
    reporter = visit("phone").sign_in("ayem-sawah-27")
    reporter.go(ROOM)
    reporter.press(reporter.main.get_by_role("link", name=title))
    reporter.follow('*="door=breach"', reporter.main.get_by_role("article").first)
    reporter.send()
    sekar = visit("desktop").sign_in("sekar")
    laras = visit("desktop").sign_in("laras")
    case = find_case(sekar, title)
    sekar.go(case)
    sekar.send("/ambil")
    sekar.send("/akun", measure="ask_to_close", reason="spam", words=TO_MEMBER)
    sekar.send("/lepas")
    laras.go(case)
    laras.send("/ambil")
    is_for_everyone(laras)
    laras.send("/tutup-akun", answer="close")
    laras.send("/tutup", reason="rule_breach")

    member.go("/kode")
    assert member.path.startswith("/masuk"), "their sessions are ended"
    member.send(pseudonym=name, passphrase="payung biru di halte")
    assert member.path == "/kabar"
    if javascript:
        # Without scripts axe can't run; the page is the same.
        is_for_everyone(member)
    member.go(ROOM)
    assert member.path == "/kabar"
    assert member.go("/bantuan") == 200
    hears(member, 1)
    member.follow('^="/pemberitahuan/"', member.main)
    assert member.reads(TO_MEMBER)
    if javascript:
        # Without scripts axe can't run; the page is the same.
        is_for_everyone(member)
    member.follow('^="/banding/"', member.main)
    member.send(words=APPEAL)

    case = find_case(laras, title)
    laras.go(case)
    assert laras.main.locator("form[action$='/ambil']").count() == 0
    wening = visit("desktop").sign_in("wening")
    wening.go(case)
    wening.send("/ambil")
    wening.send("/banding", outcome="overturned", words=ANSWER)
    member.go(ROOM)
    assert member.path == ROOM
