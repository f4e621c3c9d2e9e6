"""The pages of shifts: beginning, ending, topics, passing, and who reads the answers."""

from forum.extensions import db
from forum.rooms.models import ContentWarning
from moderation.risk.levels import Level
from tests.factories import make_case
from tests.pages import Page, send

SHIFT_PAGE = "/meja/giliran"


def test_the_three_answers_and_the_figures_are_for_leads_alone(app, site, browser_of):
    moderator, lead = browser_of("moderator-kita"), browser_of("lead-kita")
    send(moderator, SHIFT_PAGE, action="mulai")
    send(moderator, f"{SHIFT_PAGE}/selesai", action="selesai", wished="zz-a-talk")
    assert "zz-a-talk" in Page(lead.get(f"{SHIFT_PAGE}/tim")).text
    assert moderator.get(f"{SHIFT_PAGE}/tim").status_code == 403
    assert browser_of("admin-kita").get(f"{SHIFT_PAGE}/tim").status_code == 403
    again = send(moderator, SHIFT_PAGE, action="mulai")
    assert again.status_code == 409
    assert "short while ago" in Page(again).text


def test_the_pages_offer_a_pass_a_choice_and_a_break(app, site, browser_of):
    client = browser_of("moderator-kita")
    with app.app_context():
        case = make_case(Level.AMBER)
        case.thread.warning = ContentWarning.ABUSE
        db.session.commit()
        address = f"/meja/kasus/{case.public_id}"
    send(client, SHIFT_PAGE, action="topik", topics="abuse")
    page = Page(client.get(address))
    assert "would rather not read" in page.text
    assert not [form for form in page.forms if form.action.endswith("/ambil")]
    assert send(client, address, action="tetap-ambil").status_code == 302
    assert send(client, address, action="/lepas").status_code == 302
    none = Page(client.get(SHIFT_PAGE)).form("topik").values["csrf_token"]
    client.post(f"{SHIFT_PAGE}/topik", data={"csrf_token": none})
    assert "/bukan-ini" in client.get("/meja").get_data(as_text=True)
    send(client, address, action="bukan-ini")
    assert f"{address}/ambil" not in client.get("/meja").get_data(as_text=True)
