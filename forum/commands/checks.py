"""What `teduh up` makes sure of before it starts anything. Each failure is one clear line."""

import errno
import fcntl
import os
import socket
import time
from pathlib import Path

from dotenv import dotenv_values
from sqlalchemy import Engine, inspect

from forum.backups.postgresql import ASIDE
from forum.commands.environment import DEMO_FILE
from forum.commands.errors import OperatorError
from forum.settings import Settings

LOCK_NAME = "teduh.lock"
LOCK_PATIENCE_SECONDS = 4.0


def prepare_folder(folder: Path, setting: str = "TEDUH_DATA_DIR") -> None:
    """Make a folder if need be. Raises OperatorError if nothing can be written there."""
    probe = folder / f".probe-{os.getpid()}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise _no_place(setting, folder, error) from None


def check_places(settings: Settings) -> None:
    """Make sure that backups and erase list can be written where the settings put them.

    The sandbox of a unit or a container may forbid it. Raises OperatorError.
    """
    if settings.backup_dir:
        prepare_folder(settings.backup_dir, "TEDUH_BACKUP_DIR")
    if path := settings.erase_list:
        prepare_folder(path.parent, "TEDUH_ERASE_LIST")
        if path.exists():
            try:
                path.open("a").close()
            except OSError as error:
                raise _no_place("TEDUH_ERASE_LIST", path, error) from None


def _no_place(setting: str, path: Path, error: OSError) -> OperatorError:
    reason = (error.strerror or "it fails").lower()
    return OperatorError(
        f"{setting}: cannot write to {path.absolute()} ({reason}). "
        "Name a place that you may write to."
    )


def refuse_left_demo(settings: Settings) -> None:
    """Make sure that no earlier demo decides what this is. Raises OperatorError.

    Its `demo.env` outlives it, and so would its key and the people whose passphrase everyone knows.
    """
    is_asked = settings.demo and "TEDUH_DEMO" in {**dotenv_values(".env"), **os.environ}
    if not is_asked and (settings.data_dir / DEMO_FILE).exists():
        raise OperatorError(
            f"TEDUH_DATA_DIR: {settings.data_dir.absolute()} was a demo ({DEMO_FILE} is in it). "
            "Begin a real site with an empty data folder, or go on with the demo by "
            "`teduh up --demo`."
        )


def refuse_half_restored(engine: Engine) -> None:
    """Make sure that no restore was killed on its way: what it put aside is the site's real data.

    Raises OperatorError.
    """
    if engine.dialect.name == "postgresql" and ASIDE in inspect(engine).get_schema_names():
        raise OperatorError(
            f"DATABASE_URL: a restore was ended on its way; your data is in the schema {ASIDE}. "
            "Do `teduh backup restore` again, with Teduh stopped."
        )


def lock_folder(folder: Path) -> int:
    """Take the data folder for this process alone. Returns the file descriptor that holds it.

    After a `kill -9` the watchdog of the old run holds the lock until it has cleaned up, so a dead
    owner is waited for, and a living one is not. Raises OperatorError.
    """
    handle = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    give_up = time.monotonic() + LOCK_PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            owner = os.pread(handle, 20, 0).decode().strip()
            if time.monotonic() > give_up or _is_running(owner):
                os.close(handle)
                raise OperatorError(
                    f"TEDUH_DATA_DIR: Teduh already runs on {folder.absolute()} "
                    f"(process {owner or 'unknown'}). Stop it first, or name another folder."
                ) from None
        time.sleep(0.05)
    os.ftruncate(handle, 0)
    os.pwrite(handle, str(os.getpid()).encode(), 0)
    return handle


def check_port(settings: Settings) -> None:
    """Make sure that the web server can have its port. Raises OperatorError."""
    where = f"{settings.host}:{settings.port}"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except socket.gaierror:
        raise OperatorError(f"TEDUH_HOST: {settings.host} is no address of this machine.") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            advice = f"TEDUH_PORT: {where} is taken by another program. Try --port "
            raise OperatorError(f"{advice}{_next_port(settings.port)}.") from None
        if error.errno in (errno.EACCES, errno.EPERM):
            raise OperatorError(
                f"TEDUH_PORT: you may not use port {settings.port}. Take one above 1023."
            ) from None
        raise OperatorError(
            f"TEDUH_HOST: cannot listen on {where} ({(error.strerror or '').lower()})."
        ) from None


def _next_port(port: int) -> int:
    return port + 1 if port < 65535 else 8000


def _is_running(pid: str) -> bool:
    if not pid.isdigit():
        # The owner has the lock and has not written its number yet.
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
