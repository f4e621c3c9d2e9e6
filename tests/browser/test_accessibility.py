"""Every page of every role for everyone: axe, small screens, dark colours, the keyboard."""

import pytest
from playwright.sync_api import expect

from forum.accounts.demo import DEMO_PASSPHRASE
from tests.browser.people import Person, choose
from tests.browser.sight import PHONE, WIDE, problems_of

# Addresses, or what to do to come to a page, by who sees it.
VISITOR = [
    "/",
    "/gabung",
    "/masuk",
    "/pulihkan",
    "/bantuan",
    "/bantuan?butuh=violence&daerah=jakarta",
    "/bantuan?setelah=jakcare",
    "/bantuan/ragu",
    "/rujukan",
    "/rujukan/telepon",
    "/batas",
    "/kesepakatan",
    "/keterbukaan",
    "/kelompok",
    "/relawan",
    "/privasi",
    "/akun/terhapus",
    "/belum-dijawab",
    "room",
    "thread",
    "join form with errors",
    "sign-in form with errors",
    "/no/such/page",
    "a stale form",
]
MEMBER = [
    "/akun",
    "/akun/data",
    "/akun/hapus",
    "erase form with errors",
    "question about a number",
    "/kode",
    "/akun/kata-sandi",
    "new codes",
    "/ruang/rasa-hampa/tulis",
    "thread form with errors",
    "/ruang/hal-kecil/belum-dijawab",
    "/ruang/kehilangan/pengalaman",
    "/diikuti",
    "/akun/topik",
    "advice before it is sent",
    "answer to one post",
    "own thread",
    "edit",
    "take back",
    "report",
    "distance",
    "report form with errors",
    "thanks",
    "/pemberitahuan",
    "/cari",
    "/relawan",
    "/meja",
]
DESK = [
    "/meja",
    "/meja?lane=risk&level=red",
    "/meja/siaga",
    "/meja/giliran",
    "/meja/jadwal",
    "/meja/teman",
    "/pelatihan",
    "/pelatihan/crisis",
    "/pelatihan/crisis/uji",
    "/pelatihan/latihan",
    "/pelatihan/latihan/kucing-hilang",
    "/meja/spam",
    "/meja/kelompok",
    "case",
    "claimed case",
    "covered words",
    "case form with errors",
    "measure form with errors",
    "held case",
    "leaving",
]
ADMIN = [
    "/meja/wawasan",
    "/meja/kelompok/baru",
    "/meja/relawan",
    "/meja/pelatihan",
    "/akun/langkah-kedua",
    "/akun/langkah-kedua/aplikasi",
    "code form with errors",
    "/meja/langkah-kedua",
    "/meja/satu-orang",
    "/meja/ruang",
    "/meja/ruang/baru",
    "/meja/ruang/keluarga",
    "/meja/bantuan",
    "/meja/bantuan/baru",
    "/meja/bantuan/jakcare",
    "/aturan",
    "/aturan/baru",
    "/meja/siaga/tujuan",
    "rule",
    "rule form with errors",
    "fired",
    "/aturan/uji",
    "/aturan/lab/catatan",
    "/aturan/lab/impor",
    "version",
]
PEOPLE = {
    "visitor": (None, VISITOR),
    "member in crisis": ("mungil-teko-73", ["own thread"]),
    "member": ("hening-langit-38", MEMBER),
    "moderator": ("sekar", DESK),
    "lead": ("laras", ["/meja/giliran/tim"]),
    "admin": ("wening", ADMIN),
}
DESK_ROLES = {"moderator", "admin"}


def come_to(person: Person, place: str) -> None:
    """Bring a person to a place: an address, or a page that takes a step or two."""
    if place.startswith("/"):
        person.go(place)
        return
    STEPS[place](person)


def _thread(person: Person) -> None:
    person.go("/ruang/hal-kecil")
    person.follow('^="/utas/"', person.main)


def _own_thread(person: Person) -> None:
    room = "ruang-malam" if person.name == "mungil-teko-73" else "rasa-hampa"
    person.go(f"/ruang/{room}")
    own = person.main.get_by_role("listitem").filter(has_text=person.name)
    person.follow('^="/utas/"', own.first if own.count() else person.main)
    assert person.main.get_by_role("region").filter(has_text="119").count() >= 1


def _report(person: Person) -> None:
    _thread(person)
    person.follow('*="door=worry"', person.main)


