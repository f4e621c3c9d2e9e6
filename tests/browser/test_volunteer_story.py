"""A volunteer on a phone, from the application to the first case and what a colleague says of it.

Once in Indonesian with JavaScript, once in English without it.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import expect

from moderation.training import lessons
from tests.browser.people import WAYS, Person, choose
from tests.browser.sight import is_for_everyone
from tests.browser.test_story import find_case, join, write_thread

AMBER = "Sudah berbulan-bulan aku merasa jadi beban buat semua orang. Capek banget rasanya."
MOTIVATION = "Aku pernah ditemani di sini, dan ingin ikut menemani."
FEEDBACK = "Pertanyaanmu hangat dan cuma satu."


@pytest.fixture
def come(visit, language, javascript) -> Callable[[str], Person]:
    """Return a function that lets one of the demo people come, in this test's language."""

    def open_as(pseudonym: str) -> Person:
        person = visit("phone", javascript=javascript).sign_in(pseudonym)
        choose(person, language)
        return person

    return open_as


def take_lessons(person: Person) -> None:
    """Answer every lesson and practice case as agreed."""
    for lesson in lessons.lessons():
        address = f"/pelatihan/{lesson.module.value}"
        person.go(address)
        person.follow(f'="{address}/uji"', person.main)
        right = {
            question.key: next(choice.key for choice in question.choices if choice.is_right)
            for question in lesson.questions
        }
        person.send(**right)
        expect(person.main.get_by_role("status")).to_be_visible()
    for case in lessons.practice().cases:
        person.go(f"/pelatihan/latihan/{case.key}")
        chosen = {
            name: next(choice.key for choice in question.choices if choice.is_right)
            for name, question in (("reply", case.reply), ("step", case.step))
        }
        person.send(level=case.level.word, **chosen)
        expect(person.main.get_by_role("status")).to_be_visible()


def give_word(person: Person, name: str) -> None:
    """Give one's word for somebody who learns."""
    person.go("/meja/relawan")
    entry = person.main.get_by_role("listitem").filter(has_text=name)
    button = entry.locator("form[action='/meja/relawan/kata'] button")
    person.press(button)


def look_at_first_decision(person: Person, name: str) -> None:
    """Say of the first decision of somebody new how one sees it."""
    person.go("/meja/teman")
    first = person.main.get_by_role("listitem").filter(has_text=name).first
    first.locator("summary").click()
    first.locator("[name=verdict][value=confirmed]").check()
    first.locator("[name=feedback]").fill(FEEDBACK)
    person.press(first.locator("form button"))


@WAYS
def test_from_an_application_to_the_first_case(visit, come, data_dir, language, javascript):
    newcomer = visit("phone", javascript=javascript)
    name = join(newcomer)
    choose(newcomer, language)
    newcomer.follow('="/relawan"')
    newcomer.send("/relawan", motivation="", adult=True)
    is_for_everyone(newcomer)
    newcomer.send(
        "/relawan",
        motivation=MOTIVATION,
        times="Selasa malam",
        languages="Indonesia",
        adult=True,
        limits=True,
    )
    expect(newcomer.main.locator("form[action='/relawan/batal']")).to_be_visible()
    assert newcomer.go("/pelatihan") == 403

    lead = come("laras")
    lead.go("/meja/relawan")
    lead.press(lead.main.get_by_role("link", name=name))
    assert lead.reads(MOTIVATION)
    is_for_everyone(lead)
    lead.send("/jawab", outcome="welcome", words="Selamat datang.")

    newcomer.go("/pemberitahuan")
    newcomer.follow('^="/pemberitahuan/"', newcomer.main)
    assert newcomer.reads("Selamat datang.")
    newcomer.follow('="/pelatihan"', newcomer.main)
    newcomer.go("/pelatihan/listening/uji")
    newcomer.send()
    is_for_everyone(newcomer)
    take_lessons(newcomer)
    is_for_everyone(newcomer)

    give_word(lead, name)
    assert newcomer.go("/meja") == 403
    give_word(come("wening"), name)

    # The role ends the sessions: they sign in again.
    newcomer.go("/masuk")
    newcomer.send(pseudonym=name, passphrase="payung biru di halte")
    newcomer.go("/meja/jadwal")
    is_for_everyone(newcomer)

    writer = visit("phone", javascript=javascript)
    join(writer)
    thread, title = write_thread(writer, AMBER)
    case = find_case(newcomer, title)
    newcomer.go(case)
    newcomer.send("/ambil")
    newcomer.send("/balas", body="Aku baca pelan-pelan. Bagian mana yang paling berat?")
    newcomer.send("/tutup", reason="answered", note="Sudah dijawab.")
    writer.look_until(thread, lambda: writer.reads("Aku baca pelan-pelan"))

    look_at_first_decision(lead, name)
    newcomer.go("/meja/teman")
    assert newcomer.reads(FEEDBACK)
    is_for_everyone(newcomer)
    assert refuses_the_expired(newcomer, data_dir, name)


def refuses_the_expired(person: Person, data_dir: Path, name: str) -> bool:
    """Let one certificate end, and return whether the desk then leads to its lesson."""
    with closing(sqlite3.connect(data_dir / "teduh.db")) as database, database:
        database.execute(
            "UPDATE certificate SET expires_at = '2020-01-01 00:00:00.000000' "
            "WHERE module = 'ethics' AND member_id = "
            "(SELECT id FROM member WHERE pseudonym = ?)",
            [name],
        )
    person.go("/meja")
    is_for_everyone(person)
    return person.main.locator("a[href='/pelatihan/ethics']").count() == 1
