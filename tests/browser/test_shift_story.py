"""One shift of a volunteer by keyboard alone, and what the person hears whom the case is about.

Once in Indonesian with JavaScript at a desk, once in English without it on a phone.
"""

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.hands import Keys
from tests.browser.people import WAYS, Person, choose
from tests.browser.sight import is_for_everyone
from tests.browser.test_story import RED, find_case, help_routes, join, write_thread

REPLY = "Aku baca pelan-pelan. Siapa yang bisa menemanimu malam ini? Relawan"
HANDED_OVER = "Dia menunggu jawaban dari kakaknya."
WEIGHED = "Ceritanya terbawa pulang."


@pytest.fixture
def hands(visit, language, javascript) -> Keys:
    """A moderator at the start of a shift."""
    person = visit("desktop" if javascript else "phone", javascript=javascript)
    person.sign_in("galih" if javascript else "sekar")
    choose(person, language)
    put_back(person)
    return Keys(person)


@pytest.fixture
def writer(visit, language, javascript) -> Person:
    person = visit("phone", javascript=javascript, locale="id-ID" if language == "id" else "en-US")
    join(person)
    choose(person, language)
    return person


def put_back(person: Person) -> None:
    """Put back what an earlier story left in this person's hands."""
    person.go("/meja")
    mine = person.main.locator("section[aria-labelledby=mine-title] a[href^='/meja/kasus/']")
    for address in {link.get_attribute("href") or "" for link in mine.all()}:
        person.go(address)
        person.send("/lepas", note=HANDED_OVER)


def section(hands: Keys, title: str) -> Locator:
    return hands.person.main.locator(f"section[aria-labelledby={title}]")


@WAYS
def test_a_shift_begins_deals_a_case_and_ends_with_a_few_words(visit, hands, language, javascript):
    moderator = hands.person
    moderator.go("/meja")
    hands.go_with(moderator.main.locator("nav a[href='/meja/giliran']"))
    hands.act("mulai")
    moderator.go("/meja/giliran")
    expect(moderator.main.locator("a[href='/meja/giliran/selesai']")).to_be_visible()
    hands.act("topik", topics="eating")
    expect(moderator.main.locator("[name=topics][value=eating]")).to_be_checked()

    # Without a reason, another one comes.
    moderator.go("/meja")
    first = section(hands, "next-title").get_by_role("link").first.get_attribute("href")
    hands.act("bukan-ini", section(hands, "next-title"))
    second = section(hands, "next-title").get_by_role("link").first.get_attribute("href")
    assert second != first
    hands.act("ambil", section(hands, "next-title"))
    assert moderator.path.startswith(second.split("#")[0])
    hands.act("lepas", note=HANDED_OVER)
    moderator.go(second)
    assert moderator.reads(HANDED_OVER)

    # What the ladder told is seen.
    moderator.go("/meja/siaga")
    waiting = moderator.main.locator("form[action$='/lihat']").first
    seen = waiting.get_attribute("action") or ""
    hands.go_with(waiting.locator("button"))
    is_for_everyone(moderator)
    expect(moderator.main.locator(f"form[action='{seen}']")).to_have_count(0)

    moderator.go("/meja/giliran")
    hands.go_with(moderator.main.locator("a[href='/meja/giliran/selesai']").first)
    is_for_everyone(moderator)
    hands.act("selesai", weighed=WEIGHED)
    moderator.go("/meja/giliran")
    expect(moderator.main.locator("a[href='/meja/giliran/selesai']")).to_have_count(0)

    # Leads alone read it.
    assert moderator.go("/meja/giliran/tim") == 403
    lead = visit("desktop", javascript=javascript).sign_in("laras")
    choose(lead, language)
    lead.go("/meja/giliran/tim")
    assert lead.reads(WEIGHED)
    is_for_everyone(lead)


@WAYS
def test_an_answer_a_private_word_help_and_a_warning_reach_the_writer(
    hands, writer, language, javascript
):
    moderator = hands.person
    thread, title = write_thread(writer, RED)
    case = find_case(moderator, title)
    moderator.go(case)
    hands.act("ambil")
    hands.act("balas", body=REPLY)

    option = moderator.form("/sematkan").locator("[name=entry] option").first
    pinned = option.text_content() or ""
    hands.act("sematkan", entry=option.get_attribute("value") or "")
    expect(moderator.main.locator("form[action$='/lepas-sematan']")).to_have_count(1)

    # The ready words stand in the box once they are chosen, and can be changed.
    words = moderator.main.locator("#check-in select[name=words]")
    wanted = words.locator("option").nth(1)
    hands.choose(words, wanted.get_attribute("value") or "")
    hands.go_with(moderator.main.locator("#check-in form[method=get] button"))
    box = moderator.form("/sapa").locator("[name=body]")
    ready = box.input_value()
    assert len(ready) > 40
    hands.act("sapa", body=ready)

    hands.act(
        "akun", measure="warn", reason="diagnosis", words="Tolong simpan rinciannya untuk kami."
    )
    hands.act("tutup", reason="answered", outcome="safe", consent="yes")
    assert moderator.path == "/meja"

    writer.look_until(thread, lambda: writer.reads(REPLY))
    assert writer.reads(pinned)
    assert help_routes(writer) != []
    is_for_everyone(writer)
    hears_both(writer, ready)


def hears_both(writer: Person, ready: str) -> None:
    """Let the writer read the private words and the warning, and answer."""
    writer.look_until(
        "/kabar", lambda: writer.main.locator("a[href^='/pemberitahuan/']").count() > 0
    )
    is_for_everyone(writer)
    keys = Keys(writer)
    keys.go_with(writer.main.locator("a[href^='/pemberitahuan/']").first)
    assert writer.reads("Tolong simpan rinciannya untuk kami.")
    assert not any(writer.names(name) for name in ("galih", "sekar"))
    is_for_everyone(writer)
    writer.go("/kabar")
    keys.go_with(writer.main.locator("a[href^='/kabar/']").first)
    assert ready.split("\n", maxsplit=1)[0].strip() in (writer.main.text_content() or "")
    is_for_everyone(writer)
    messages = writer.main.get_by_role("article")
    before = messages.count()
    keys.go_with(writer.main.locator("button[name=answer][value=safe]"))
    expect(messages).to_have_count(before + 1)
    is_for_everyone(writer)
