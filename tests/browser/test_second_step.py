"""The second step in a real browser: a passkey of a virtual key, an app without JavaScript."""

import re
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import PROFILES
from tests.browser.people import Person, choose
from tests.browser.sight import is_for_everyone
from tests.system import Run, free_port

KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A whole system that asks its staff for a second step: its address and data folder."""
    folder = tmp_path_factory.mktemp("guarded") / "data"
    run = Run(folder, free_port(), TEDUH_DEMO_FACTOR="1")
    try:
        run.wait_until_ready()
        yield f"http://localhost:{run.port}", folder
    finally:
        run.end(signal.SIGTERM)


@pytest.fixture
def come(chromium: Browser, guarded):
    """Return a function that lets a new person open that system."""
    people = []

    def open_site(profile: str = "phone", *, javascript: bool = True, locale: str = "id-ID"):
        context = chromium.new_context(
            base_url=guarded[0], java_script_enabled=javascript, locale=locale, **PROFILES[profile]
        )
        people.append(Person(context.new_page()))
        return people[-1]

    yield open_site
    complaints = [line for person in people for line in person.complaints]
    for person in people:
        person.page.context.close()
    assert complaints == []


def hand_key(person: Person, **changes: object) -> None:
    """Give a browser a key that its owner touches whenever it asks."""
    session = person.page.context.new_cdp_session(person.page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": KEY | changes})


@pytest.mark.parametrize("locale", ["id-ID", "en-GB"])
def test_a_passkey_is_made_opens_the_desk_and_lets_an_act_through(come, guarded, locale):
    name = {"id-ID": "wening", "en-GB": "galih"}[locale]
    person = come("desktop", locale=locale)
    hand_key(person)
    person.sign_in(name)
    choose(person, locale[:2])
    person.go("/meja")
    assert person.path == "/akun/langkah-kedua"
    is_for_everyone(person)
    person.form("/kunci").locator("[name=name]").fill("Laptop")
    person.main.locator("[data-passkey=make]").click()
    expect(person.main.locator(".rows strong")).to_contain_text("Laptop")
    assert person.go("/meja") == 200
    assert person.path == "/meja"

    person.press(person.page.locator("header form[action='/keluar-akun'] button"))
    person.sign_in(name)
    assert person.path.startswith("/akun/langkah-kedua/periksa")
    is_for_everyone(person)
    person.go("/meja")
    assert person.path.startswith("/akun/langkah-kedua/periksa")
    person.main.locator("[data-passkey=show]").click()
    expect(person.page).to_have_url(re.compile("/meja$"))

    if name == "wening":
        let_it_be_old(guarded[1])
        publish_a_rule(person)


def let_it_be_old(folder: Path) -> None:
    """Let everyone's second step be of an hour ago."""
    with sqlite3.connect(folder / "teduh.db") as database:
        database.execute(
            "UPDATE sign_in SET second_factor_at = datetime(second_factor_at, '-1 hour')"
        )
    database.close()


def publish_a_rule(person: Person) -> None:
    person.go("/aturan/baru")
    typed = {
        "id": "uji-kunci",
        "patterns": "zzkunci",
        "reason_id": "tanda uji",
        "reason_en": "a test",
        "positive": "zzkunci a\nb zzkunci\nzzkunci",
        "negative": "zz kun\ntenang",
        "why": "uji kunci",
    }
    person.send(**typed)
    assert person.page.locator("h1").inner_text() == "Sekali lagi, langkah kedua"
    is_for_everyone(person)
    person.main.locator("[data-passkey=show]").click()
    # The gate tries all rules first, which may take longer than `expect` waits.
    person.page.wait_for_url("**/aturan")
    person.go("/aturan/uji-kunci")
    assert person.form().locator("[name=positive]").input_value() == typed["positive"]


def test_a_key_that_does_not_know_its_owner_is_not_enough(come):
    person = come()
    hand_key(person, isUserVerified=False)
    person.sign_in("sekar")
    person.go("/meja")
    person.form("/kunci").locator("[name=name]").fill("Ponsel")
    person.main.locator("[data-passkey=make]").click()
    status = person.main.locator("[data-passkey-status]")
    expect(status).to_have_text(re.compile("Belum berhasil"))
    person.go("/meja")
    assert person.path == "/akun/langkah-kedua"


def test_a_code_app_needs_no_javascript(come):
    person = come(javascript=False)
    person.sign_in("kinanti")
    person.go("/meja")
    assert not person.main.locator("[data-passkey]").is_visible()
    person.follow('$="/aplikasi"', person.main)
    secret = person.main.locator(".secret code").inner_text().replace(" ", "")
    picture = person.main.locator(".qr svg").bounding_box()
    assert picture["width"] > 150
    person.send(code=pyotp.TOTP(secret).now())
    assert person.path == "/akun/langkah-kedua"
    person.follow('$="/meja"', person.main)
    assert person.path == "/meja"
