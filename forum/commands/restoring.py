"""A restored database, wherever it lies: complete, brought up to date, forgetful, and checked."""

from dataclasses import dataclass
from pathlib import Path

from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import URL

from forum.app import create_app
from forum.backups import postgresql, sqlite
from forum.backups.archive import BackupError, Manifest
from forum.commands.errors import OperatorError
from forum.commands.migrate import upgrade_database
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
    app = app_on(settings, url)
    try:
        upgrade_database(app)
        with app.app_context():
            erased_again = erase_listed(erase_list)[1] if erase_list else 0
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
