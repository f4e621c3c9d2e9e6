"""The crisis protocol, referrals, second opinions and promised contacts, in a real browser.

Each walk is done in two `WAYS`; one with the keyboard alone.
"""

import secrets
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Locator, expect

from tests.browser.people import OTHER_WAYS, WAYS, Person, choose
from tests.browser.sight import is_for_everyone
from tests.browser.test_story import CRISIS, RED, find_case, join, write_thread

SOME_TABS = 150


def staff(visit, name: str, language: str, javascript: bool) -> Person:
    person = visit("desktop", javascript=javascript).sign_in(name)
    choose(person, language)
    return person


def tick(person: Person, step: str) -> None:
    """Note a step as done."""
    selector = f"form[action$='/langkah']:has(input[value='{step}'])"
    person.press(person.main.locator(selector).locator("button"))
    expect(person.main.locator(selector)).to_have_count(0)


def tab_to(person: Person, target: Locator) -> None:
    """Go on with the Tab key until the target has the focus."""
    for _ in range(SOME_TABS):
        if target.evaluate("e => e === document.activeElement"):
            return
        person.page.keyboard.press("Tab")
    raise AssertionError(f"{target} is not reached with Tab")


def let_time_pass(data_dir: Path, title: str) -> None:
    """Make the first promised contact about a thread due now, as a day later."""
    moment = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    with closing(sqlite3.connect(data_dir / "teduh.db", timeout=20)) as database, database:
        number = database.execute(
            "SELECT follow_up.id FROM follow_up JOIN moderation_case ON case_id = moderation_case.id"
            " JOIN thread ON thread.id = thread_id WHERE title = ? ORDER BY hours LIMIT 1",
            (title,),
        ).fetchone()[0]
        database.execute("UPDATE follow_up SET due_at = ? WHERE id = ?", (moment, number))
        database.execute(
            "UPDATE job SET run_at = ? WHERE kind = 'follow_up' AND subject_id = ?",
            (moment, number),
        )


@WAYS
def test_two_people_go_through_a_crisis_and_the_contact_comes_back(  # noqa: PLR0915
    visit, data_dir, language, javascript
):
    writer = visit("phone", javascript=javascript)
    join(writer)
    _, title = write_thread(writer, CRISIS)
    sekar = staff(visit, "sekar", language, javascript)
    galih = staff(visit, "galih", language, javascript)
    case = find_case(sekar, title)
    sekar.go(case)
    sekar.send("/ambil")

    # Someone asks for company; the other one sees it on the desk and comes.
    sekar.send("/minta-teman")
    galih.go("/meja")
    calls = galih.main.get_by_role("region").filter(has=galih.page.locator("#calls-title"))
    is_for_everyone(galih)
    galih.press(calls.locator(f"a[href^='{case}']"))
    galih.send("/temani")
    assert galih.path.endswith("#protocol")
    assert galih.main.locator("form[action$='/tutup']").count() == 0
    tick(galih, "line")
    galih.send("/lini-masa", note="Nomor setempat sudah dicari.")
    is_for_everyone(galih)

    # Ready words go into the private message and into the reply, in the member's language.
    sekar.go(case)
    assert sekar.reads("Nomor setempat sudah dicari.")
    tick(sekar, "asked")
    words = sekar.page.locator("a[href*='words=make-distance']:not([href*='into=reply'])")
    sekar.main.locator("#protocol details").filter(has=words).locator("summary").click()
    sekar.press(words)
    box = sekar.form("/sapa").locator("[name=body]")
    assert "Aku ingin malam ini lebih aman" in box.input_value()
    sekar.send("/sapa", body=box.input_value() + " Sekar")
    is_for_everyone(sekar)

    # A service is named; the case ends with a state and a plan.
    sekar.send("/rujuk", service="emergency_room")
    sekar.send("/tutup", reason="referred")
    assert sekar.main.get_by_role("alert").count() == 1, "the state is asked for"
    is_for_everyone(sekar)
    sekar.send(
        "/tutup",
        reason="referred",
        outcome="handed_over",
        consent="yes",
        held="hide",
        held_reason="heavy",
    )
    assert sekar.path == "/meja"
    sekar.go(case)
    is_for_everyone(sekar)
    sekar.send("/rujuk/hasil", taken="yes")
    chosen = sekar.form("/rujuk/hasil").locator("[name=taken]")
    assert chosen.input_value() == "yes"

    # A day later it comes back, to its owner first.
    let_time_pass(data_dir, title)
    again = find_case(sekar, title)
    assert again != case
    galih.go(again)
    assert galih.main.locator("form[action$='/ambil']").count() == 0
    sekar.go(again)
    is_for_everyone(sekar)
    sekar.send("/ambil")
    assert sekar.main.locator(f"#follow-ups a[href='{case}']").count() == 1
    sekar.send("/akhiri-tindak-lanjut", why="Dia minta begitu.")
    assert sekar.main.locator("form[action$='/akhiri-tindak-lanjut']").count() == 0
    sekar.send("/tutup", reason="answered")
    assert sekar.path == "/meja"


