"""What is in deploy/: systemd units that are sealed, and a proxy that keeps no record of visitors."""

import configparser
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

from tests.system import free_port

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


def test_who_sends_slowly_holds_no_thread_for_long(tmp_path):
    """Caddy hands a body on as it comes, so it must give up on one that does not come."""
    if (caddy := shutil.which("caddy")) is None:
        # The file is the same where somebody has it.
        return
    assert CADDYFILE.count("read_body 30s") == 1
    config = tmp_path / "Caddyfile"
    config.write_text(CADDYFILE.replace("read_body 30s", "read_body 1s"))
    front, health = free_port(), free_port()
    config.write_text(config.read_text().replace(":8081", f":{health}"))
    with socket.create_server(("127.0.0.1", 0)) as behind:
        behind.settimeout(20)
        environment = {
            "TEDUH_SITE": f"http://127.0.0.1:{front}",
            "TEDUH_UPSTREAM": f"127.0.0.1:{behind.getsockname()[1]}",
            "TEDUH_HTTP_PORT": str(front),
            **{name: str(tmp_path) for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")},
        }
        command = [caddy, "run", "--adapter", "caddyfile", "--config", config]
        with (tmp_path / "log").open("wb") as log:
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            wait_for_port(front, 20)
            with socket.create_connection(("127.0.0.1", front)) as slow:
                head = f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{front}\r\nContent-Length: 100\r\n\r\n"
                slow.sendall(head.encode() + b"abc")
                thread, _ = behind.accept()
                with thread:
                    thread.settimeout(20)
                    got = b""
                    while more := thread.recv(4096):
                        got += more
            assert b"POST / HTTP/1.1" in got
        finally:
            process.terminate()
            process.wait()


def wait_for_port(port: int, seconds: float) -> None:
    give_up = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            assert time.monotonic() < give_up, "it does not listen"
            time.sleep(0.05)
        else:
            return
