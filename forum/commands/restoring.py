"""A restored database, wherever it lies: complete, brought up to date, forgetful, and checked."""

from dataclasses import dataclass
from pathlib import Path

from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import URL, make_url

from forum.app import create_app
from forum.backups import postgresql, sqlite
from forum.backups.archive import BackupError, Manifest
from forum.commands.checks import prepare_folder
from forum.commands.errors import OperatorError
from forum.commands.migrate import upgrade_database
from forum.commands.reindex import index_everything
from forum.commands.rights import erase_listed
from forum.database import empty_log, reading
from forum.extensions import db
from forum.settings import Settings, find_folder
from moderation.cases.invariants import Finding, check_invariants
from moderation.rights.erase_list import read_list


@dataclass(frozen=True)
class Restored:
    """What was found in a restored database, and what was done to it."""

    findings: tuple[Finding, ...]
    erased_again: int = 0

    @property
    def healthy(self) -> bool:
        """Whether no check is broken."""
        return not any(finding.broken for finding in self.findings)


def check_manifest(manifest: Manifest) -> None:
    """Make sure that this version of Teduh can use the backup. Raises BackupError."""
    known = {
        step.revision for step in ScriptDirectory(str(find_folder("migrations"))).walk_revisions()
    }
    if manifest.revision not in known:
        raise BackupError(
            f"This backup is of Teduh {manifest.teduh}, whose schema {manifest.revision} this "
            "version does not know. Restore it with that version or a newer one."
        )


def check_erase_list(manifest: Manifest, path: Path) -> None:
    """Make sure that the erase list is not older than the backup. Raises OperatorError."""
    try:
        lines = sum(1 for _ in read_list(path))
    except ValueError as error:
        raise OperatorError(f"TEDUH_ERASE_LIST: {error}") from None
    if lines < manifest.erased:
        raise OperatorError(
            f"TEDUH_ERASE_LIST: {path} has {lines} accounts, and had {manifest.erased} when the "
            "backup was made. Bring its newest copy, or say --without-list: then who had been "
            "erased since comes back."
        )


def finish(settings: Settings, url: URL, manifest: Manifest, erase_list: Path | None) -> Restored:
    """Compare a restored database with its manifest, migrate it, erase again, check it.

    Without a list nothing is erased. Raises BackupError, OperatorError.
    """
    if url.get_backend_name() == "sqlite":
        found = sqlite.stock(Path(str(url.database)))
    else:
        with postgresql.connect(url) as connection:
            found = postgresql.stock(connection)
    if found != (manifest.revision, manifest.rows):
        raise BackupError("What was restored is not what the manifest says: rows are missing.")
    newest = ScriptDirectory(str(find_folder("migrations"))).get_current_head()
    app = app_on(settings, url)
    try:
        upgrade_database(app)
        with app.app_context():
            erased_again = erase_listed(erase_list)[1] if erase_list else 0
            if manifest.revision != newest:
                # Posts from before the index of search are in none yet.
                index_everything(lambda _: None)
            with reading(db.session):
                findings = tuple(check_invariants())
    finally:
        with app.app_context():
            db.session.remove()
            empty_log(db.engine)
            db.engine.dispose()
    return Restored(findings, erased_again)


def app_on(settings: Settings, url: URL) -> Flask:
    """Return the app on another database, without a broker."""
    address = url.render_as_string(hide_password=False)
    return create_app(settings.model_copy(update={"database_url": address, "redis_url": ""}))


def try_on_server(
    settings: Settings, scratch: str | None, manifest: Manifest, database: Path
) -> Restored:
    """Restore a dump into an empty database, for a moment or the one that is named."""
    if scratch:
        place = make_url(scratch).set(drivername="postgresql+psycopg")
        with postgresql.connect(place) as connection:
            if postgresql.has_tables(connection):
                raise BackupError("The database of --scratch is not empty.")
        postgresql.load(place, database)
        return finish(settings, place, manifest, None)
    url = make_url(settings.sqlalchemy_url)
    if url.get_backend_name() != "postgresql":
        raise BackupError("This is a backup of PostgreSQL: name an empty database by --scratch.")
    with postgresql.scratch_database(url) as place:
        postgresql.load(place, database)
        return finish(settings, place, manifest, None)


def refuse(url: URL, *, replace: bool) -> None:
    """Make sure that nobody uses the database, and that it may be replaced. Raises BackupError."""
    if url.get_backend_name() == "sqlite":
        path = Path(str(url.database))
        prepare_folder(path.parent)
        sqlite.take_from_use(path)
        full = sqlite.has_tables(path)
    else:
        with postgresql.connect(url) as connection:
            postgresql.check_alone(connection)
            full = postgresql.has_tables(connection)
    if full and not replace:
        raise BackupError("The database is not empty. With --replace what it holds now is lost.")


def put_back(
    settings: Settings, url: URL, manifest: Manifest, database: Path, listed: Path | None
) -> Restored:
    """Let the restored database take the place of the present one, when all is done to it."""
    if url.get_backend_name() == "sqlite":
        restored = finish(settings, URL.create("sqlite", database=str(database)), manifest, listed)
        sqlite.take_from_use(database)
        sqlite.put_in_place(database, Path(str(url.database)))
        return restored
    with postgresql.connect(url) as connection, postgresql.put_aside(connection):
        postgresql.load(url, database)
        return finish(settings, url, manifest, listed)
