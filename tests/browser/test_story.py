"""The main job, end to end, in a real browser on the whole system: member to moderator and back.

Once with JavaScript and once without; on a phone for members, on a desk's screen for staff.
"""

import re
import secrets
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.people import Person

ROOM = "/ruang/rasa-hampa"
RED = "Sudah berminggu-minggu begini terus. Aku pengen mati, tapi juga pengen ditemani."
CRISIS = "Aku udah mutusin mau mengakhiri hidup malam ini. Selamat tinggal semuanya."
CALM = "Hari ini aku masak sayur bening dan duduk di teras."
SCRIPT = pytest.mark.parametrize("javascript", [True, False], ids=["script", "no-script"])


def join(person: Person) -> str:
    """Join with the suggested name; return it."""
    person.go("/")
    person.follow('="/gabung"')
    form = person.form()
    name = form.locator("[name=pseudonym]").input_value()
    assert re.fullmatch(r"[a-z]+-[a-z]+-\d\d", name)
    assert form.locator("input[type=email], input[type=tel]").count() == 0
    person.send(passphrase="payung biru di halte", adult=True, agreement=True)
    codes = person.main.locator("code")
    expect(codes).to_have_count(8)
    assert len(set(codes.all_text_contents())) == 8
    return name


def write_thread(person: Person, body: str, room: str = ROOM) -> tuple[str, str]:
    """Write a thread; return its address and its title."""
    # Of letters that make no word and no number: the rules read titles too.
    title = f"Cerita {''.join(secrets.choice('bdfgkmnp') for _ in range(8))}"
    person.go(room)
    person.follow(f'="{room}/tulis"', person.main)
    person.send(title=title, body=body)
    if body == CRISIS:
        # Support stands in between, once, and the text is not sent without its writer.
        expect(person.page.locator("#support-title")).to_be_visible()
        assert person.reads(body)
        person.send(f"{room}/tulis")
    assert person.path.startswith("/utas/"), person.main.inner_text()
    assert person.reads(body), "one sees one's own words at once"
    return person.path.split("?")[0], title


def help_routes(person: Person) -> list[str]:
    """Return the ways to help in the part of the page that offers to call 119, if there is one."""
    part = person.main.get_by_role("region").filter(has=person.page.locator("a[href='tel:119']"))
    if not part.count():
        return []
    ways = [way.inner_text() for way in part.first.get_by_role("listitem").all()]
    return [way for way in ways if way.strip()]


def find_case(moderator: Person, title: str) -> str:
    """Return the address of the case that the queue shows for a thread."""
    moderator.look_until("/meja", lambda: moderator.reads(title))
    link = moderator.main.get_by_role("link", name=title).first
    address = link.get_attribute("href")
    assert address
    return address


def levels_of_queue(moderator: Person, data_dir: Path) -> list[int]:
    """Return the levels of the cases that wait, from the top; the numbers are the database's."""
    moderator.go("/meja")
    links = moderator.main.locator(
        "section[aria-labelledby=waiting-title] ol a[href^='/meja/kasus/']"
    )
    ids = [(link.get_attribute("href") or "").split("/")[-1] for link in links.all()]
    with closing(sqlite3.connect(f"file:{data_dir / 'teduh.db'}?mode=ro", uri=True)) as database:
        known = dict(database.execute("SELECT public_id, level FROM moderation_case"))
    return [known[case_id] for case_id in ids]


