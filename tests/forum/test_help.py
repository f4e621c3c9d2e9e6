"""The help directory: what fits, what expires, what is silent; the copy; the way to professionals."""

import gzip
import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from forum.accounts.models import Member
from forum.clock import now
from forum.extensions import db
from forum.help.hours import is_now
from forum.help.models import Display, HelpEntry, HelpSilence
from forum.help.operations import add_starter_entries, forget_silences, note_silence
from forum.help.queries import (
    Wanted,
    crisis_entries,
    directory,
    directory_file,
    find_entry,
    has_source,
    matching,
    next_after,
    silent_entries,
)
from forum.help.regions import ABROAD, PROVINCES, REGIONS
from moderation.audit.models import Action, AuditEntry
from moderation.directory.lines import (
    BadLine,
    read_channels,
    read_sources,
    write_channels,
    write_sources,
)
from tests.factories import form_of
from tests.pages import Page, csrf_token

LIMIT = 6 * 1024
PAGES = ("/bantuan", "/bantuan/ragu", "/rujukan", "/rujukan/puskesmas", "/batas")


@pytest.fixture
def entries(app) -> None:
    """The directory that every site begins with."""
    with app.app_context():
        add_starter_entries(directory_file()["entries"])
        db.session.commit()


def found(**asked: object) -> set[str]:
    return {one.entry.slug for one in matching(directory(), Wanted(**asked))}


def entry_of(slug: str) -> HelpEntry:
    return db.session.scalars(select(HelpEntry).where(HelpEntry.slug == slug)).one()


# What is shown


def test_no_line_is_shown_without_a_source_and_a_date(app, entries):
    with app.app_context():
        for one in directory():
            assert one.entry.sources, one.entry.slug
            assert one.entry.verified_on or any(
                source.get("date") or source.get("read") for source in one.entry.sources
            ), one.entry.slug
        entry = entry_of("sapa-129")
        entry.sources = []
        assert not has_source(entry)
        db.session.flush()
        assert "sapa-129" not in found()
        entry.sources = [{"publication": "somebody", "date": None}]
        db.session.flush()
        assert "sapa-129" not in found()
        entry.verified_on = now().date()
        db.session.flush()
        assert "sapa-129" in found()


def test_held_entries_and_wrong_numbers_are_never_shown(app, entries, client):
    page = client.get("/bantuan").get_data(as_text=True)
    assert "TePSA" not in page
    for wrong in directory_file()["known_wrong"]:
        if re.fullmatch(r"[\d -]+", wrong["value"]):
            assert wrong["value"] not in page


def test_communities_are_communities_and_never_on_a_card(app, entries, client):
    with app.app_context():
        communities = [one.entry for one in directory() if one.entry.kind == "community"]
        assert {entry.slug for entry in communities} >= {
            *("into-the-light-indonesia", "sehat-jiwa-indonesia", "befrienders-indonesia"),
            *("ruang-pulih", "into-the-light-bandung-jakarta"),
        }
        for entry in communities:
            assert entry.never_crisis
            entry.display, entry.verified_on = Display.CRISIS_CARD, now().date()
        db.session.flush()
        assert crisis_entries() == []
        db.session.rollback()
    page = client.get("/bantuan", headers={"Accept-Language": "en"}).get_data(as_text=True)
    assert page.index("Communities, for company") < page.index("Ruang Pulih")


# Asking for something


