"""docker-compose.yml: by the compose specification, and sealed. No engine is needed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from sqlalchemy import QueuePool

from forum.settings import Settings

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE = yaml.safe_load(TEXT)
SERVICES = COMPOSE["services"]


def test_follows_the_specification():
    command = [str(Path(sys.executable).with_name("check-jsonschema"))]
    command += ["--builtin-schema", "vendor.compose-spec", str(ROOT / "docker-compose.yml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_has_all_parts():
    profiles: dict[str, set[str]] = {}
    for name, service in SERVICES.items():
        (profile,) = service.get("profiles", ["default"])
        profiles.setdefault(profile, set()).add(name)
    assert profiles == {
        "default": {"migrate", "web", "worker", "beat", "watch", "postgres", "valkey"},
        "proxy": {"proxy"},
        "backup": {"backup"},
        "ops": {"prometheus", "grafana"},
        "demo": {"demo"},
    }


@pytest.mark.parametrize("name", SERVICES)
def test_is_sealed(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.get("privileged")
    user = service["user"].split(":")[0]
    assert user.isdigit()
    assert int(user) > 0
    assert service["pids_limit"] <= 256
    assert service["mem_limit"] in ("512m", "1g")


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"migrate", "backup"}))
def test_has_a_health_check(name):
    assert {"test", "interval", "timeout", "retries"} <= set(SERVICES[name]["healthcheck"])


@pytest.mark.parametrize("name", ["web", "worker", "beat", "watch", "backup"])
def test_starts_after_what_it_needs(name):
    conditions = {key: value["condition"] for key, value in SERVICES[name]["depends_on"].items()}
    assert conditions == {
        "migrate": "service_completed_successfully",
        "postgres": "service_healthy",
        "valkey": "service_healthy",
    }


def test_has_no_default_secret():
    assert not re.search(r"\$\{[A-Z_]*(SECRET|PASSWORD|TOKEN|KEY)[A-Z_]*:?-", TEXT)
    for name in ("TEDUH_SECRET_KEY", "POSTGRES_PASSWORD"):
        assert f"${{{name}:?" in TEXT
        # Written in plain only behind a dollar sign.
        assert not re.search(rf"{name}: (?!\$\{{)", TEXT)


def test_secrets_of_a_sealed_container_are_files():
    """Compose copies others into the container, which fails where it is read-only."""
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    for name, service in SERVICES.items():
        for secret in service.get("secrets", []):
            assert set(COMPOSE["secrets"][secret]) == {"file"} or not service["read_only"], name
    files = [source["file"] for source in COMPOSE["secrets"].values()]
    assert {path.rpartition("/")[0] for path in files} == {"./secrets"}
    assert "/secrets/" in ignored
    # How to make each of them is written.
    operating = (ROOT / "docs/operating.md").read_text()
    assert all(path.removeprefix("./") in operating for path in files)


def test_only_the_proxy_is_open_to_others():
    ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert ports.pop("proxy") == ["80:8080", "443:8443"]
    assert ports.pop("web") == ["127.0.0.1:${TEDUH_PORT:-8000}:8000"]
    assert set(ports) == {"demo", "prometheus", "grafana"}
    for (port,) in ports.values():
        assert port.startswith("127.0.0.1:")


def test_postgresql_takes_the_connections_of_more_web_processes_than_there_are():
    """Each opens five that stay and one for each thread; other processes two, an operator a few."""
    fields = Settings.model_fields
    each = QueuePool(lambda: None).size() + fields["web_threads"].default
    others = 2 * (fields["scan_workers"].default + 3) + 10
    (limit,) = re.findall(r"max_connections=(\d+)", " ".join(SERVICES["postgres"]["command"]))
    assert 2 * fields["web_workers"].default * each + others <= int(limit)


def test_volumes_exist():
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("./"):
                assert (ROOT / source).exists()
                assert volume.endswith(":ro")
            else:
                assert source in COMPOSE["volumes"]


def test_image_runs_as_the_same_user():
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert f"USER {SERVICES['web']['user']}" in dockerfile
    assert f"USER {SERVICES['proxy']['user']}" in dockerfile
    # What `build: .` takes is the last one.
    assert re.findall(r"^FROM \S+(?: AS (\w+))?$", dockerfile, re.MULTILINE) == [
        "proxy",
        "build",
        "",
    ]


def test_prometheus_may_ask_for_the_figures():
    hosts = SERVICES["web"]["environment"]["TEDUH_HOSTS"].split("}")[1]
    scrape = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())
    (job,) = scrape["scrape_configs"]
    (target,) = job["static_configs"][0]["targets"]
    assert target.split(":")[0] in hosts.split(",")
    assert job["authorization"]["credentials_file"] == "/run/secrets/metrics_token"


def test_image_takes_only_what_it_needs():
    ignore = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignore
    copied = re.findall(
        r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE
    )
    assert {f"!{name}" for line in copied for name in line.split()} == {
        line for line in ignore if line.startswith("!")
    }