def _case(person: Person) -> None:
    person.go("/meja")
    # The one that is next for this person.
    person.follow('^="/meja/kasus/"', person.main.locator("section.first").first)


def _claimed_case(person: Person) -> None:
    person.go("/meja")
    # What is with this person already stands first.
    person.follow('^="/meja/kasus/"', person.main)
    if person.main.locator("form[action$='/ambil']").count():
        person.send("/ambil")
    expect(person.form("/tutup")).to_be_visible()


def _held_case(person: Person) -> None:
    _claimed_case(person)
    case = person.path
    person.main.locator("#hold summary").click()
    form = person.form("/tahan")
    form.locator("input[name=why]").first.check()
    person.press(form.get_by_role("button"))
    person.go(case)
    expect(person.form("/lepas")).to_be_attached()


def _leaving(person: Person) -> None:
    _claimed_case(person)
    person.press(person.page.locator("header form[action='/keluar-akun'] button"))
    expect(person.main.locator("button[name=sure]")).to_be_visible()


def _covered_words(person: Person) -> None:
    _claimed_case(person)
    covered = person.main.locator("a[href$='/tertutup']")
    if not covered.count():
        post = person.main.get_by_role("article").filter(has=person.page.locator("mark")).first
        post.locator("details:has(form[action$='/tutupi']) > summary").click()
        form = post.locator("form[action$='/tutupi']")
        form.locator("[name=places]").first.check()
        form.locator("[name=reason]").select_option("method")
        person.press(form.locator("button:not([type=button])"))
        expect(person.main.locator("form.undo")).to_be_visible()
    person.press(covered.first)


def _measure_with_errors(person: Person) -> None:
    _claimed_case(person)
    person.send("/kunci", reason="")
    expect(person.main.locator("p.error").first).to_be_visible()


def _link(start: str, test: str):
    def steps(person: Person) -> None:
        come_to(person, start)
        person.follow(test, person.main)

    return steps


def _empty_form(start: str, action: str = ""):
    def steps(person: Person) -> None:
        come_to(person, start)
        form = person.form(action)
        for field in form.locator("input[type=text], input[type=password], textarea").all():
            if field.is_visible():
                field.fill("")
        for choice in form.locator("input[type=radio]").all():
            choice.evaluate("e => { e.checked = false }")
        person.send(action)
        expect(person.main.get_by_role("alert")).to_be_visible()

    return steps


def _stale_form(person: Person) -> None:
    person.go("/masuk")
    person.page.context.clear_cookies(name="teduh-form")
    person.send(pseudonym="siapa", passphrase="saja")


def _number(person: Person) -> None:
    person.go("/ruang/hal-kecil/tulis")
    person.send(title="Sore ini", body="Telepon aku di 0812-7731-0077 ya.")
    expect(person.main.get_by_role("alert")).to_be_visible()


def _advice(person: Person) -> None:
    _thread(person)
    person.send("/balas", body="Menurutku kamu bipolar, berhenti minum obatnya saja.")
    expect(person.main.locator("#advice-title")).to_be_visible()


STEPS = {
    "advice before it is sent": _advice,
    "answer to one post": _link("thread", '*="?kutip="'),
    "held case": _held_case,
    "leaving": _leaving,
    "room": _link("/", '^="/ruang/"'),
    "thread": _thread,
    "join form with errors": _empty_form("/gabung"),
    "sign-in form with errors": _empty_form("/masuk"),
    "a stale form": _stale_form,
    "new codes": lambda person: (person.go("/kode"), person.send(passphrase=DEMO_PASSPHRASE)),
    "erase form with errors": _empty_form("/akun/hapus"),
    "question about a number": _number,
    "thread form with errors": _empty_form("/ruang/rasa-hampa/tulis"),
    "own thread": _own_thread,
    "edit": _link("own thread", '$="/ubah"'),
    "take back": _link("own thread", '$="/hapus"'),
    "report": _report,
    "report form with errors": _empty_form("report"),
    "distance": _link("thread", '$="/jarak"'),
    "thanks": lambda person: (_report(person), person.send()),
    "case": _case,
    "claimed case": _claimed_case,
    "covered words": _covered_words,
    "measure form with errors": _measure_with_errors,
    "case form with errors": _empty_form("claimed case", "/balas"),
    "code form with errors": _empty_form("/akun/langkah-kedua/aplikasi"),
    "rule": _link("/aturan", '^="/aturan/sui"'),
    "rule form with errors": _empty_form("/aturan/baru"),
    "fired": _link("/aturan", '$="/kena"'),
    "version": lambda person: person.go("/aturan/lab/versi/1"),
}


