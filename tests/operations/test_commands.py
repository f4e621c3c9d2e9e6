"""What scripts read of `teduh`: one JSON object on stdout, and an exit code that means something."""

import json
import shutil

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from forum.app import create_app
from forum.commands.main import main
from forum.extensions import db
from forum.settings import load_settings
from tests.factories import make_thread

pytestmark = pytest.mark.usefixtures("command_ends")

SECRET = "Zq7-kd02-wPx4-91nv-LmTe-58ru-Yb3c-gH6s"
HIDDEN = "(set, not shown)"


@pytest.fixture
def site(tmp_path, new_database, monkeypatch):
    """A migrated site on SQLite, named by the environment alone."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TEDUH_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TEDUH_SECRET_KEY", SECRET)
    monkeypatch.setenv("DATABASE_URL", "")
    monkeypatch.setenv("REDIS_URL", "")
    shutil.copy(new_database, tmp_path / "teduh.db")
    app = create_app(load_settings())
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def run(*words: str, code: int = 0):
    """Run a command; return what it says as JSON."""
    done = CliRunner().invoke(main, [*words, "--json"])
    assert done.exit_code == code, (done.output, done.exception)
    return json.loads(done.stdout)


def test_version_says_whether_code_and_schema_fit(site):
    told = run("version")
    assert told["schema"] == told["database_schema"]
    with site.app_context():
        db.session.execute(text("UPDATE alembic_version SET version_num = '0001_before'"))
        db.session.commit()
    assert run("version", code=1)["database_schema"] == "0001_before"


def test_no_step_leads_below_the_first_schema_or_from_one_that_is_not_known(site, tmp_path):
    for revision, why in (("0001", "is the first"), ("9999_tomorrow", "does not know")):
        with site.app_context():
            db.session.execute(
                text("UPDATE alembic_version SET version_num = :one"), {"one": revision}
            )
            db.session.commit()
        done = CliRunner().invoke(main, ["migrate", "--down"])
        assert done.exit_code == 2
        assert why in done.stderr


def test_version_of_a_database_that_is_not_there(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TEDUH_SECRET_KEY", SECRET)
    monkeypatch.setenv("TEDUH_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/none/teduh.db")
    assert run("version", code=1)["database_schema"] is None


def test_the_settings_travel_to_a_new_machine_and_hide_their_secrets(site, monkeypatch, tmp_path):
    url = "postgresql://teduh:zzrahasia@db/teduh"
    target = "jsons://hooks.example.org/zzrahasia"
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("TEDUH_ALERT_ADMINS", target)
    monkeypatch.setenv("TEDUH_HOSTS", "teduh.example.org,www.teduh.example.org")
    shown = CliRunner().invoke(main, ["export-config"]).stdout
    assert "zzrahasia" not in shown
    assert SECRET not in shown
    assert "# DATABASE_URL=" in shown
    assert run("export-config")["TEDUH_SECRET_KEY"] == HIDDEN
    whole = CliRunner().invoke(main, ["export-config", "--secrets"]).stdout
    before = load_settings()
    for name in ("DATABASE_URL", "TEDUH_ALERT_ADMINS", "TEDUH_HOSTS", "TEDUH_SECRET_KEY"):
        monkeypatch.delenv(name)
    for name in ("REDIS_URL", "TEDUH_DATA_DIR"):
        monkeypatch.delenv(name)
    (tmp_path / ".env").write_text(whole)
    assert load_settings() == before


def test_sweep_tells_what_it_did(site):
    with site.app_context():
        make_thread(body="calm")
        db.session.commit()
        db.session.execute(text("UPDATE job SET run_at = '2026-01-01 00:00:00.000000'"))
        db.session.commit()
    assert run("sweep") == {"done": 1, "due": 0}


def test_sweep_reads_again_what_was_given_up(site):
    with site.app_context():
        make_thread(body="calm")
        db.session.commit()
        db.session.execute(text("UPDATE job SET state = 'dead', attempts = 5"))
        db.session.commit()
    assert run("sweep") == {"done": 0, "due": 0}
    assert run("sweep", "--dead") == {"done": 1, "due": 0}


def test_the_record_and_the_erasures_speak_json(site):
    told = run("audit", "verify")
    assert told["broken"] is None
    assert len(told["head"]) == 64
    assert run("erasures")["listed"] == 0
    assert all(number == 0 for number in run("retention", "--dry-run").values())


def test_what_can_not_be_done_is_two(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TEDUH_SECRET_KEY", "short")
    monkeypatch.delenv("TEDUH_DEMO", raising=False)
    for words in (["version"], ["backup", "create"], ["doctor"]):
        done = CliRunner().invoke(main, words)
        assert done.exit_code == 2
        assert done.stderr.startswith("teduh: TEDUH_SECRET_KEY")