@pytest.mark.parametrize(
    ("asked", "there", "missing"),
    [
        ({"need": "violence"}, {"sapa-129"}, {"healing119", "samaritans-uk"}),
        ({"language": "en"}, {"bisa-helpline", "samaritans-uk"}, {"sapa-129"}),
        ({"way": "phone"}, {"medis-119", "sapa-129"}, {"igd-terdekat", "puskesmas"}),
        ({"way": "chat"}, {"sapa-129", "bisa-helpline"}, {"medis-119"}),
        ({"way": "visit"}, {"igd-terdekat", "puskesmas"}, {"medis-119"}),
        ({"region": "jakarta"}, {"darurat-112", "medis-119"}, {"samaritans-uk"}),
        ({"region": "aceh"}, {"medis-119"}, {"darurat-112", "samaritans-uk"}),
        ({"region": "lain"}, {"medis-119"}, {"darurat-112", "samaritans-uk"}),
        ({"region": "gb"}, {"samaritans-uk", "befrienders-worldwide"}, {"medis-119", "sapa-129"}),
        ({"open_now": True}, {"sapa-129", "jakcare"}, {"puskesmas", "healing119"}),
        ({}, {"medis-119", "samaritans-uk"}, {"darurat-112"}),
    ],
)
def test_the_list_narrows_to_what_fits(app, entries, asked, there, missing):
    with app.app_context():
        slugs = found(**asked)
    assert there <= slugs
    assert not missing & slugs


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?butuh=violence&daerah=jakarta&lewat=phone&buka=1",
        "?daerah=us&butuh=children",
        "?daerah=nowhere&lewat=pigeon&butuh=zz&bahasa=tlh&setelah=zz",
        "?setelah=sapa-129",
        "?butuh=learning&buka=1&bahasa=en",
    ],
)
def test_there_is_always_an_open_route(entries, client, query):
    page = Page(client.get(f"/bantuan{query}"))
    assert page.status == 200
    assert "tel:119" in page.links


def test_an_empty_directory_leaves_the_floor(client):
    for address in (*PAGES, "/bantuan/luring/id", "/rujukan/telepon", "/bantuan?setelah=zz"):
        page = Page(client.get(address))
        assert "119" in page.text, address
        assert page.status == 200


def test_links_dial_text_and_write(app, entries, client):
    with app.app_context():
        entry = entry_of("sapa-129")
        entry.channels = [
            {"type": "phone", "value": "119 ext 8", "confidence": "press"},
            {"type": "sms", "value": "0812-000-111", "confidence": "press"},
            {"type": "whatsapp", "value": "0811 3855 472", "confidence": "press"},
            {"type": "chat", "value": "chat.example.id/mulai", "confidence": "press"},
        ]
        db.session.commit()
    links = Page(client.get("/bantuan")).links
    for link in (
        "tel:119",
        "sms:0812000111",
        "https://wa.me/628113855472",
        "https://chat.example.id/mulai",
    ):
        assert link in links


def test_hours_are_of_jakarta_and_may_pass_midnight():
    with time_machine.travel("2026-11-23T01:30:00+00:00", tick=False):  # 08.30 WIB
        assert is_now("08:00-20:00")
        assert not is_now("20:00-04:00")
    with time_machine.travel("2026-11-23T20:30:00+00:00", tick=False):  # 03.30 WIB
        assert is_now("20:00-04:00")


# What grows old, and what does not answer


def test_an_entry_that_nobody_checked_lately_comes_down_and_leaves_the_card(app, entries, client):
    with app.app_context():
        for slug in ("healing119", "jakcare", "sapa-129"):
            entry_of(slug).verified_on = now().date()
        db.session.commit()
        assert [entry.slug for entry in crisis_entries()] == ["healing119", "jakcare"]
        first = [one.entry.slug for one in directory()]
        assert set(first[:3]) == {"healing119", "jakcare", "sapa-129"}
    with time_machine.travel(now() + timedelta(days=31)), app.app_context():
        assert crisis_entries() == []
        # Others may be three times as old.
        assert directory()[0].entry.slug == "sapa-129"
        page = client.get("/bantuan", headers={"Accept-Language": "en"}).get_data(as_text=True)
        assert "That is long ago." in page
    with time_machine.travel(now() + timedelta(days=91)), app.app_context():
        assert not any(one.is_fresh for one in directory())


