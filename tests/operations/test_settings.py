"""Settings: nonsense is refused by name, the example file is complete."""

import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from forum.commands.main import main
from forum.commands.settings import list_variables, write_document, write_example
from forum.settings import Settings, SettingsError, load_settings

ROOT = Path(__file__).parents[2]
STRONG = "kY3-vQ9_wB7xN2mR8tZ5pL1cJ6hF4gD0aS"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch, tmp_path):
    for name in list(os.environ):
        if name.startswith(("TEDUH_", "REDIS_URL", "DATABASE_URL")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "short",
        "a" * 40,
        "abcabcabc" * 5,
        f"change-me-{STRONG}",
        f"SECRET{STRONG}",
        "0123456789" * 4,
    ],
)
def test_weak_secrets_are_refused(monkeypatch, secret):
    monkeypatch.setenv("TEDUH_SECRET_KEY", secret)
    with pytest.raises(SettingsError, match="TEDUH_SECRET_KEY") as caught:
        load_settings()
    assert not secret or secret not in str(caught.value)


def test_strong_secret_is_taken_and_not_shown(monkeypatch):
    monkeypatch.setenv("TEDUH_SECRET_KEY", STRONG)
    settings = load_settings()
    assert settings.flask_secret == STRONG
    assert STRONG not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TEDUH_PORT", "0"),
        ("TEDUH_PORT", "eighty"),
        ("TEDUH_PROXIES", "6"),
        ("TEDUH_WEB_WORKERS", "0"),
        ("TEDUH_SCAN_GRACE", "-1"),
        ("TEDUH_STAFFED_HOURS", "8pm"),
        ("TEDUH_QUICK_EXIT_URL", "javascript:alert(1)"),
        ("DATABASE_URL", "mysql://teduh@localhost/teduh"),
        ("REDIS_URL", "localhost:6379"),
        ("TEDUH_LOG_LEVEL", "loud"),
        ("TEDUH_DEMO", "perhaps"),
        ("TEDUH_ALERT_DESK", "nonsense"),
        ("TEDUH_ALERT_ADMINS", "json://hook.example.org/x slack://"),
        ("TEDUH_ALERT_CRISIS_MINUTES", "0,2,5,10"),
        ("TEDUH_ALERT_CRISIS_MINUTES", "0,2,5,10,nan"),
        ("TEDUH_ALERT_RED_MINUTES", "0,15,10,45,60"),
        ("TEDUH_ALERT_RED_MINUTES", "0,15,30,45,soon"),
        ("TEDUH_ALERT_LANGUAGE", "fr"),
        ("TEDUH_HEARTBEAT_URL", "hc.example.org/ping"),
        ("TEDUH_HOSTS", ""),
        ("TEDUH_HOSTS", " , "),
        ("TEDUH_HOSTS", "https://teduh.example.org"),
        ("TEDUH_HOSTS", "localhost,teduh.example.org/forum"),
        ("TEDUH_HOSTS", "teduh.example.org www.teduh.example.org"),
        ("TEDUH_HOSTS", "teduh.example.org:443"),
        ("DATABASE_URL", "sqlite:///"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", "postgresql://teduh:zz@db:zz/teduh"),
        ("DATABASE_URL", "postgresql://teduh:zz@db:99999/teduh"),
        ("DATABASE_URL", "postgresql://teduh:zz@db"),
        ("REDIS_URL", "redis://localhost:zz/0"),
        ("REDIS_URL", "redis://localhost:99999/0"),
        ("TEDUH_SCAN_GRACE", "inf"),
        ("TEDUH_BUDDY_HOURS", "nan"),
        ("TEDUH_EXPOSURE_WEIGHTS", "1,2,3,inf"),
        ("TEDUH_CRISIS_MINUTES", "99999999999"),
        ("TEDUH_APPEAL_HOURS", "8761"),
        ("TEDUH_NOTICE_DAYS", "3651"),
        ("TEDUH_NEWCOMER_CASES", "99999999999"),
    ],
)
def test_nonsense_is_refused_by_name(monkeypatch, name, value):
    monkeypatch.setenv("TEDUH_SECRET_KEY", STRONG)
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value).startswith(f"{name}: ")
    assert "zz@" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TEDUH_HOSTS", "teduh.example.org, localhost,127.0.0.1,[::1]"),
        ("DATABASE_URL", "sqlite:////srv/teduh.db"),
        ("DATABASE_URL", "postgresql+psycopg://teduh:a%40b@db:5433/teduh"),
        ("DATABASE_URL", "postgresql://postgres@/postgres?host=/run/postgresql"),
        ("REDIS_URL", "rediss://:zz@valkey:6380/1"),
        ("REDIS_URL", "unix:///run/valkey.sock"),
    ],
)
def test_what_makes_sense_is_taken(monkeypatch, name, value):
    monkeypatch.setenv("TEDUH_SECRET_KEY", STRONG)
    monkeypatch.setenv(name, value)
    load_settings()


