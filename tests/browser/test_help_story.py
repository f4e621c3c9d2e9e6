"""Help without a connection, the way to a professional on paper, and finding one's words again."""

import re

import pytest
from playwright.sync_api import Error, expect

from tests.browser.people import Person
from tests.browser.sight import is_cut_off, is_for_everyone, violations
from tests.browser.test_story import join, write_thread

CALM = "Hari ini aku menyiram tanaman dan menerbangkan layangan."
# Its posts begin without a content warning, so they can be found.
CALM_ROOM = "/ruang/hal-kecil"
KEPT = """async () => {
    const kept = [];
    for (const name of await caches.keys())
        for (const request of await (await caches.open(name)).keys()) {
            const answer = await caches.match(request);
            kept.push([new URL(request.url).pathname, await answer.text()]);
        }
    return kept;
}"""
KEEPERS = "navigator.serviceWorker.getRegistrations().then(found => found.length)"


def kept_by(person: Person) -> dict[str, str]:
    """Return what the browser keeps of the site: texts by address."""
    return dict(person.page.evaluate(KEPT))


def test_help_without_a_connection(visit):
    person = visit("phone")
    person.go("/bantuan")
    person.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    pseudonym = join(person)
    path, title = write_thread(person, CALM)
    for address in ("/", path, "/akun", "/bantuan"):
        person.go(address)
    kept = kept_by(person)
    assert set(kept) == {
        *("/bantuan/luring/id", "/bantuan/luring/en"),
        *("/static/style.css", "/static/icon.svg"),
    }
    for text in kept.values():
        assert pseudonym not in text
        assert title not in text

    person.page.context.set_offline(True)
    assert person.go("/bantuan") == 200
    assert person.reads("Ini salinan yang disimpan di ponsel ini")
    expect(person.main.locator("a[href='tel:119']").first).to_be_visible()
    assert person.page.locator(".bar").evaluate("e => getComputedStyle(e).position") == "sticky"
    person.page.locator("details").first.evaluate("e => { e.open = true }")
    assert violations(person.page) == []
    assert is_cut_off(person.page) == ""
    # In the other language too; and no page of members is there.
    person.follow('="/bantuan/luring/en"')
    assert person.reads("You read a copy")
    for address in (path, "/", "/akun"):
        with pytest.raises(Error, match="ERR_"):
            person.go(address)

    person.page.context.set_offline(False)
    person.go("/bantuan")
    assert not person.reads("Ini salinan yang disimpan di ponsel ini")
    # Leaving takes the copy along.
    person.go("/keluar")
    person.go("/")
    expect(person.page.locator("html")).to_be_visible()
    assert person.page.evaluate(KEEPERS) == 0
    assert kept_by(person) == {}


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no-script"])
def test_from_a_silent_line_to_a_printed_page(visit, javascript):
    person = visit("phone", javascript=javascript)
    person.go("/bantuan")
    person.main.get_by_text("Saring daftar").click()
    form = person.main.locator("form.picks")
    form.locator("[name=butuh]").select_option("violence")
    person.press(form.get_by_role("button"))
    assert "butuh=violence" in person.path
    expect(person.main.get_by_role("heading", name="SAPA 129")).to_be_visible()
    assert not person.reads("Healing119")
    is_for_everyone(person)

    person.press(person.main.get_by_role("button", name=re.compile("Tidak dijawab SAPA 129")))
    expect(person.main.get_by_role("heading", name="Berikutnya kamu bisa coba ini")).to_be_visible()
    is_for_everyone(person)

    person.follow('="/rujukan"', person.main)
    person.send(reason="weeks", region="jakarta")
    assert person.path == "/rujukan"
    for part in ("Puskesmas", "BPJS", "Saya mau konsultasi kesehatan jiwa.", "Catatanmu"):
        assert person.reads(part)
    is_for_everyone(person)
    button = person.main.get_by_role("button", name="Cetak lembar ini")
    # Without scripts the browser's own menu prints, and no button promises to.
    expect(button).to_be_visible(visible=javascript)
    person.page.emulate_media(media="print")
    for gone in (".bar", "nav.top", ".foot ul", ".back", "[data-print]"):
        expect(person.page.locator(gone).first).to_be_hidden()
    expect(person.main.get_by_text("Telepon 119 untuk bantuan medis")).to_be_visible()
    assert person.page.pdf(format="A4").startswith(b"%PDF")
    person.page.emulate_media(media="screen")


def test_finding_words_again_without_scripts(visit):
    person = visit("phone", javascript=False)
    join(person)
    path, title = write_thread(person, CALM, CALM_ROOM)
    reader = visit("phone", javascript=False)
    reader.look_until(path, lambda: reader.reads("layangan"))
    person.go("/cari")
    person.send("/cari", asked="TANAMAN laYANGan")
    is_found = person.main.get_by_role("link", name=title)
    expect(is_found).to_have_count(1)
    assert person.path == "/cari"
    expect(person.main.locator("[name=asked]").first).to_have_value("TANAMAN laYANGan")
    expect(person.main.locator("mark").first).to_have_text("tanaman")
    is_for_everyone(person)
    person.press(is_found)
    assert person.path.startswith(path)

    person.go("/cari")
    person.send("/cari", asked="aku mau mati")
    card = person.main.get_by_role("region").filter(has_text="119")
    expect(card).to_be_visible()
    is_for_everyone(person)