def test_calls_without_an_answer_move_a_line_down_and_are_forgotten(app, entries):
    with app.app_context():
        for slug in ("healing119", "jakcare"):
            entry_of(slug).verified_on = now().date()
        line = entry_of("healing119")
        for _ in range(2):
            note_silence(line)
        assert silent_entries() == set()
        note_silence(line)
        db.session.commit()
        assert silent_entries() == {line.id}
        assert directory()[-1].entry.slug == "healing119"
        # It still stands on the card, behind the other: a silent line may answer again.
        assert [entry.slug for entry in crisis_entries()] == ["jakcare", "healing119"]
        columns = {column.name for column in HelpSilence.__table__.columns}
        assert columns == {"entry_id", "day", "times"}
    with time_machine.travel(now() + timedelta(days=1)), app.app_context():
        assert silent_entries() == set()
        for _ in range(2):
            note_silence(entry_of("healing119"))
        assert silent_entries() == {entry_of("healing119").id}
        db.session.commit()
    with time_machine.travel(now() + timedelta(days=9)), app.app_context():
        assert forget_silences() == 2
        db.session.commit()


def test_a_tap_counts_once_for_a_browser_and_leads_to_the_next_way(app, entries, client):
    token = csrf_token(client)
    for _ in range(3):
        answer = client.post(
            "/bantuan/tidak-dijawab", data={"csrf_token": token, "slug": "jakcare"}
        )
        assert answer.status_code == 302
    page = Page(client.get(answer.location, headers={"Accept-Language": "en"}))
    assert "You could try this next" in page.text
    with app.app_context():
        assert db.session.scalar(select(HelpSilence.times)) == 1
        tried = next_after("jakcare", matching(directory(), Wanted()), ["jakcare"])
        assert tried.channels
        assert tried.slug != "jakcare"
        assert not tried.never_crisis
        # Whoever tried all of them still has the floor.
        all_slugs = [one.entry.slug for one in directory()]
        assert next_after("jakcare", directory(), all_slugs) is None
    assert (
        client.post(
            "/bantuan/tidak-dijawab", data={"csrf_token": token, "slug": "no-such-line"}
        ).status_code
        == 404
    )


# Pages


@pytest.mark.parametrize("language", ["id", "en"])
def test_pages_of_help_are_small(entries, client, language):
    for address in (*PAGES, "/bantuan/luring/id", "/penjaga.js"):
        answer = client.get(address, headers={"Accept-Language": language})
        assert len(gzip.compress(answer.data, 6)) <= LIMIT, address


def test_the_copy_is_the_same_for_everybody(app, site, entries, client, browser_of):
    for language in ("id", "en"):
        address = f"/bantuan/luring/{language}"
        plain = client.get(address)
        own = browser_of("admin-kita").get(address)
        assert plain.data == own.data
        page = Page(plain)
        assert dict(page.tags)["html"]["lang"] == language
        assert "tel:119" in page.links
        assert page.forms == []
        assert "csrf" not in plain.get_data(as_text=True)
        assert not plain.headers.getlist("Set-Cookie")
    assert client.get("/bantuan/luring/tlh").status_code == 404


def test_the_keeper_changes_with_the_page_and_keeps_nothing_else(app, entries, client):
    first = client.get("/penjaga.js")
    assert first.mimetype == "text/javascript"
    assert first.headers["Cache-Control"] == "no-store"
    assert client.get("/penjaga.js").data == first.data
    kept = re.search(r"PAGES = (\{.*\});", first.get_data(as_text=True))[1]
    assert kept == '{"en": "/bantuan/luring/en", "id": "/bantuan/luring/id"}'
    with app.app_context():
        entry_of("sapa-129").note_en = "Something new."
        db.session.commit()
    assert client.get("/penjaga.js").data != first.data


def test_switched_off_it_takes_itself_away(app, entries, another_app):
    other = another_app(help_offline=False)
    client = other.test_client()
    script = client.get("/penjaga.js").get_data(as_text=True)
    assert "unregister()" in script
    assert "addAll" not in script
    for address in ("/bantuan", "/"):
        tags = [attributes for tag, attributes in Page(client.get(address)).tags if tag == "script"]
        assert tags[0].get("data-help") == "/bantuan"
        assert "data-keeper" not in tags[0]


def test_only_help_and_members_keep_a_copy(app, site, entries, client, browser_of):
    def keeps(page: Page) -> bool:
        return any("data-keeper" in attributes for _, attributes in page.tags)

    assert keeps(Page(client.get("/bantuan")))
    assert not keeps(Page(client.get("/")))
    assert keeps(Page(browser_of("member-kita").get("/")))


