"""A name for one room, some distance from another, and two names, as people meet them."""

import pytest
from playwright.sync_api import expect

from tests.browser.people import Person
from tests.browser.sight import is_for_everyone
from tests.browser.test_story import find_case, join, write_thread

SCRIPT = pytest.mark.parametrize("javascript", [True, False], ids=["script", "no-script"])
FIRST, SECOND = "/ruang/rasa-hampa", "/ruang/hal-kecil"
CALM = "Hari ini aku menyiram tanaman dan mendengar hujan."
AMBER = "Aku capek banget, rasanya nggak ada harapan lagi."


def write_under_another_name(person: Person, room: str, body: str) -> tuple[str, str, str]:
    """Write under the suggested name; return it, the address of the thread and its title."""
    person.go(f"{room}/tulis")
    form = person.form()
    expect(form.locator("[name=write_as][value=own]")).to_be_checked()
    name = form.locator("[name=alias]").input_value()
    title = f"Catatan {name[-8:]}"
    person.send(title=title, body=body, write_as="other")
    assert person.path.startswith("/utas/")
    return name, person.path.split("?")[0], title


@SCRIPT
def test_a_name_for_one_room(visit, javascript):
    person = visit("phone", javascript=javascript)
    own = join(person)
    plain, _ = write_thread(person, CALM, FIRST)
    person.go(f"{FIRST}/tulis")
    assert person.reads(f"Di sini kamu menulis sebagai {own}")
    person.go(f"{SECOND}/tulis")
    is_for_everyone(person)
    alias, hidden, _ = write_under_another_name(person, SECOND, CALM)
    assert not set(alias.split("-")) & set(own.split("-"))
    assert person.reads(f"Di sini kamu menulis sebagai {alias}")
    is_for_everyone(person)
    person.go("/akun")
    assert person.reads(alias)
    is_for_everyone(person)

    reader = visit("phone", javascript=javascript)
    reader.look_until(hidden, lambda: reader.names(alias))
    assert not reader.names(own)
    reader.go(SECOND)
    assert reader.names(alias)
    assert not reader.names(own)
    reader.go(plain)
    assert reader.names(own)
    assert not reader.names(alias)


@SCRIPT
def test_a_refused_name_keeps_what_was_written(visit, javascript):
    person = visit("phone", javascript=javascript)
    own = join(person)
    person.go(f"{SECOND}/tulis")
    person.send(title="Judulku", body=CALM, write_as="other", alias=f"{own.split('-')[0]}-lain-12")
    assert person.reads("Ini mirip namamu yang lain")
    form = person.form()
    assert form.locator("[name=body]").input_value() == CALM
    expect(form.locator("[name=write_as][value=other]")).to_be_checked()
    is_for_everyone(person)


def test_some_distance(visit):
    loud, quiet = visit("phone"), visit("phone")
    name = join(loud)
    thread, _ = write_thread(loud, CALM, FIRST)
    join(quiet)
    mine, _ = write_thread(quiet, CALM, FIRST)
    quiet.look_until(thread, lambda: quiet.names(name))
    quiet.follow('$="/jarak"', quiet.main)
    is_for_everyone(quiet)
    quiet.send(kind="block")
    assert not quiet.names(name), "their threads leave the list"
    quiet.go(thread)
    fold = quiet.main.locator("article details > summary")
    expect(fold).to_contain_text("tidak membaca nama ini")
    is_for_everyone(quiet)
    assert loud.go(mine) == 404
    quiet.go("/akun")
    is_for_everyone(quiet)
    quiet.send("/akun/jarak")
    assert loud.go(mine) == 200


def test_the_question_of_two_names(visit):
    person = visit("phone")
    own = join(person)
    _, first = write_thread(person, AMBER, FIRST)
    alias, _, second = write_under_another_name(person, SECOND, AMBER)
    laras = visit("desktop").sign_in("laras")
    wening = visit("desktop").sign_in("wening")
    cases = [find_case(laras, title) for title in (first, second)]
    laras.go(cases[0])
    assert laras.names(own)
    assert not laras.main.locator(".read").get_by_text(alias).count()
    is_for_everyone(laras)
    laras.send("/satu-orang", other=cases[1], ground="danger", known="Dia menjawab di sana.")
    wening.go("/meja/satu-orang")
    is_for_everyone(wening)
    wening.press(wening.main.locator("form:has(input[value=allow]) button").first)
    expect(wening.main.get_by_text("diizinkan oleh wening")).to_be_visible()
    laras.go("/meja/satu-orang")
    laras.press(laras.main.locator("form[action$='/jawaban'] button").first)
    expect(laras.main.get_by_role("status")).to_contain_text("Ini satu orang.")
    is_for_everyone(laras)