@SCRIPT
def test_from_member_to_moderator_and_back(visit, data_dir, javascript):
    # A newcomer reads, joins and writes.
    newcomer = visit("phone", javascript=javascript)
    newcomer.go("/")
    newcomer.follow(f'="{ROOM}"', newcomer.main)
    newcomer.follow('^="/utas/"', newcomer.main)
    assert newcomer.main.get_by_role("article").count() >= 1
    join(newcomer)
    thread, title = write_thread(newcomer, RED)

    # The scan is done in a moment, and the writer finds ways to people.
    newcomer.look_until(thread, lambda: help_routes(newcomer) != [])
    assert len(help_routes(newcomer)) >= 2
    assert "119" in help_routes(newcomer)[0]
    assert any("IGD" in way for way in help_routes(newcomer))

    # Another member reads it, sees no card, and worries.
    other = visit("phone", javascript=javascript)
    reporter = join(other)
    other.look_until(thread, lambda: other.reads(RED))
    assert help_routes(other) == []
    other.follow('*="door=worry"', other.main)
    assert other.form().locator("[name=door][value=worry]").is_checked()
    other.send(note="Aku kepikiran dia.")
    assert other.path.endswith("terima-kasih?door=worry")
    assert len(help_routes(other)) >= 2

    # The desk: worst first, with how long each waits and when it is due.
    sekar = visit("desktop", javascript=javascript).sign_in("sekar")
    galih = visit("desktop", javascript=javascript).sign_in("galih")
    case = find_case(sekar, title)
    see_the_queue(sekar, title, data_dir)
    sekar.go(case)
    marked = " ".join(sekar.main.locator("mark").all_text_contents()).lower()
    assert "mati" in marked
    assert "berminggu" not in marked
    assert sekar.reads("Aku kepikiran dia.")
    assert not sekar.reads(reporter), "nobody learns who told"

    only_one_has_it(sekar, galih, case)
    stranger = visit("phone", javascript=javascript)
    assert stranger.go(thread) == 200
    answer = "Terima kasih sudah jujur. Siapa yang bisa menemanimu malam ini? Sekar, moderator"
    sekar.send("/balas", body=answer)
    pinned = pin_first(sekar)
    subject = sekar.main.get_by_role("article").filter(has=sekar.page.locator("mark"))
    hide_in(sekar, subject, "/sembunyikan")
    assert stranger.go(thread) == 404
    assert newcomer.go(thread) == 200
    hide_in(sekar, subject, "/tampilkan")
    assert stranger.go(thread) == 200
    sekar.send(
        "/tutup",
        reason="answered",
        outcome="safe",
        consent="yes",
        note="Dia punya kakak di rumah.",
    )
    sekar.go("/meja")
    assert not sekar.reads(title)

    # And back: the answer and the help are there for the one who wrote.
    newcomer.look_until(thread, lambda: newcomer.reads(answer))
    assert newcomer.reads(pinned)
    assert stranger.go(thread) == 200
    assert stranger.reads(answer)
    assert not stranger.reads("Dia punya kakak di rumah.")


def see_the_queue(moderator: Person, title: str, data_dir: Path) -> None:
    """Look for the worst first, and for how long the case of a thread waits and may wait."""
    levels = levels_of_queue(moderator, data_dir)
    assert len(set(levels)) > 1
    assert levels == sorted(levels, reverse=True)
    entry = moderator.main.get_by_role("listitem").filter(has_text=title).first
    assert len(re.findall(r"\d+ [a-z]", entry.inner_text())) >= 2, "waiting time and due time"


def only_one_has_it(first: Person, second: Person, case: str) -> None:
    """Let two moderators reach for a case; one has it, the other is told who."""
    second.go(case)
    expect(second.form("/ambil")).to_be_visible()
    first.go(case)
    first.send("/ambil")
    assert first.main.locator("mark").first.is_visible()
    second.send("/ambil")
    assert second.reads(first.name)
    for act in ("ambil", "balas", "tutup"):
        assert second.main.locator(f"form[action$='/{act}']").count() == 0


def pin_first(moderator: Person) -> str:
    """Pin the first entry that is offered; return its name."""
    option = moderator.form("/sematkan").locator("[name=entry] option").first
    name = option.text_content() or ""
    moderator.send("/sematkan", entry=option.get_attribute("value") or "")
    return name


