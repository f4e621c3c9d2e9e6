"""The pages of alerts: who sees what, who may stop what, and that no address is shown."""

from pydantic import SecretStr
from sqlalchemy import select

from forum.extensions import db
from forum.targets import Rung, Target
from moderation.alerts.climbing import look
from moderation.alerts.models import Alert, AlertDelivery, DeliveryState, Kind
from moderation.audit.models import AuditEntry
from moderation.cases.models import Case
from tests.factories import make_thread, scan_all
from tests.pages import Page, send

PAGE = "/meja/siaga"
SHIFT_PAGE = "/meja/giliran"
TARGETS = (
    Target(Rung.ON_CALL, SecretStr("ntfys://ntfy.example.org/zz-topic-secret")),
    Target(Rung.ADMINS, SecretStr("json://user:zz-password@hook.example.org/zz-path")),
)
SECRETS = ("zz-topic-secret", "zz-password", "zz-path", "example.org")


def raise_crisis() -> str:
    make_thread(body="zzcrisis", title="zz-title")
    scan_all()
    look()
    db.session.commit()
    return db.session.scalar(select(Alert.public_id).where(Alert.kind == Kind.CASE))


def test_seeing_an_alert_on_the_page_stops_it_and_is_written_down(app, site, browser_of):
    with app.app_context():
        alert_id = raise_crisis()
    client = browser_of("moderator-kita")
    page = Page(client.get(PAGE))
    assert "zz-title" not in page.text
    assert "nobody has taken this case" in page.text
    send(client, PAGE, action=f"{alert_id}/lihat")
    again = Page(client.get(PAGE))
    assert "seen by moderator-kita" in again.text
    with app.app_context():
        alert = db.session.scalar(select(Alert).where(Alert.public_id == alert_id))
        assert alert.acknowledged_at is not None
        entry = db.session.scalar(select(AuditEntry).where(AuditEntry.action == "see_alert"))
        assert (entry.subject_kind, entry.subject_id) == ("alert", alert.id)


def test_a_volunteer_sees_it_and_cannot_stop_it(app, site, browser_of):
    with app.app_context():
        alert_id = raise_crisis()
    client = browser_of("volunteer-kita")
    page = Page(client.get(PAGE))
    assert not [form for form in page.forms if alert_id in form.action]
    token = page.form("keluar-akun").values["csrf_token"]
    answer = client.post(f"{PAGE}/{alert_id}/lihat", data={"csrf_token": token})
    assert answer.status_code == 403
    with app.app_context():
        assert db.session.scalar(select(Alert.acknowledged_at)) is None


def test_an_alert_that_has_ended_is_answered_kindly(app, site, browser_of):
    with app.app_context():
        alert_id = raise_crisis()
    client = browser_of("moderator-kita")
    form = Page(client.get(PAGE)).form(f"{alert_id}/lihat")
    with app.app_context():
        db.session.execute(db.update(Case).values(state="closed"))
        db.session.commit()
        look()
        db.session.commit()
    answer = client.post(form.action, data=form.values, follow_redirects=True)
    assert "has ended already" in Page(answer).text


def test_the_page_of_alerts_says_who_is_on_duty(app, site, browser_of):
    client = browser_of("lead-kita")
    assert "Nobody is on duty" in Page(client.get(PAGE)).text
    send(client, SHIFT_PAGE, action="mulai")
    assert "1 person is on duty" in Page(client.get(PAGE)).text
    assert "You are on duty." in Page(client.get(PAGE)).text
    send(client, f"{SHIFT_PAGE}/selesai", action="selesai")
    assert "Nobody is on duty" in Page(client.get(PAGE)).text
    with app.app_context():
        duty = AuditEntry.action.like("%duty")
        actions = select(AuditEntry.action).where(duty).order_by(AuditEntry.id)
        assert list(db.session.scalars(actions)) == ["go_on_duty", "leave_duty"]


def test_targets_are_shown_without_their_addresses_and_can_be_tried(
    app, site, browser_of, monkeypatch
):
    monkeypatch.setitem(app.config, "ALERT_TARGETS", TARGETS)
    client = browser_of("lead-kita")
    shown = client.get(f"{PAGE}/tujuan")
    for secret in SECRETS:
        assert secret not in shown.get_data(as_text=True)
    page = Page(shown)
    assert f"ntfys://… {TARGETS[0].key}" in page.text
    # The desk has none of its own.
    assert "Messages go to the targets of: To everyone on call" in page.text
    send(client, f"{PAGE}/tujuan", action=TARGETS[1].key)
    with app.app_context():
        (delivery,) = db.session.scalars(select(AlertDelivery)).all()
        assert (delivery.is_test, delivery.target) == (True, TARGETS[1].key)
        delivery.state, delivery.last_error = DeliveryState.FAILED, "timed_out"
        delivery.attempts = 8
        db.session.commit()
        latest = select(AuditEntry.action).order_by(AuditEntry.id.desc()).limit(1)
        assert db.session.scalar(latest) == "try_alert"
    text = Page(client.get(f"{PAGE}/tujuan")).text
    assert "failed: the target did not answer in time, tried 8 times" in text


def test_without_targets_the_page_says_that_nobody_is_told(app, site, browser_of):
    text = Page(browser_of("admin-kita").get(f"{PAGE}/tujuan")).text
    assert "No target is set. Nobody outside Teduh is told." in text
    assert "No outside heartbeat is set." in text


def test_the_pages_have_a_bounded_number_of_statements(app, site, browser_of, monkeypatch):
    client = browser_of("moderator-kita")
    statements: list[str] = []
    with app.app_context():
        for _ in range(3):
            make_thread(body="zzcrisis")
        scan_all()
        look()
        db.session.commit()

        def count(conn, cursor, statement, *_: object) -> None:
            statements.append(statement)

        db.event.listen(db.engine, "before_cursor_execute", count)
        try:
            client.get(PAGE)
            few = len(statements)
            for _ in range(20):
                make_thread(body="zzcrisis")
            scan_all()
            look()
            db.session.commit()
            statements.clear()
            client.get(PAGE)
        finally:
            db.event.remove(db.engine, "before_cursor_execute", count)
    assert len(statements) <= few
