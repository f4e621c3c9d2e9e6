"""What is in deploy/: systemd units that are sealed, and a proxy that keeps no record of visitors."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parents[2] / "deploy"
SERVICES = sorted((DEPLOY / "systemd").glob("*.service"))
TIMERS = sorted((DEPLOY / "systemd").glob("*.timer"))
CADDYFILE = (DEPLOY / "caddy/Caddyfile").read_text()


def read(unit: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str
    parser.read_string(unit.read_text())
    return parser


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_unit_is_sealed(unit):
    service = read(unit)["Service"]
    assert service["User"] == "teduh"
    assert service["NoNewPrivileges"] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert service["CapabilityBoundingSet"] == ""
    assert service["StateDirectoryMode"] == "0700"
    assert service["UMask"] == "0077"
    assert {"MemoryMax", "TasksMax", "LimitCORE", "SystemCallFilter"} <= set(service)
    assert service["ExecStart"].startswith("/opt/teduh/.venv/bin/teduh ")


@pytest.mark.parametrize("timer", TIMERS, ids=lambda unit: unit.name)
def test_a_timer_starts_a_unit_that_is_there(timer):
    assert timer.with_suffix(".service") in SERVICES
    assert read(timer)["Timer"]["OnCalendar"]


@pytest.mark.parametrize("timer", TIMERS, ids=lambda unit: unit.name)
def test_what_a_timer_starts_does_not_fail_in_silence(timer):
    told = read(timer.with_suffix(".service"))["Unit"]["OnFailure"]
    assert told == "teduh-failed@%n.service"
    teller = read(DEPLOY / "systemd/teduh-failed@.service")["Service"]
    assert teller["ExecStart"].endswith("/teduh failed %i")
    # Nothing else ends a target that hangs.
    assert teller["TimeoutStartSec"] == "60"


def test_systemd_takes_the_units(tmp_path):
    if (systemd := shutil.which("systemd-analyze")) is None:
        # A machine without systemd has nothing to run them either; the checks above stand.
        return
    program = tmp_path / "teduh"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    units = []
    for unit in (*SERVICES, *TIMERS):
        units.append(tmp_path / unit.name)
        text = unit.read_text().replace("/opt/teduh/.venv/bin/teduh", str(program))
        # The machine that tests them may lack the user.
        units[-1].write_text(
            re.sub(r"^(User|Group)=teduh$", r"\1=daemon", text, flags=re.MULTILINE)
        )
    done = subprocess.run([systemd, "verify", *units], capture_output=True, text=True, check=False)
    said = [line for line in done.stderr.splitlines() if str(tmp_path) in line or "teduh" in line]
    assert (done.returncode, said) == (0, [])


def test_the_proxy_keeps_no_record_of_visitors():
    assert "exclude http.log.access http.log.error" in CADDYFILE
    # A site block with `log` would write who asked for what.
    site = CADDYFILE[CADDYFILE.index("{$TEDUH_SITE} {") :]
    assert not re.search(r"^\s*log\b", site, re.MULTILINE)
    assert "respond @inside 404" in site


def test_caddy_takes_its_file():
    if (caddy := shutil.which("caddy")) is None:
        assert CADDYFILE.count("{") == CADDYFILE.count("}")
        return
    done = subprocess.run(
        [caddy, "validate", "--adapter", "caddyfile", "--config", DEPLOY / "caddy/Caddyfile"],
        env={"TEDUH_SITE": "teduh.test", "HOME": "/tmp", "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
