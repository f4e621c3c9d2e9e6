"""The sum that a stormed door asks for, done by real browsers on a site of its own."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect
from sqlalchemy import select

from forum.accounts.models import Member
from forum.extensions import db
from tests.browser.people import Person
from tests.browser.sight import is_for_everyone
from tests.browser.test_story import join
from tests.web_server import web_server

# What the database does at a stormed door, tests/forum/test_proof.py tries on both.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True, scope="session")


@pytest.fixture
def door(app, settings, chromium: Browser, tmp_path) -> Iterator[Callable[..., Person]]:
    """Return a function that lets a person come to a site whose doors one sign-up storms."""
    contexts: list[BrowserContext] = []
    people: list[Person] = []
    variables = {"TEDUH_PROOF_JOINS": "1", "TEDUH_PROOF_FAILURES": "1", "TEDUH_WEB_WORKERS": "1"}
    with web_server(settings, tmp_path, **variables) as port:

        def come(host: str = "localhost", **options: object) -> Person:
            contexts.append(
                chromium.new_context(base_url=f"http://{host}:{port}", locale="id-ID", **options)
            )
            people.append(Person(contexts[-1].new_page()))
            return people[-1]

        yield come
        complaints = [line for person in people for line in person.complaints]
        for context in contexts:
            context.close()
    assert complaints == []


def unproven(app) -> dict[str, bool]:
    with app.app_context():
        rows = db.session.execute(select(Member.pseudonym, Member.is_unproven)).all()
        db.session.rollback()
    return {row[0]: row[1] for row in rows}


def test_a_browser_does_the_sum_and_who_has_no_scripts_joins_too(app, door):
    calm = join(door())
    busy = door()
    busy.go("/gabung")
    status = busy.main.locator("[data-proof-status]")
    is_for_everyone(busy)
    expect(status).to_have_text("Perambanmu sudah siap.")
    assert busy.form().locator("[name=proof]").input_value()
    proven = join(busy)
    assert not busy.reads("relawan membaca tulisan pertamamu")
    plain = door(java_script_enabled=False)
    without = join(plain)
    assert plain.reads("relawan membaca tulisan pertamamu")
    assert unproven(app) == {calm: False, proven: False, without: True}


def test_who_sends_before_the_sum_is_done_waits_and_is_sent_on(app, door):
    join(door())
    quick = door()
    # A slow telephone: each try takes its time.
    quick.page.add_init_script(
        "const derive = SubtleCrypto.prototype.deriveBits;"
        "SubtleCrypto.prototype.deriveBits = async function (...of) {"
        "  await new Promise((go) => setTimeout(go, 4));"
        "  return derive.apply(this, of);"
        "};"
    )
    quick.go("/gabung")
    form = quick.form()
    form.locator("[name=passphrase]").fill("payung biru di halte")
    name = form.locator("[name=pseudonym]").input_value()
    form.locator("[name=adult]").check()
    form.locator("[name=agreement]").check()
    form.locator("button:not([type=button])").first.click()
    expect(quick.main.locator("[data-proof-status]")).to_have_text(
        "Sebentar lagi. Nanti lanjut sendiri."
    )
    expect(quick.main.locator("ol.codes")).to_be_visible()
    assert unproven(app)[name] is False


def test_where_a_browser_does_no_sums_the_form_works_all_the_same(app, door):
    """As over plain HTTP, where `crypto.subtle` is not there."""
    join(door())
    bare = door()
    bare.page.add_init_script(
        "Object.defineProperty(Crypto.prototype, 'subtle', {value: undefined})"
    )
    name = join(bare)
    assert bare.reads("relawan membaca tulisan pertamamu")
    assert unproven(app)[name] is True


def test_signing_in_during_a_storm(app, door):
    joiner = door()
    name = join(joiner)
    for _ in range(2):
        knocker = door()
        knocker.go("/masuk")
        knocker.send(pseudonym=name, passphrase="bukan yang ini")
    for _ in range(5):
        # More often than a household may without the sum.
        person = door()
        person.go("/masuk")
        expect(person.main.locator("[data-proof-status]")).to_have_text("Perambanmu sudah siap.")
        person.send(pseudonym=name, passphrase="payung biru di halte")
        assert person.path == "/"
