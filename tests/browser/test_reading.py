"""How people read on a phone: topics they leave out, a sign, a draft, an answer to one post."""

from playwright.sync_api import expect

from tests.browser.people import Person
from tests.browser.sight import is_for_everyone
from tests.browser.test_story import SCRIPT, join

ROOM = "/ruang/kehilangan"
WORDS = "Sudah setahun ibu pergi, dan aku masih menyimpan cangkirnya."


def write_about_grief(person: Person) -> str:
    """Write a thread with a content warning; return its address."""
    person.go(f"{ROOM}/tulis")
    person.send(title="Cangkir ibu", body=WORDS, warning="grief", wish="listen")
    assert person.path.startswith("/utas/")
    return person.path.split("?")[0]


def is_listed(person: Person, thread: str) -> bool:
    person.go(ROOM)
    return person.main.locator(f"a[href^='{thread}']").count() == 1


@SCRIPT
def test_a_member_chooses_how_topics_are_met(visit, javascript):
    writer, reader = (visit("phone", javascript=javascript) for _ in range(2))
    join(writer)
    thread = write_about_grief(writer)
    join(reader)
    reader.look_until(ROOM, lambda: is_listed(reader, thread))
    reader.go(thread)
    words = reader.main.get_by_text(WORDS)
    expect(words).to_be_hidden()
    expect(reader.main.get_by_text("ingin didengar").first).to_be_visible()
    is_for_everyone(reader)
    # A sign without words, from the folded post too.
    reader.press(reader.main.get_by_role("button", name="Aku dengar kamu", exact=True))
    pressed = reader.main.get_by_role("button", name="✓ Aku dengar kamu")
    expect(pressed).to_have_attribute("aria-pressed", "true")

    reader.go("/akun")
    reader.follow('="/akun/topik"', reader.main)
    is_for_everyone(reader)
    reader.send(grief="left_out")
    assert not is_listed(reader, thread)
    assert reader.reads("tidak ada di daftar ini")
    is_for_everyone(reader)
    reader.follow('="/akun/topik"', reader.main)
    assert reader.form().locator("[name=grief]").input_value() == "left_out"
    reader.send(grief="open")
    assert is_listed(reader, thread)
    reader.go(thread)
    expect(words).to_be_visible()

    writer.go(thread)
    assert writer.reads("“Aku dengar kamu”")
    # An answer to this very post, kept first and sent later.
    reader.follow(f'^="{thread}?kutip="', reader.main)
    reply = reader.form("/balas")
    expect(reader.main.locator("section blockquote")).to_contain_text("cangkirnya")
    reply.locator("[name=body]").fill("Aku baca pelan-pelan.")
    reader.press(reply.locator("button[value=draft]"))
    expect(reader.form("/balas").locator("[name=body]")).to_have_value("Aku baca pelan-pelan.")
    is_for_everyone(reader)
    reader.send("/balas")
    expect(reader.form("/balas").locator("[name=body]")).to_have_value("")
    writer.look_until(ROOM, lambda: writer.reads("ada jawaban baru"))
    writer.follow(f'^="{thread}/baru"', writer.main)
    assert writer.reads("Baru sejak kamu terakhir di sini")


def test_an_answer_that_diagnoses_is_asked_kindly_once(visit):
    person = visit("phone", javascript=False)
    join(person)
    person.go("/ruang/hal-kecil")
    person.follow('^="/utas/"', person.main)
    thread = person.path.split("?")[0]
    person.send("/balas", body="Menurutku kamu bipolar, berhenti minum obatnya saja.")
    assert person.reads("menyebut diagnosis")
    is_for_everyone(person)
    person.send(f"{thread}/balas")
    assert person.path.startswith("/utas/")
    assert person.reads("Menurutku kamu bipolar")
