"""What scripts read of `teduh`: one JSON object on stdout, and an exit code that means something."""

import json
import shutil

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from forum.accounts.demo import DEMO_PASSPHRASE, demo_logins
from forum.accounts.operations import find_member, join
from forum.accounts.passphrases import hash_secret
from forum.app import create_app
from forum.commands.main import main
from forum.extensions import db
from forum.settings import load_settings
from tests.conftest import new_postgresql_database
from tests.factories import make_thread

pytestmark = pytest.mark.usefixtures("command_ends")

SECRET = "Zq7-kd02-wPx4-91nv-LmTe-58ru-Yb3c-gH6s"
HIDDEN = "(set, not shown)"
MIGRATE_FIRST = (
    "teduh: DATABASE_URL: the database has no schema of Teduh, or an older one. "
    "Run `teduh migrate` first."
)


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


def test_old_code_does_not_begin_on_a_newer_schema(site):
    with site.app_context():
        db.session.execute(text("UPDATE alembic_version SET version_num = '9999_tomorrow'"))
        db.session.commit()
    done = CliRunner().invoke(main, ["migrate"])
    (line,) = done.stderr.splitlines()
    assert (done.exit_code, "9999_tomorrow, which this version does not know" in line) == (2, True)


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


@pytest.mark.parametrize("passphrase", [DEMO_PASSPHRASE, "rahasia rahasia", "x y z" * 50])
def test_an_admin_has_a_passphrase_that_a_form_would_take(site, passphrase):
    done = CliRunner().invoke(main, ["create-admin", "sekar-pagi", "--passphrase", passphrase])
    assert (done.exit_code, done.stderr.startswith("teduh: --passphrase: ")) == (2, True)
    with site.app_context():
        assert find_member("sekar-pagi") is None


def test_a_folder_that_was_a_demo_is_not_migrated_as_a_real_site(site, monkeypatch, tmp_path):
    (tmp_path / "demo.env").write_text("TEDUH_DEMO=1\n")
    done = CliRunner().invoke(main, ["migrate"])
    assert (done.exit_code, "was a demo" in done.stderr) == (2, True)
    monkeypatch.setenv("TEDUH_DEMO", "1")
    assert CliRunner().invoke(main, ["migrate"]).exit_code == 0


def test_a_database_with_logins_that_everyone_knows_is_no_real_site(site):
    name = demo_logins()[0][0]
    with site.app_context():
        # A member who is only called so is welcome.
        member, _ = join(name, "kabut tipis di ladang", language="id")
        db.session.commit()
        assert CliRunner().invoke(main, ["migrate"]).exit_code == 0
        assert run("doctor")["healthy"]
        member.passphrase_hash = hash_secret(DEMO_PASSPHRASE)
        db.session.commit()
    done = CliRunner().invoke(main, ["migrate"])
    assert (done.exit_code, "people of a demo" in done.stderr) == (2, True)
    (broken,) = [check for check in run("doctor", code=1)["checks"] if check["broken"]]
    assert broken["name"] == "logins of a demo"


WITHOUT_A_SCHEMA = (
    ["doctor"],
    ["sweep"],
    ["create-admin", "sekar-pagi", "--passphrase", "kabut tipis di ladang"],
    ["set-role", "sekar-pagi", "admin"],
    ["audit", "verify"],
    ["retention"],
    ["erasures"],
    ["reindex"],
    ["rules", "export"],
    ["watch", "--check"],
)


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """A data folder that nobody has migrated."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TEDUH_SECRET_KEY", SECRET)
    monkeypatch.setenv("TEDUH_DATA_DIR", str(tmp_path))
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.setenv(name, "")
    return tmp_path


@pytest.mark.parametrize("is_there", [False, True], ids=["no file", "an empty file"])
@pytest.mark.parametrize("words", WITHOUT_A_SCHEMA, ids=" ".join)
def test_without_a_schema_each_command_says_what_comes_first(bare, words, is_there):
    if is_there:
        (bare / "teduh.db").touch()
    done = CliRunner().invoke(main, words)
    assert (done.exit_code, done.stderr.splitlines()[-1:]) == (2, [MIGRATE_FIRST])
    # None is left that looks like a database.
    assert (bare / "teduh.db").exists() is is_there


def test_without_a_schema_on_postgresql_too(bare, monkeypatch, postgresql_url):
    with new_postgresql_database(postgresql_url) as url:
        monkeypatch.setenv("DATABASE_URL", url)
        done = CliRunner().invoke(main, ["doctor"])
    assert (done.exit_code, done.stderr.splitlines()) == (2, [MIGRATE_FIRST])
    done = CliRunner().invoke(main, ["doctor"])
    assert (done.exit_code, "cannot be used (OperationalError)" in done.stderr) == (2, True)
    assert "host" not in done.stderr


@pytest.mark.parametrize("words", [["rules", "import", "FILE", "--why", "-"], ["simulate", "FILE"]])
def test_a_file_in_another_encoding_is_said_so(site, monkeypatch, tmp_path, words):
    monkeypatch.setenv("TEDUH_DEMO", "1")
    file = tmp_path / "latin.yaml"
    file.write_bytes("rules:\n# caf\u00e9\n".encode("latin-1"))
    done = CliRunner().invoke(main, [str(file) if word == "FILE" else word for word in words])
    assert done.exit_code == 2
    assert done.stderr == "teduh: Line 2 of a file that was given is no UTF-8 text.\n"


def test_what_can_not_be_done_is_two(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TEDUH_SECRET_KEY", "short")
    monkeypatch.delenv("TEDUH_DEMO", raising=False)
    for words in (["version"], ["backup", "create"], ["doctor"]):
        done = CliRunner().invoke(main, words)
        assert done.exit_code == 2
        assert done.stderr.startswith("teduh: TEDUH_SECRET_KEY")