@pytest.mark.parametrize("address", ["/", "/ruang/ruang-uji"])
def test_the_first_page_and_rooms_say_what_teduh_is_not(app, site, client, address):
    page = Page(client.get(address, headers={"Accept-Language": "en"}))
    assert "Teduh is not therapy, not a crisis line" in page.text
    assert "/batas" in page.links


# The way to a professional


@pytest.mark.parametrize(
    ("chosen", "there"),
    [
        (("danger", ""), "Emergency room"),
        (("weeks", "aceh"), "Puskesmas or family doctor"),
        (("weeks", ""), "With BPJS to a psychiatrist"),
        (("violence", ""), "SAPA 129"),
        (("talk", "gb"), "Samaritans"),
        (("medicine", ""), "belong to the doctor who prescribed it"),
        (("danger", "jakarta"), "112"),
    ],
)
def test_a_sheet_says_where_and_how_and_keeps_no_choice(app, entries, client, chosen, there):
    before = _everything(app)
    reason, region = chosen
    values = form_of(client, "/rujukan", reason=reason, region=region)
    headers = {"Accept-Language": "en"}
    answer = client.post("/rujukan", data=values, headers=headers)
    page = Page(answer)
    assert page.status == 200
    assert there in page.text
    assert "tel:119" in page.links
    assert answer.request.full_path.rstrip("?") == "/rujukan"
    assert not answer.headers.getlist("Set-Cookie")
    assert _everything(app) == before


def _everything(app) -> list[object]:
    with app.app_context():
        return [
            tuple(row)
            for table in db.metadata.sorted_tables
            for row in db.session.execute(select(table))
        ]


def test_a_sheet_never_promises_that_insurance_pays(entries, client):
    for route in ("puskesmas", "bpjs", "igd", "telepon", "spesialis"):
        for language in ("id", "en"):
            answer = client.get(f"/rujukan/{route}", headers={"Accept-Language": language})
            text = Page(answer).text.lower()
            assert answer.status_code == 200
            for promise in ("bpjs pays", "covered by bpjs", "ditanggung", "bpjs menanggung"):
                assert promise not in text
    assert client.get("/rujukan/elsewhere").status_code == 404


def test_nothing_chosen_is_asked_for_kindly(entries, client):
    values = form_of(client, "/rujukan")
    page = Page(client.post("/rujukan", data=values, headers={"Accept-Language": "en"}))
    assert "Please choose what comes closest." in page.text


def test_a_case_names_the_sheets(app, site, entries, browser_of):
    client = browser_of("moderator-kita")
    data = {"csrf_token": csrf_token(client), "version": 1}
    client.post(f"/meja/kasus/{site.case_id}/ambil", data=data)
    links = Page(client.get(f"/meja/kasus/{site.case_id}")).links
    assert {"/rujukan/puskesmas", "/rujukan/bpjs", "/rujukan/igd"} <= set(links)


# Those who look after the list


def entry_form(client, slug: str) -> dict[str, str]:
    forms = Page(client.get(f"/meja/bantuan/{slug}")).forms
    return next(form.values for form in forms if "channels" in form.values)


def test_a_check_is_noted_with_its_person_and_day(app, site, entries, browser_of):
    client = browser_of("admin-kita")
    token = csrf_token(client)
    with app.app_context():
        note_silence(entry_of("jakcare"))
        db.session.commit()
    check = {"csrf_token": token, "outcome": "reached"}
    client.post("/meja/bantuan/jakcare/cek", data=check)
    with app.app_context():
        entry = entry_of("jakcare")
        admin = db.session.scalar(select(Member.id).where(Member.pseudonym == "admin-kita"))
        assert (entry.verified_on, entry.checked_by_id) == (now().date(), admin)
        assert db.session.scalars(select(HelpSilence)).all() == []
        assert [entry.slug for entry in crisis_entries()] == ["jakcare"]
    assert "admin-kita" in Page(client.get("/meja/bantuan")).text
    client.post("/meja/bantuan/jakcare/cek", data={**check, "outcome": "silent"})
    client.post("/meja/bantuan/jakcare/cek", data={"csrf_token": token})
    with app.app_context():
        assert crisis_entries() == []
        acts = db.session.execute(
            select(AuditEntry.action, AuditEntry.detail).order_by(AuditEntry.id)
        ).all()
    assert [(act, detail.get("outcome")) for act, detail in acts][-2:] == [
        (Action.CHECK_HELP, "reached"),
        (Action.CHECK_HELP, "not_reached"),
    ]