def hide_in(moderator: Person, post, action: str) -> None:
    """Hide or show one post of the case."""
    selector = f"form[action$='{action}']"
    form = post.locator(selector)
    expect(form).to_have_count(1)
    folded = post.locator("details:not([open])").filter(has=moderator.page.locator(selector))
    folded.locator("> summary").click()
    reason = form.locator("[name=reason]")
    reason.select_option(reason.locator("option").last.get_attribute("value"))
    moderator.press(form.locator("button").first)
    expect(post.locator(f"form[action$='{action}']")).to_have_count(0)


@SCRIPT
def test_a_crisis_is_held_for_trained_eyes_and_its_writer_sees_help_first(visit, javascript):
    writer = visit("phone", javascript=javascript)
    join(writer)
    thread, title = write_thread(writer, CRISIS)
    writer.look_until(thread, lambda: help_routes(writer) != [])
    assert len(help_routes(writer)) >= 2
    card = writer.main.locator("section:has(a[href='tel:119'])").first.bounding_box()
    heading = writer.main.get_by_role("heading", level=1).bounding_box()
    assert card["y"] < heading["y"], "help stands before everything else"
    assert writer.reads(CRISIS)

    other = visit("phone", javascript=javascript).sign_in("pelan-ombak-35")
    moderator = visit("desktop", javascript=javascript).sign_in("galih")
    case = find_case(moderator, title)
    assert other.go(thread) == 404
    other.go(ROOM)
    assert not other.reads(title)
    moderator.go(case)
    moderator.send("/ambil")
    subject = moderator.main.get_by_role("article").filter(has=moderator.page.locator("mark"))
    hide_in(moderator, subject, "/tampilkan")
    assert other.go(thread) == 200
    assert other.reads(CRISIS)
    moderator.send("/rujuk", service="emergency_room")
    moderator.send("/tutup", reason="referred", outcome="handed_over", consent="not_asked")
    assert moderator.path == "/meja"

    # A volunteer may read along and does not take such a case.
    volunteer = visit("desktop", javascript=javascript).sign_in("kinanti")
    volunteer.go(case)
    assert volunteer.main.locator("form[action$='/ambil']").count() == 0


def test_a_rule_counts_from_the_next_post_on_and_can_be_switched_off(visit):
    word = "".join(secrets.choice("bdgkmnprst") + secrets.choice("aiu") for _ in range(5)) + "zz"
    rule = f"uji-{word}"
    admin = visit("desktop", javascript=False).sign_in("wening")
    member = visit("phone").sign_in("tulus-lentera-46")
    stranger = visit("phone")
    before, _ = write_thread(member, f"{CALM} {word}", "/ruang/hal-kecil")
    stranger.look_until(before, lambda: stranger.reads(word))

    admin.go("/aturan")
    admin.follow('="/aturan/baru"', admin.main)
    admin.send(
        id=rule,
        patterns=word,
        language="any",
        level="amber",
        category="HOPELESS",
        reason_id="kata uji",
        reason_en="test word",
        enabled=True,
        why="untuk uji",
    )
    assert admin.path == "/aturan"
    assert admin.reads(rule)
    flagged, title = write_thread(member, f"{CALM} Lalu {word} datang.", "/ruang/hal-kecil")
    admin.look_until(f"/aturan/{rule}/kena", lambda: admin.reads(title))
    assert admin.main.get_by_role("listitem").count() == 1, "the earlier post is not flagged"
    admin.follow('^="/tulisan/"', admin.main)
    assert admin.path.split("?")[0].split("#")[0] == flagged
    case = find_case(admin, title)
    admin.go(case)
    assert word in " ".join(admin.main.locator("mark").all_text_contents())

    admin.go(f"/aturan/{rule}")
    admin.send(enabled=False, why="cukup")
    after, title = write_thread(member, f"{CALM} Sekali lagi {word}.", "/ruang/hal-kecil")
    stranger.look_until(after, lambda: stranger.reads(word))
    admin.go(f"/aturan/{rule}/kena")
    assert not admin.reads(title)
    assert admin.main.get_by_role("listitem").count() == 1


