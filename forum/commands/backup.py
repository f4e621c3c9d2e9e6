"""`teduh backup`: one file that holds everything, made while the site runs, and proven."""

import fcntl
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy import URL, make_url

from forum.backups import postgresql, sqlite
from forum.backups.archive import (
    NAME,
    BackupError,
    Manifest,
    forget_partial,
    hash_file,
    known_backups,
    pack,
    unpack,
)
from forum.backups.sealing import Key, SealError, make_keys, read_key
from forum.clock import now
from forum.commands.checks import lock_folder, prepare_folder
from forum.commands.errors import OperatorError
from forum.commands.restoring import (
    Restored,
    check_erase_list,
    check_manifest,
    finish,
    put_back,
    refuse,
    try_on_server,
)
from forum.commands.steps import Steps
from forum.settings import Settings, load_settings
from moderation.rights.erase_list import read_list

WORK = ".backup-"
# Who is signed in, and who gives signs of life, ends with the machine: everyone signs in anew.
LEFT_OUT = ("sign_in", "heartbeat", "presence")
AGAIN_SECONDS = 600

key_option = click.option(
    "--key-file", type=click.Path(path_type=Path), help="Key that seals or opens (PEM)."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")
file_argument = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.group()
def backup() -> None:
    """Make backups, prove them, and go back to one.

    Exit codes: 0 well, 1 a check of the restored database is broken, 2 it can't be done.
    """


@backup.command("key")
@click.argument("file", type=click.Path(path_type=Path))
def make_key(file: Path) -> None:
    """Make FILE, the private key, and FILE.pub, the public one.

    This machine needs only FILE.pub (TEDUH_BACKUP_KEY_FILE). Keep FILE elsewhere, twice: without
    it no backup can be read.
    """
    with _told():
        public = make_keys(file)
    click.echo(f"Private: {file}. Keep it away from this machine, twice.")
    click.echo(f"Public: {public}. Set TEDUH_BACKUP_KEY_FILE to it.")


@backup.command()
@click.option("--to", type=click.Path(path_type=Path), help="Folder, instead of the settings'.")
@click.option("--keep", type=click.IntRange(1), help="How many are kept, instead of the settings'.")
@click.option("--every", type=click.FloatRange(0.1), help="Go on for ever, every so many hours.")
@key_option
@json_option
def create(
    *, to: Path | None, keep: int | None, every: float | None, key_file: Path | None, as_json: bool
) -> None:
    """Write a backup of the database, whatever runs meanwhile, and forget the oldest ones."""
    settings = load_settings()
    while True:
        failed: OperatorError | None = None
        try:
            with _told():
                _create(settings, to, keep, key_file, as_json=as_json)
        except OperatorError as error:
            failed = error
        if every is None:
            if failed:
                raise failed
            return
        if failed:
            failed.show()
        time.sleep(min(AGAIN_SECONDS, every * 3600) if failed else every * 3600)


def _create(
    settings: Settings, to: Path | None, keep: int | None, key_file: Path | None, *, as_json: bool
) -> None:
    key = _find_key(settings, key_file)
    folder = to or settings.backup_folder
    prepare_folder(folder, "--to" if to else "TEDUH_BACKUP_DIR")
    url = make_url(settings.sqlalchemy_url)
    moment = now()
    with _work_folder(settings, url) as work, Steps(quiet=as_json) as steps:
        forget_partial(folder)
        database = work / "database"
        with steps.step("Copying") as progress:
            if url.get_backend_name() == "sqlite":
                sqlite.copy_database(Path(str(url.database)), database, LEFT_OUT, progress)
                revision, rows = sqlite.stock(database)
            else:
                revision, rows = postgresql.dump(url, database, LEFT_OUT, progress)
        size = database.stat().st_size
        with steps.step("Adding up", size) as progress:
            checksum = hash_file(database, progress)
        manifest = Manifest(
            teduh=version("teduh"),
            made_at=moment.isoformat(),
            database=url.get_backend_name(),
            revision=revision,
            rows=rows | dict.fromkeys(set(rows).intersection(LEFT_OUT), 0),
            erased=sum(1 for _ in read_list(settings.erase_list_path)),
            bytes=size,
            sha256=checksum,
        )
        target = folder / moment.strftime(NAME)
        with steps.step("Writing", size) as progress:
            pack(target, manifest, database, key, progress)
    removed = _forget_old(folder, keep or settings.backup_keep)
    told = {
        "file": str(target),
        "bytes": target.stat().st_size,
        "sealed": key is not None,
        "revision": revision,
        "rows": sum(manifest.rows.values()),
        "removed": removed,
    }
    if as_json:
        click.echo(json.dumps(told))
        return
    click.echo(f"{target}: {told['rows']} rows, {told['bytes']} bytes, schema {revision}")
    if removed:
        click.echo(f"Forgotten: {', '.join(removed)}")
    if key is None:
        click.echo("Not sealed: whoever has this file reads everything in it.", err=True)


@backup.command()
@file_argument
@click.option("--scratch", metavar="URL", help="An empty PostgreSQL database to try it in.")
@key_option
@json_option
def verify(*, file: Path, scratch: str | None, key_file: Path | None, as_json: bool) -> None:
    """Restore FILE in a temporary place, bring it up to date there, and check it."""
    settings = load_settings()
    with _told():
        key = _find_key(settings, key_file)
        url = make_url(settings.sqlalchemy_url)
        with _work_folder(settings, url) as work, Steps(quiet=as_json) as steps:
            with steps.step("Reading") as progress:
                manifest, database = unpack(file, key, work, progress)
            check_manifest(manifest)
            with steps.step("Checking"):
                if manifest.database == "sqlite":
                    place = URL.create("sqlite", database=str(database))
                    restored = finish(settings, place, manifest, None)
                else:
                    restored = try_on_server(settings, scratch, manifest, database)
    _report(restored, {"file": str(file), "made_at": manifest.made_at}, manifest, as_json=as_json)


@backup.command()
@file_argument
@click.option("--replace", is_flag=True, help="Give up what the database holds now.")
@click.option("--erase-list", type=click.Path(exists=True, path_type=Path), help="Newest list.")
@click.option("--without-list", is_flag=True, help="Let come back who was erased since.")
@key_option
@json_option
def restore(
    *,
    file: Path,
    replace: bool,
    erase_list: Path | None,
    without_list: bool,
    key_file: Path | None,
    as_json: bool,
) -> None:
    """Go back to FILE: the database of the settings is what it was, without who left since.

    Refuses while Teduh runs, and a database that is not empty unless --replace is given. If
    anything fails, the database stays as it is.
    """
    settings = load_settings()
    prepare_folder(settings.data_dir)
    owner = lock_folder(settings.data_dir)
    try:
        with _told():
            key = _find_key(settings, key_file)
            url = make_url(settings.sqlalchemy_url)
            with _work_folder(settings, url) as work, Steps(quiet=as_json) as steps:
                refuse(url, replace=replace)
                with steps.step("Reading") as progress:
                    manifest, database = unpack(file, key, work, progress)
                check_manifest(manifest)
                if manifest.database != url.get_backend_name():
                    raise BackupError(
                        f"This is a backup of {manifest.database}, and DATABASE_URL names "
                        f"{url.get_backend_name()}."
                    )
                listed = None if without_list else erase_list or settings.erase_list_path
                if listed:
                    check_erase_list(manifest, listed)
                with steps.step("Restoring"):
                    restored = put_back(settings, url, manifest, database, listed)
    finally:
        os.close(owner)
    told = {"file": str(file), "made_at": manifest.made_at, "erased_again": restored.erased_again}
    _report(restored, told, manifest, as_json=as_json)


def _report(
    restored: Restored, told: dict[str, object], manifest: Manifest, *, as_json: bool
) -> None:
    """Say what was found. Ends the command with 1 if something is broken."""
    if as_json:
        checks = [{"name": f.name, "broken": f.broken} for f in restored.findings]
        rows = sum(manifest.rows.values())
        click.echo(
            json.dumps({**told, "rows": rows, "healthy": restored.healthy, "checks": checks})
        )
    else:
        table = Table("Check", "Broken")
        for finding in restored.findings:
            table.add_row(finding.name, str(finding.broken) if finding.broken else "none")
        Console().print(table)
        click.echo(f"Made at {manifest.made_at}: {sum(manifest.rows.values())} rows, all here.")
        if "erased_again" in told:
            click.echo(f"Erased again: {told['erased_again']}. Everyone has to sign in anew.")
    raise SystemExit(0 if restored.healthy else 1)


def _find_key(settings: Settings, key_file: Path | None) -> Key | None:
    """Return what seals or opens backups; None leaves them as they are."""
    if path := key_file or settings.backup_key_file:
        return read_key(path)
    passphrase = settings.backup_passphrase.get_secret_value()
    return Key(passphrase=passphrase) if passphrase else None


def _forget_old(folder: Path, keep: int) -> list[str]:
    """Remove all but the newest."""
    old = known_backups(folder)[:-keep]
    for path in old:
        path.unlink()
    return [path.name for path in old]


@contextmanager
def _work_folder(settings: Settings, url: URL) -> Iterator[Path]:
    """Give a folder for a copy that is not sealed yet: where such words lie anyway.

    One at a time; what a killed one has left is removed.
    """
    folder = settings.data_dir
    if url.get_backend_name() == "sqlite":
        folder = Path(str(url.database)).parent
    prepare_folder(folder)
    lock = os.open(folder / "backup.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for left in folder.glob(f"{WORK}*"):
            shutil.rmtree(left)
        with tempfile.TemporaryDirectory(prefix=WORK, dir=folder) as work:
            yield Path(work)
    except BlockingIOError:
        raise OperatorError("Another `teduh backup` works on this data. Wait for it.") from None
    finally:
        os.close(lock)


@contextmanager
def _told() -> Iterator[None]:
    """Turn what went wrong into lines for the operator, and exit code 2."""
    try:
        yield
    except (BackupError, SealError) as error:
        raise OperatorError(str(error)) from None
    except OSError as error:
        raise OperatorError(f"{error.filename or 'The disk'}: {error.strerror}.") from None