def test_a_changed_number_wants_a_new_check(app, site, entries, browser_of):
    client = browser_of("lead-kita")
    with app.app_context():
        entry_of("jakcare").verified_on = now().date()
        db.session.commit()
    values = entry_form(client, "jakcare")
    assert client.post("/meja/bantuan/jakcare", data=values).status_code == 302
    with app.app_context():
        assert entry_of("jakcare").verified_on == now().date(), "nothing was changed"
        assert not db.session.scalars(
            select(AuditEntry).where(AuditEntry.action == Action.EDIT_HELP)
        ).all()
    values = {**values, "channels": "phone | 0800-1500-120 | press", "regions": "jakarta"}
    assert client.post("/meja/bantuan/jakcare", data=values).status_code == 302
    with app.app_context():
        entry = entry_of("jakcare")
        assert (entry.verified_on, entry.regions) == (None, ["jakarta"])
        assert entry.channels == [
            {"type": "phone", "value": "0800-1500-120", "confidence": "press"}
        ]
        act = db.session.scalars(
            select(AuditEntry).where(AuditEntry.action == Action.EDIT_HELP)
        ).one()
        assert act.detail == {"fields": ["channels", "regions"]}


@pytest.mark.parametrize(
    "wrong",
    [
        {"sources": ""},
        {"sources": "Tribun"},
        {"sources": "Tribun | soon"},
        {"channels": "phone | 500-454 | press"},
        {"channels": "phone | call me | press"},
        {"channels": "web | javascript:alert(1) | press"},
        {"channels": 'web | https://example.id/"><script> | press'},
        {"channels": "pigeon | 119 | press"},
        {"regions": "atlantis"},
        {"topics": "zz"},
        {"daily_hours": "from nine"},
        {"never_crisis": "y"},
        {"display": "regional", "regions": ""},
        {"kind": "community", "display": "info_only"},
        {"name": ""},
    ],
)
def test_an_entry_that_makes_no_sense_is_kept_out_and_kept_typed(
    app, site, entries, browser_of, wrong
):
    client = browser_of("admin-kita")
    values = entry_form(client, "jakcare")
    answer = client.post("/meja/bantuan/jakcare", data={**values, **wrong})
    assert answer.status_code == 200
    shown = next(form for form in Page(answer).forms if "channels" in form.values).values
    assert {name: shown.get(name) for name in wrong} == wrong
    with app.app_context():
        before = next(e for e in directory_file()["entries"] if e["slug"] == "jakcare")
        assert entry_of("jakcare").channels == before["channels"]


def test_a_new_entry_is_held_until_somebody_says_otherwise(app, site, entries, browser_of):
    client = browser_of("admin-kita")
    values = entry_form(client, "baru")
    values |= {"name": "Telepon Kawan", "channels": "phone | 0800 111 | press"}
    assert client.post("/meja/bantuan/baru", data=values).status_code == 302
    again = client.post("/meja/bantuan/baru", data=values)
    assert "Telepon Kawan" in again.get_data(as_text=True)
    assert again.status_code == 200
    with app.app_context():
        assert entry_of("telepon-kawan").display is Display.HOLD
        assert find_entry("telepon-kawan") is None
    assert "Telepon Kawan" not in Page(app.test_client().get("/bantuan")).text


def test_lines_are_written_as_they_are_read():
    for entry in directory_file()["entries"]:
        assert read_channels(write_channels(entry["channels"])) == entry["channels"]
        sources = read_sources(write_sources(entry["sources"]))
        assert sources == entry["sources"], entry["slug"]
        assert set(entry.get("regions") or []) <= set(REGIONS)
    with pytest.raises(BadLine):
        read_channels("phone")


def test_there_are_38_provinces():
    assert len(PROVINCES) == 38
    assert not set(PROVINCES) & set(ABROAD)