def test_a_rule_that_makes_no_sense_is_explained_and_kept(visit):
    admin = visit("desktop").sign_in("wening")
    admin.go("/aturan/baru")
    typed = {"id": "uji-salah", "patterns": "(tidak selesai", "reason_id": "a", "reason_en": "b"}
    admin.send(**typed, why="uji")
    assert admin.path == "/aturan/baru"
    for name, value in typed.items():
        assert admin.form().locator(f"[name={name}]").input_value() == value
    wrong = admin.form().locator("[aria-invalid=true]")
    assert wrong.first.get_attribute("name") == "patterns"
    described = wrong.first.get_attribute("aria-describedby") or ""
    assert all(admin.page.locator(f"#{part}").count() == 1 for part in described.split())
    assert admin.go("/aturan/uji-salah") == 404


@SCRIPT
def test_the_exit_leaves_the_site_and_ends_the_session(visit, elsewhere, javascript):
    person = visit("phone", javascript=javascript).sign_in("mungil-teko-73")
    person.go(ROOM)
    person.follow('="/keluar"', person.page.get_by_role("banner"))
    person.page.wait_for_url(elsewhere)
    person.go("/kode")
    assert person.path.startswith("/masuk")


def test_three_times_shift_leaves_too(visit, elsewhere):
    person = visit("desktop").sign_in("mungil-teko-73")
    person.go("/bantuan")
    for _ in range(3):
        person.page.keyboard.press("Shift")
    person.page.wait_for_url(elsewhere)
    person.go("/kode")
    assert person.path.startswith("/masuk")


@SCRIPT
def test_the_language_can_be_chosen_and_stays(visit, javascript):
    person = visit("phone", javascript=javascript)
    person.go(ROOM)
    root = person.page.locator("html")
    expect(root).to_have_attribute("lang", "id")
    indonesian = person.main.inner_text()
    person.press(person.page.locator("form[action='/bahasa'] button"))
    assert person.path == ROOM
    expect(root).to_have_attribute("lang", "en")
    assert person.main.inner_text() != indonesian
    person.go("/bantuan")
    expect(root).to_have_attribute("lang", "en")
    person.press(person.page.locator("form[action='/bahasa'] button"))
    expect(root).to_have_attribute("lang", "id")


@SCRIPT
def test_what_was_typed_survives_an_error_page(visit, javascript):
    person = visit("phone", javascript=javascript).sign_in("adem-melati-52")
    person.go(f"{ROOM}/tulis")
    form = person.form()
    form.locator("[name=title]").fill("Cerita panjang")
    form.locator("[name=body]").fill("Kata yang kutulis sejam.")
    # The form went stale, as after a change of the site's key.
    person.page.context.clear_cookies(name="teduh-form")
    person.press(form.locator("button:not([type=button])").first)
    assert not person.path.startswith("/utas/")
    if not person.main.locator("[name=body]").count():
        assert person.main.locator("a[href='tel:119']").count() >= 1
        person.page.go_back()
    assert person.form().locator("[name=body]").input_value() == "Kata yang kutulis sejam."


@SCRIPT
def test_an_empty_form_says_what_is_missing_and_keeps_the_rest(visit, javascript):
    person = visit("phone", javascript=javascript).sign_in("adem-melati-52")
    person.go(f"{ROOM}/tulis")
    person.send(title="", body="Kata yang kutulis sejam.")
    assert person.form().locator("[name=body]").input_value() == "Kata yang kutulis sejam."
    field = person.form().locator("[name=title]")
    assert field.get_attribute("aria-invalid") == "true"
    summary = person.main.get_by_role("alert")
    expect(summary).to_be_visible()
    if javascript:
        expect(summary).to_be_focused()
    summary.get_by_role("link").first.click()
    assert person.page.url.endswith(f"#{field.get_attribute('id')}")