@pytest.mark.parametrize("locale", ["id-ID", "en-GB"])
@pytest.mark.parametrize("role", PEOPLE)
def test_every_page_is_for_everyone(visit, role, locale):
    pseudonym, places = PEOPLE[role]
    person = visit("phone", locale=locale)
    if pseudonym:
        person.sign_in(pseudonym)
    choose(person, locale[:2])
    found: dict[str, list[str]] = {}
    for place in places:
        come_to(person, place)
        page = person.page
        assert page.locator("html").get_attribute("lang") == locale[:2], place
        # What words can change is checked at the narrow width, where they have least room.
        is_wide_too = role in DESK_ROLES and locale == "id-ID"
        problems = problems_of(person, PHONE, *([WIDE] if is_wide_too else []))
        if page.locator("a[href='/bantuan']").count() == 0:
            problems.append("no link to help")
        if page.get_by_role("main").count() != 1 or page.locator("h1").count() != 1:
            problems.append("not one main part with one first heading")
        if problems:
            found[place] = problems
    assert found == {}


@pytest.mark.parametrize(
    "address", ["/", "/gabung", "/ruang/hal-kecil", "/bantuan", "/no/such/page"]
)
def test_the_keyboard_comes_first_to_the_content_and_sees_where_it_is(visit, address):
    person = visit("desktop")
    page = person.page
    person.go(address)
    page.keyboard.press("Tab")
    skip = page.locator(":focus")
    assert skip.get_attribute("href") == "#main"
    assert skip.bounding_box()["y"] >= 0, "it comes into sight"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.closest('main') !== null")
    person.go(address)
    seen = []
    for _ in range(40):
        page.keyboard.press("Tab")
        state = page.evaluate("""() => {
            const e = document.activeElement;
            if (e === document.body) return null;
            const style = getComputedStyle(e), box = e.getBoundingClientRect();
            const top = document.elementFromPoint(
                box.left + box.width / 2, box.top + Math.min(box.height / 2, 10));
            return {
                what: e.outerHTML.slice(0, 120),
                outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
                shadowed: style.boxShadow !== "none",
                covered: !(top && (top === e || e.contains(top) || top.contains(e))),
            };
        }""")
        if state is None:
            break
        seen.append(state)
    assert len(seen) >= 8
    assert [s["what"] for s in seen if not (s["outlined"] or s["shadowed"])] == []
    assert [s["what"] for s in seen if s["covered"]] == []


def test_targets_are_big_enough_for_a_shaking_finger(visit):
    person = visit("phone")
    for address in ("/", "/gabung", "/bantuan", "/ruang/hal-kecil"):
        person.go(address)
        small = person.page.evaluate("""() => [...document.querySelectorAll(
            "a.button, button, input:not([type=hidden]), select, summary, nav a, a[href^='tel:']")]
            .filter(e => e.offsetParent !== null)
            .map(e => [e.outerHTML.slice(0, 100), e.getBoundingClientRect()])
            .filter(([, box]) => box.width < 24 || box.height < 24)
            .map(([html, box]) => `${html} ${box.width}x${box.height}`)""")
        # A box to tick counts with its label, which is as high as a line.
        assert [line for line in small if 'type="checkbox"' not in line] == [], address


def test_axe_finds_what_is_wrong(visit):
    """Seeded faults: if this fails, the tests above prove nothing."""
    person = visit("phone")
    person.go("/gabung")
    page = person.page
    assert problems_of(person, PHONE) == []
    assert problems_of(person, PHONE) == [], "of a make that is known"
    page.evaluate("""() => {
        document.querySelector("main label").remove();
        document.querySelector("main").append(Object.assign(document.createElement("img")));
        document.querySelector("h1").style.color = "#ddd";
        const wide = document.createElement("p");
        wide.style.width = "2000px";
        wide.textContent = "wide";
        document.querySelector("main").append(wide);
    }""")
    found = {line.split(": ")[1] for line in problems_of(person, PHONE)}
    assert {"label", "image-alt", "color-contrast"} <= found
    assert any(line.startswith("cut off") for line in problems_of(person, PHONE))