def test_addresses_for_alerts_are_taken_and_never_shown(monkeypatch, capfd):
    monkeypatch.setenv("TEDUH_SECRET_KEY", STRONG)
    monkeypatch.setenv("TEDUH_ALERT_ON_CALL", "json://h.example.org/zz-hook ntfy://zz-topic-name")
    monkeypatch.setenv("TEDUH_HEARTBEAT_URL", "https://hc.example.org/zz-ping")
    settings = load_settings()
    assert [target.service for target in settings.alert_targets] == ["json", "ntfy"]
    assert "zz-" not in repr(settings) + repr(settings.alert_targets)
    monkeypatch.setenv("TEDUH_ALERT_LEADS", "tgram://zz-token-that-is-wrong")
    with pytest.raises(SettingsError, match="TEDUH_ALERT_LEADS") as caught:
        load_settings()
    assert "zz-" not in str(caught.value)
    assert "zz-" not in "".join(capfd.readouterr())


def test_every_mistake_has_its_line(monkeypatch):
    monkeypatch.setenv("TEDUH_PORT", "0")
    monkeypatch.setenv("REDIS_URL", "nowhere")
    result = CliRunner().invoke(main, ["settings", "check"])
    assert result.exit_code == 2
    assert [line.split(":")[1].strip() for line in result.stderr.splitlines()] == [
        "REDIS_URL",
        "TEDUH_PORT",
    ]


@pytest.mark.parametrize("name", ["TEDUH_BACKUP_DIR", "TEDUH_ERASE_LIST"])
def test_places_that_can_not_be_written_are_named(monkeypatch, tmp_path, name):
    monkeypatch.setenv("TEDUH_SECRET_KEY", STRONG)
    (tmp_path / "file").touch()
    (tmp_path / "taken" / "erased.jsonl").mkdir(parents=True)
    places = {
        "TEDUH_BACKUP_DIR": [tmp_path / "file" / "backups"],
        "TEDUH_ERASE_LIST": [tmp_path / "file" / "erased.jsonl", tmp_path / "taken/erased.jsonl"],
    }
    for place in places[name]:
        monkeypatch.setenv(name, str(place))
        for command in (["settings", "check"], ["migrate"]):
            result = CliRunner().invoke(main, command)
            assert result.exit_code == 2
            assert result.stderr.startswith(f"teduh: {name}: cannot write to {tmp_path}/")
    monkeypatch.setenv(name, str(tmp_path / "elsewhere" / "it"))
    assert CliRunner().invoke(main, ["settings", "check"]).exit_code == 0


def test_sources_win_in_their_order(monkeypatch, tmp_path):
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "demo.env").write_text(
        "TEDUH_DEMO=1\nTEDUH_PORT=8001\nTEDUH_CLAIM_MINUTES=1\n"
    )
    assert load_settings().port == 8001
    (tmp_path / ".env").write_text("TEDUH_PORT=8002\n")
    assert load_settings().port == 8002
    monkeypatch.setenv("TEDUH_PORT", "8003")
    assert load_settings().port == 8003
    settings = load_settings(port=8004)
    assert (settings.port, settings.claim_minutes, settings.demo) == (8004, 1, True)


def test_demo_file_is_found_in_the_folder_that_dotenv_names(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "demo.env").write_text("TEDUH_DEMO=1\nTEDUH_PORT=8005\n")
    (tmp_path / ".env").write_text("TEDUH_DATA_DIR=elsewhere\n")
    assert load_settings().port == 8005


def test_settings_do_not_change(monkeypatch):
    settings = load_settings(demo=True)
    with pytest.raises(ValueError, match="frozen"):
        settings.port = 1


def test_every_setting_is_explained():
    names = [variable.name for variable in list_variables()]
    assert len(names) == len(set(names)) == len(Settings.model_fields)
    assert all(variable.description.endswith(".") for variable in list_variables())


def test_example_file_and_document_are_what_the_generator_writes():
    assert (ROOT / ".env.example").read_text() == write_example(), "run: make example"
    assert (ROOT / "docs/settings.md").read_text() == write_document(), "run: make example"


def test_example_file_can_be_used(monkeypatch, tmp_path):
    lines = (
        write_example().replace("# TEDUH_SECRET_KEY=", f"TEDUH_SECRET_KEY={STRONG}").splitlines()
    )
    # As an operator who wants every default in writing.
    values = [
        line.removeprefix("# ") for line in lines if "=" in line.split(" ")[-1] or line[:2] != "# "
    ]
    (tmp_path / ".env").write_text("\n".join(line for line in values if "=" in line))
    assert load_settings() == load_settings(secret_key=STRONG)


def test_table_names_every_setting():
    result = CliRunner().invoke(main, ["settings", "table"])
    assert result.exit_code == 0
    named = re.findall(r"^\| `(\w+)` \|", result.stdout, re.MULTILINE)
    assert named == [variable.name for variable in list_variables()]