@WAYS
def test_a_second_pair_of_eyes_sees_nothing_of_the_first(visit, language, javascript):
    writer = visit("phone", javascript=javascript)
    join(writer)
    _, title = write_thread(writer, f"{RED} {secrets.token_hex(3)}")
    galih = staff(visit, "galih", language, javascript)
    sekar = staff(visit, "sekar", language, javascript)
    laras = staff(visit, "laras", language, javascript)
    case = find_case(galih, title)
    galih.go(case)
    galih.send("/ambil")
    galih.send("/lini-masa", note="Catatan rahasia galih.")
    galih.send("/tutup", reason="no_risk", note="Alasan rahasia galih.")
    assert galih.path == "/meja"
    galih.go(case)
    assert galih.main.locator("form[action$='/ambil']").count() == 0
    is_for_everyone(galih)

    sekar.go(case)
    sekar.send("/ambil")
    for secret in ("galih", "rahasia"):
        # The list beside it names people of other cases.
        for part in (".read", ".decide"):
            assert secret not in sekar.main.locator(part).inner_html()
    is_for_everyone(sekar)
    sekar.send("/pendapat", judgement="needs_answer", note="Tolong disapa.")
    assert sekar.path == "/meja"
    sekar.go(case)
    assert sekar.reads("Alasan rahasia galih.")
    assert sekar.main.locator("form[action$='/ambil']").count() == 0

    laras.go(case)
    laras.send("/ambil")
    assert laras.reads("Alasan rahasia galih.")
    assert laras.reads("Tolong disapa.")
    is_for_everyone(laras)
    laras.send("/balas", body="Kami membaca ceritamu. Bagaimana malam ini? Laras")
    laras.send(
        "/tutup", reason="answered", outcome="unknown", consent="not_asked", declined="Uji saja."
    )
    assert laras.path == "/meja"


def test_the_protocol_with_the_keyboard_alone(visit):
    writer = visit("phone")
    join(writer)
    _, title = write_thread(writer, CRISIS)
    sekar = staff(visit, "sekar", "id", True)
    page = sekar.page
    case = find_case(sekar, title)
    for action in ("/ambil", "/minta-teman"):
        sekar.go(case)
        tab_to(sekar, sekar.form(action).locator("button"))
        page.keyboard.press("Enter")
        expect(sekar.main.locator(f"form[action$='{action}']")).to_have_count(0)
    step = sekar.main.locator("form[action$='/langkah']:has(input[value='asked'])")
    sekar.go(case)
    tab_to(sekar, step.locator("button"))
    page.keyboard.press("Space")
    expect(step).to_have_count(0)
    sekar.go(case)
    note = sekar.form("/lini-masa")
    tab_to(sekar, note.locator("textarea"))
    page.keyboard.type("Lewat papan ketik.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(sekar.main.locator("#protocol .log")).to_contain_text("Lewat papan ketik.")
    close = sekar.form("/tutup")
    tab_to(sekar, close.locator("[name=reason]").first)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(close.locator("[name=reason][value=no_risk]")).to_be_checked()
    tab_to(sekar, close.locator("button"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/meja")


@OTHER_WAYS
def test_the_writer_finds_an_answer_to_what_keeps_them(visit, language, javascript):
    writer = visit("phone", javascript=javascript)
    join(writer)
    choose(writer, language)
    thread, _ = write_thread(writer, f"{RED} {secrets.token_hex(3)}")
    barriers = writer.main.locator("details.barriers")
    writer.look_until(thread, lambda: barriers.count() == 1)
    asked = []
    writer.page.on("request", lambda request: asked.append(request.url))
    barriers.locator("> summary").click()
    reasons = barriers.locator("details")
    assert reasons.count() == 8
    reasons.first.locator("summary").click()
    expect(reasons.first.locator("p")).to_be_visible()
    assert asked == [], "opening them tells nobody"
    is_for_everyone(writer)
    other = visit("phone", javascript=javascript)
    join(other)
    other.look_until(thread, lambda: other.main.get_by_role("article").count() == 1)
    assert other.main.locator("details.barriers").count() == 0
    other.go("/bantuan")
    assert other.main.locator("details summary").count() >= 8
