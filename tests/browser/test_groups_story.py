"""A weekly group from its beginning to the feedback after a session, on a phone."""

from datetime import datetime

import pytest
from playwright.sync_api import expect

from forum.accounts.models import Zone
from tests.browser.people import Person, choose
from tests.browser.sight import is_for_everyone
from tests.browser.test_story import join

HELLO = "Halo, aku duduk di pojok dulu ya."
ANSWER = "Pojoknya cukup untuk berdua."
WELCOME = "Selamat datang. Hari ini kita pelan-pelan."


def begin_group(admin: Person) -> str:
    """Begin a group that sekar leads; return its address."""
    admin.go("/meja/kelompok")
    admin.follow('="/meja/kelompok/baru"', admin.main)
    is_for_everyone(admin)
    admin.send(
        name_id="Teman duduk",
        name_en="Sitting together",
        topic_id="Untuk yang ingin duduk bersama.",
        topic_en="For those who would like to sit together.",
        capacity="8",
        keeping="erase",
        facilitators="sekar",
    )
    assert admin.path.startswith("/meja/kelompok/")
    is_for_everyone(admin)
    return admin.path.removeprefix("/meja")


def plan_session(lead: Person, group: str) -> None:
    """Plan a session each week, which begins in this minute."""
    lead.go(f"/meja{group}")
    this_minute = datetime.now(Zone.WIB.tz)
    lead.send(
        "/jadwal",
        day=this_minute.date().isoformat(),
        hour=this_minute.strftime("%H:%M"),
        minutes="60",
        is_weekly=True,
        welcome=WELCOME,
    )
    is_for_everyone(lead)


def come_in(person: Person, group: str) -> str:
    """Join the group and go to its open session; return the session's address."""
    person.go(group)
    is_for_everyone(person)
    person.send("/gabung", agreed=True)
    is_for_everyone(person)
    person.follow('^="/pertemuan/"', person.main)
    assert person.reads(WELCOME)
    return person.path


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no-script"])
def test_a_weekly_group_from_creation_to_feedback(visit, javascript):
    def phone() -> Person:
        return visit("phone", javascript=javascript)

    group = begin_group(phone().sign_in("wening"))
    lead = phone().sign_in("sekar")
    plan_session(lead, group)

    first, second = phone(), phone().sign_in("pelan-ombak-35")
    join(first)
    session = come_in(first, group)
    assert come_in(second, group) == session

    first.send("/kata", body=HELLO)
    if javascript:
        # It comes by itself, and nothing that is being typed is lost.
        second.main.locator("textarea").fill(ANSWER)
        second.page.evaluate("document.activeElement.blur()")
        expect(second.main.get_by_text(HELLO)).to_be_visible(timeout=20_000)
        assert second.main.locator("textarea").input_value() == ANSWER
    else:
        second.look_until(session, lambda: second.reads(HELLO))
    second.send("/kata", body=ANSWER)
    is_for_everyone(second)
    second.send("/tangan")

    lead.look_until(session, lambda: lead.reads("pelan-ombak-35") and lead.reads(ANSWER))
    is_for_everyone(lead)
    lead.send("/langkah", step="round")
    choose(first, "id")
    first.look_until(session, lambda: first.reads("Putaran kabar"))
    word = lead.main.locator("form[action*='/giliran/'] button")
    lead.press(word.first)
    expect(lead.main.locator("form[action*='/giliran/']")).to_have_count(0)
    lead.send("/tutup")

    first.look_until(session, lambda: first.main.locator("form[action$='/bagaimana']").count() > 0)
    is_for_everyone(first)
    first.send("/bagaimana", heard="yes", safe="some")
    first.go(session)
    expect(first.main.locator("form[action$='/bagaimana']")).to_have_count(0)
    assert first.reads(HELLO)

    lead.go(f"/meja{group}")
    lead.send("/catatan", body="Dua orang, pelan, temanya duduk bersama.")
    is_for_everyone(lead)
    # Next week stands already.
    assert first.go(group) == 200
    assert first.main.locator("a[href^='/pertemuan/']").count() == 2

    # A stranger finds nothing of it.
    stranger = phone().sign_in("riang-payung-81")
    assert stranger.go(session) == 404
    assert not stranger.reads(HELLO)
