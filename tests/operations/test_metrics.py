"""/metrics, and the dashboard and alert rules that read it: each name there is in a real scrape."""

import json
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import event, select

from forum.clock import now
from forum.extensions import db
from forum.heartbeats import WORKER, note_heartbeat
from forum.outbox import Job
from forum.settings import load_settings
from moderation.cases.models import Case
from moderation.cases.operations import claim
from moderation.risk.levels import Level
from tests.factories import make_case, make_member, make_thread, scan_all
from tests.web_server import ask, connect, web_server

ROOT = Path(__file__).parents[2]
DASHBOARD = json.loads((ROOT / "deploy/grafana/teduh.json").read_text())
ALERTS_FILE = ROOT / "deploy/prometheus/alerts.yml"
ALERTS = yaml.safe_load(ALERTS_FILE.read_text())["groups"][0]["rules"]
RUNBOOKS = (ROOT / "docs/operating.md").read_text()
# A scrape comes four times a minute, beside everything else.
STATEMENT_LIMIT = 16


def scrape(app) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Return every sample by its name and labels."""
    answer = app.test_client().get("/metrics")
    assert answer.status_code == 200
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.get_data(as_text=True))
        for sample in family.samples
    }


def value(samples, name: str, **labels: str) -> float:
    return samples[(name, frozenset(labels.items()))]


def expressions() -> list[str]:
    """Return everything that the dashboard and the alert rules ask Prometheus."""
    asked = [target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", ())]
    return asked + [rule["expr"] for rule in ALERTS]


def test_every_name_and_label_that_is_asked_for_is_in_a_scrape(app):
    with app.app_context():
        make_thread(body="zzred")
        scan_all()
    app.test_client().get("/")
    samples = scrape(app)
    app.test_client().get("/")
    samples = scrape(app)
    labels: dict[str, set[str]] = {}
    for name, pairs in samples:
        labels.setdefault(name, set()).update(label for label, _ in pairs)
    asked = set()
    for expression in expressions():
        for name, braces in re.findall(r"(teduh_\w+)(?:\{([^}]*)\})?", expression):
            asked.add(name)
            assert name in labels, name
            for label in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", braces):
                assert label in labels[name], (name, label)
            for part in re.findall(r"by \(([^)]*)\)", expression):
                known = set().union(*(labels[n] for n in re.findall(r"teduh_\w+", expression)))
                assert {word.strip() for word in part.split(",")} <= known, expression
    assert len(asked) > 10


def test_no_label_names_a_person_or_a_place(app):
    with app.app_context():
        opening = make_thread(make_member("zzcendana"), body="zzred zzkata", title="zzjudul")
        scan_all()
        address = opening.thread.public_id
    app.test_client().get(f"/t/{address}")
    text = app.test_client().get("/metrics").get_data(as_text=True)
    for word in ("zzcendana", "zzkata", "zzjudul", address, "127.0.0.1"):
        assert word not in text


def test_figures_are_true(app, tmp_path, monkeypatch):
    monkeypatch.setitem(app.config, "BACKUP_DIR", tmp_path)
    with app.app_context():
        case = make_case(Level.RED, waited=timedelta(minutes=90))
        late = make_case(Level.CRISIS, waited=timedelta(minutes=20))
        moderator = make_member(role="moderator")
        make_thread(body="calm")
        scan_all()
        for job in db.session.scalars(select(Job)):
            job.finished_at = job.created_at + timedelta(seconds=3)
        claim(moderator, case, case.version)
        note_heartbeat(WORKER)
        db.session.commit()
        assert db.session.get(Case, late.id).due_at < now()
    samples = scrape(app)
    assert value(samples, "teduh_scan_seconds", quantile="0.95") == pytest.approx(3, abs=0.01)
    waited = value(samples, "teduh_first_human_seconds", level="red", quantile="0.5")
    assert waited == pytest.approx(90 * 60, abs=60)
    assert value(samples, "teduh_overdue_cases", level="crisis") == 1
    assert value(samples, "teduh_overdue_cases", level="red") == 0
    assert value(samples, "teduh_open_cases", level="red") == 1
    assert value(samples, "teduh_oldest_waiting_seconds") == pytest.approx(1200, abs=60)
    assert value(samples, "teduh_silent_seconds", process="worker") < 60
    assert value(samples, "teduh_silent_seconds", process="beat") == float("inf")
    assert value(samples, "teduh_rules_version", state="published") >= 1
    assert value(samples, "teduh_backup_age_seconds") == float("inf")
    made = now() - timedelta(hours=5)
    (tmp_path / made.strftime("teduh-%Y%m%d-%H%M%S-%f.backup")).touch()
    assert value(scrape(app), "teduh_backup_age_seconds") == pytest.approx(5 * 3600, abs=60)


def test_a_scrape_asks_a_bounded_number_of_statements(app):
    with app.app_context():
        for _ in range(30):
            make_thread(body="zzred")
        scan_all()
        engine = db.engine
    statements = []

    def note(*given: object) -> None:
        statements.append(given[2])

    event.listen(engine, "before_cursor_execute", note)
    try:
        scrape(app)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert 0 < len(statements) <= STATEMENT_LIMIT, statements


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_every_alert_has_a_runbook(rule):
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert re.fullmatch(r"\d+m", rule["for"])
    file, anchor = rule["annotations"]["runbook"].split("#")
    assert file == "docs/operating.md"
    assert f'<a id="{anchor}"></a>' in RUNBOOKS
    assert f"`{rule['alert']}`" in RUNBOOKS


def test_alert_rules_are_as_prometheus_wants_them():
    for rule in ALERTS:
        assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
        assert rule["expr"].count("(") == rule["expr"].count(")")
    if promtool := shutil.which("promtool"):
        done = subprocess.run(
            [promtool, "check", "rules", ALERTS_FILE], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_dashboard_is_as_grafana_wants_it():
    panels = DASHBOARD["panels"]
    assert DASHBOARD["uid"] == "teduh"
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken = set()
    for panel in panels:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells
        if panel["type"] != "row":
            assert panel["targets"], panel["title"]
            assert all(target["datasource"]["uid"] == "${source}" for target in panel["targets"])


def test_gunicorn_alone_shares_the_figures_of_its_processes(new_database, tmp_path):
    """As compose starts it: nothing is said of the metrics library's folder beforehand."""
    shutil.copy(new_database, tmp_path / "teduh.db")
    settings = load_settings(demo=True, data_dir=tmp_path, database_url="")
    with web_server(settings, tmp_path) as port:
        for _ in range(6):
            with connect(port) as connection:
                assert ask(connection, "GET", "/bantuan")[0] == 200
                text = ask(connection, "GET", "/metrics")[1]
    samples = [
        sample for family in text_string_to_metric_families(text) for sample in family.samples
    ]
    counted = [
        sample.value
        for sample in samples
        if sample.name == "teduh_request_seconds_count" and sample.labels["route"] == "/bantuan"
    ]
    assert counted == [6]
    # A gauge of another process would be one more, with its number, and as old as its last scrape.
    assert not any("pid" in sample.labels for sample in samples)
