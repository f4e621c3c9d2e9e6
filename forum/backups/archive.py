"""The file of a backup: a tar.gz with a manifest and the database, as it is or sealed.

Without a seal any tar opens it. The manifest comes last in the making and first in the file, so
a reader knows what it has before it unpacks it.
"""

import gzip
import hashlib
import io
import json
import os
import re
import tarfile
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from forum.backups.sealing import MAGIC, Key, SealedReader, SealError, SealingWriter

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = "database"
LARGEST_MANIFEST = 1_000_000
BLOCK = 1024 * 1024
# Twice as fast as gzip's usual 6, and a tenth larger.
COMPRESSION = 3
NAME = "teduh-%Y%m%d-%H%M%S-%f.backup"
NAMED = re.compile(r"teduh-\d{8}-\d{6}-\d{6}\.backup")
PARTIAL = ".partial"
# Told how many bytes more are through.
Progress = Callable[[int], None]


class BackupError(Exception):
    """A backup can't be made or used; the message says why, in operators' words."""


@dataclass(frozen=True)
class Manifest:
    """What is in a backup."""

    teduh: str
    made_at: str  # ISO 8601, UTC.
    database: str  # sqlite or postgresql.
    revision: str
    rows: dict[str, int]
    erased: int  # Lines that the erase list had.
    bytes: int
    sha256: str
    format: int = FORMAT


def known_backups(folder: Path) -> list[Path]:
    """Return the backups in a folder, the oldest first: their names say when they were made."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if NAMED.fullmatch(path.name))


def forget_partial(folder: Path) -> None:
    """Remove what a killed one has left in a folder. Nobody else may make one there meanwhile."""
    for path in folder.glob(f"*.backup{PARTIAL}"):
        if NAMED.fullmatch(path.name.removesuffix(PARTIAL)):
            path.unlink()


def newest_backup(folder: Path) -> datetime | None:
    """Return when the newest backup in a folder was begun; None if there is none."""
    known = known_backups(folder)
    return datetime.strptime(known[-1].name, NAME).replace(tzinfo=UTC) if known else None


def take_stock(connection: Any, tables: str) -> tuple[str, dict[str, int]]:
    """Return the revision of a database's schema, and how many rows each table has.

    Takes a connection that can `execute`, and the query for the names. Raises BackupError.
    """
    names = sorted(str(row[0]) for row in connection.execute(tables).fetchall())
    if "alembic_version" not in names:
        raise BackupError("The database has no schema of Teduh: run `teduh migrate` first.")
    rows = {
        name: int(connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0])  # noqa: S608
        for name in names
    }
    revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(revision[0]) if revision else "", rows


def hash_file(path: Path, progress: Progress = lambda _: None) -> str:
    """Return the SHA-256 of a file, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
            progress(len(block))
    return digest.hexdigest()


def pack(
    target: Path, manifest: Manifest, database: Path, key: Key | None, progress: Progress
) -> None:
    """Write a backup that its owner alone can read, and have it on the disk before returning.

    It gets its name when it is whole. Raises SealError, OSError.
    """
    partial = target.with_name(target.name + PARTIAL)
    content = json.dumps(asdict(manifest), indent=1).encode()
    try:
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            writer: Any = SealingWriter(file, key) if key else file
            with (
                gzip.GzipFile("", "wb", COMPRESSION, writer, mtime=0) as packed,
                tarfile.open(fileobj=packed, mode="w|") as tar,
                database.open("rb") as source,
            ):
                tar.addfile(_entry(MANIFEST, len(content)), io.BytesIO(content))
                tar.addfile(_entry(DATABASE, manifest.bytes), _Counted(source, progress))
            if isinstance(writer, SealingWriter):
                writer.close()
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def unpack(source: Path, key: Key | None, into: Path, progress: Progress) -> tuple[Manifest, Path]:
    """Check a backup and take its database out, into a folder. Returns manifest and file.

    Raises BackupError for whatever is not as it was written.
    """
    target = into / DATABASE
    try:
        with (
            source.open("rb") as file,
            gzip.GzipFile("", "rb", fileobj=_open(file, key)) as packed,
            tarfile.open(fileobj=packed, mode="r|") as tar,
        ):
            manifest = _read_manifest(tar)
            member = tar.next()
            content = tar.extractfile(member) if member and member.name == DATABASE else None
            if content is None:
                raise BackupError(f"{source.name} holds no database.")
            with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
                while block := content.read(BLOCK):
                    out.write(block)
                    progress(len(block))
            if tar.next() is not None:
                raise BackupError(f"{source.name} holds more than a backup does.")
            # To the end, where gzip's checksum and the last piece of a seal are.
            while packed.read(BLOCK):
                pass
    except SealError as error:
        raise BackupError(f"{source.name}: {error}.") from None
    except (
        tarfile.TarError,
        gzip.BadGzipFile,
        EOFError,
        zlib.error,
        ValueError,
        LookupError,
        TypeError,
    ):
        raise BackupError(f"{source.name} is no whole backup of Teduh.") from None
    if target.stat().st_size != manifest.bytes or hash_file(target) != manifest.sha256:
        raise BackupError(f"{source.name}: its database is not the one of its manifest.")
    return manifest, target


def _open(file: IO[bytes], key: Key | None) -> Any:
    """Return what tarfile can read from."""
    if file.read(len(MAGIC)) == MAGIC:
        return SealedReader(file, key)
    file.seek(0)
    return file


def _read_manifest(tar: tarfile.TarFile) -> Manifest:
    entry = tar.next()
    content = tar.extractfile(entry) if entry and entry.name == MANIFEST else None
    if entry is None or content is None or entry.size > LARGEST_MANIFEST:
        raise ValueError(MANIFEST)
    read: dict[str, Any] = json.loads(content.read())
    if read.get("format") != FORMAT:
        raise BackupError("This backup has a format that this version of Teduh does not know.")
    return Manifest(**read)


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    return entry


class _Counted(io.BufferedIOBase):
    """A file that says how much of it was read."""

    def __init__(self, file: IO[bytes], progress: Progress) -> None:
        self._source = file
        self._progress = progress

    def read(self, size: int | None = -1) -> bytes:
        block = self._source.read(-1 if size is None else size)
        self._progress(len(block))
        return block
