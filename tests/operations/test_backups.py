"""Backup and restore on both databases: nothing lost, nobody back who left, no file half read."""

import fcntl
import gzip
import io
import json
import os
import secrets
import shutil
import sqlite3
import tarfile
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Self

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import func, make_url, select, text

from forum.accounts.models import Member, SignIn
from forum.accounts.operations import join
from forum.app import create_app
from forum.backups import postgresql
from forum.backups.sealing import PIECE, Key, SealedReader, SealError, SealingWriter
from forum.commands.main import main
from forum.commands.migrate import upgrade_database
from forum.extensions import db
from forum.posts.models import Post
from forum.posts.operations import reply
from forum.rooms.models import Room
from forum.settings import Settings
from moderation.cases.models import Flag
from moderation.rights.erasure import request_erasure
from moderation.rights.models import PostsFate
from moderation.rules.operations import publish
from tests.conftest import new_postgresql_database, rules_for_tests
from tests.factories import make_member, make_room, make_thread, scan_all, sign_in

PASSPHRASE = "kenari emas hinggap 7731"
CANARY = "zzamber zzkenari-cadangan"
WRITERS = 2


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request, tmp_path, monkeypatch):
    """A site of its own, whose database may be destroyed. Gives settings and app."""
    if request.param == "sqlite":
        yield from a_small_site(tmp_path, request.getfixturevalue("new_database"), monkeypatch)
        return
    with new_postgresql_database(request.getfixturevalue("postgresql_url")) as url:
        settings, app = a_site(tmp_path, url, monkeypatch)
        upgrade_database(app)
        with app.app_context():
            publish(None, rules_for_tests(), "for tests")
            db.session.commit()
        yield settings, app
        let_go(app)


@pytest.fixture
def small(tmp_path, new_database, monkeypatch):
    """A site on SQLite, for what has nothing to do with the database."""
    yield from a_small_site(tmp_path, new_database, monkeypatch)


def a_small_site(folder: Path, new_database: Path, monkeypatch):
    path = folder / "data" / "teduh.db"
    settings, app = a_site(folder, f"sqlite:///{path}", monkeypatch)
    shutil.copy(new_database, path)
    yield settings, app
    let_go(app)


def a_site(folder: Path, url: str, monkeypatch):
    """Return settings and app of a site without a database yet, as the environment names it."""
    data = folder / "data"
    data.mkdir()
    settings = Settings(demo=True, data_dir=data, database_url=url, redis_url="", sample_percent=0)
    for name, value in {
        "DATABASE_URL": url,
        "TEDUH_DATA_DIR": str(data),
        "TEDUH_DEMO": "1",
        "REDIS_URL": "",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(folder)
    return settings, create_app(settings)


def let_go(app) -> None:
    """Close all connections, as a stopped Teduh has."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def teduh(*words: object, code: int = 0) -> dict[str, object]:
    """Run a command as a script would; return what it says."""
    done = CliRunner().invoke(main, ["backup", *map(str, words), "--json"])
    assert done.exit_code == code, (done.output, done.exception)
    return json.loads(done.stdout) if code < 2 else {"error": done.stderr}


def destroy(settings: Settings) -> None:
    """Lose the database as a broken disk would."""
    url = make_url(settings.sqlalchemy_url)
    if url.get_backend_name() == "sqlite":
        path = Path(str(url.database))
        path.write_bytes(secrets.token_bytes(4096))
        for end in ("-wal", "-shm"):
            path.with_name(path.name + end).unlink(missing_ok=True)
        return
    with postgresql.connect(url) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")


class Writers:
    """Threads that post without end; `posted` holds what was committed."""

    def __init__(self, app, opening_id: int, author_id: int) -> None:
        self.posted: list[int] = []
        self._app = app
        self._ids = opening_id, author_id
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._write) for _ in range(WRITERS)]

    def _write(self) -> None:
        with self._app.app_context():
            opening = db.session.get(Post, self._ids[0])
            author = db.session.get(Member, self._ids[1])
            while not self._stop.is_set():
                post = reply(
                    author,
                    opening.thread,
                    body=f"{CANARY} {secrets.token_hex(8)}",
                    submission_key=secrets.token_hex(16),
                )
                db.session.commit()
                self.posted.append(post.id)
                # Enough for some in every phase of a backup, and few to scan afterwards.
                time.sleep(0.02)

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        while len(self.posted) < 10:
            assert any(thread.is_alive() for thread in self._threads)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


def wait_for_others(monkeypatch, seconds: float) -> None:
    """Say how long a restore waits for others to let go of the database."""
    for database in ("sqlite", "postgresql"):
        monkeypatch.setattr(f"forum.backups.{database}.PATIENCE_SECONDS", seconds)


def test_drill(site, tmp_path, monkeypatch):
    """Write, back up under load, lose everything, restore: all is there but who left."""
    settings, app = site
    key = tmp_path / "offline.pem"
    assert CliRunner().invoke(main, ["backup", "key", str(key)]).exit_code == 0
    with app.app_context():
        leaver, _ = join("cendana-kenari-42", PASSPHRASE, language="id")
        writer = make_member()
        make_thread(leaver, body="zzamber zzpergi")
        opening = make_thread(body=CANARY)
        scan_all()
        opening_id, writer_id, leaver_id = opening.id, writer.id, leaver.id
        flags = db.session.scalar(select(func.count(Flag.id)))
    sign_in(app, "cendana-kenari-42")
    with Writers(app, opening_id, writer_id) as writers:
        before = set(writers.posted)
        made = teduh("create", "--key-file", f"{key}.pub")
        during = set(writers.posted) - before
    assert during, "nothing was written meanwhile"

    file = Path(made["file"])
    assert made["sealed"] is True
    assert file.stat().st_mode & 0o777 == 0o600
    assert b"zzkenari" not in file.read_bytes()
    assert not list(settings.data_dir.glob(".backup-*"))
    with app.app_context():
        request_erasure(db.session.get(Member, leaver_id), PostsFate.REMOVE)
        db.session.commit()
        scan_all()
        assert settings.erase_list_path.read_text().count("\n") == 1

    proven = teduh("verify", file, "--key-file", key)
    assert proven["healthy"] is True
    assert proven["rows"] == made["rows"]

    # It runs; then it is stopped; then it is gone.
    wait_for_others(monkeypatch, 0.2)
    assert "Stop" in teduh("restore", file, "--key-file", key, "--replace", code=2)["error"]
    let_go(app)
    # A server needs a moment to see that somebody has hung up, and a busy one needs more.
    wait_for_others(monkeypatch, 60)
    assert "not empty" in teduh("restore", file, "--key-file", key, code=2)["error"]
    with app.app_context():
        assert db.session.scalar(select(func.count(Post.id))) > len(before)
    let_go(app)
    destroy(settings)
    restored = teduh("restore", file, "--key-file", key, "--replace")
    assert (restored["healthy"], restored["erased_again"]) == (True, 1)

    with app.app_context():
        found = set(db.session.scalars(select(Post.id)))
        assert before <= found, "a post from before the backup is lost"
        assert "zzpergi" not in "".join(db.session.scalars(select(Post.body)))
        assert db.session.get(Member, leaver_id).pseudonym != "cendana-kenari-42"
        scan_all()
        assert db.session.scalar(select(func.count(Flag.id))) >= flags + len(before)
    lives_on(app, newest=max(found))


def lives_on(app, newest: int) -> None:
    """Check that a restored site is a whole one: nobody is signed in, all is read, doctor agrees."""
    with app.app_context():
        assert db.session.scalar(select(func.count(SignIn.id))) == 0
        assert db.session.scalar(select(func.count(Post.id)).where(Post.scanned_version == 0)) == 0
        # Numbers go on where they were: nothing new takes the number of something old.
        assert make_thread(body="calm").id > newest
        db.session.commit()
    let_go(app)
    done = CliRunner().invoke(main, ["doctor", "--json"])
    broken = [check for check in json.loads(done.stdout)["checks"] if check["broken"]]
    assert (done.exit_code, broken) == (0, [])


def test_a_restore_that_fails_changes_nothing(site, monkeypatch):
    settings, app = site
    with app.app_context():
        make_thread(body=CANARY)
        db.session.commit()
    file = teduh("create")["file"]
    with app.app_context():
        later = make_thread(body="later").id
        db.session.commit()
    let_go(app)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("forum.commands.restoring.upgrade_database", fail)
    assert "No space left" in teduh("restore", file, "--replace", code=2)["error"]
    monkeypatch.undo()
    with app.app_context():
        assert db.session.get(Post, later) is not None
    assert not list(settings.data_dir.glob(".backup-*"))


@pytest.mark.usefixtures("command_ends")
def test_after_a_restore_that_was_killed_nothing_begins_on_an_empty_database(
    postgresql_url, tmp_path, monkeypatch
):
    with new_postgresql_database(postgresql_url) as url:
        _, app = a_site(tmp_path, url, monkeypatch)
        upgrade_database(app)
        with app.app_context():
            room_id = make_room("ruang-lama").id
            db.session.commit()
        file = teduh("create")["file"]
        let_go(app)
        # As it is between the first step of a restore and the last one.
        with postgresql.connect(make_url(url)) as connection:
            connection.execute(f"ALTER SCHEMA public RENAME TO {postgresql.ASIDE}")
            connection.execute("CREATE SCHEMA public")
        for words in (["migrate"], ["doctor"]):
            done = CliRunner().invoke(main, words)
            assert done.exit_code == 2
            assert "teduh backup restore" in done.stderr
        with postgresql.connect(make_url(url)) as connection:
            assert not postgresql.has_tables(connection)
            # Their processes would have ended.
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        assert teduh("restore", file)["healthy"]
        assert CliRunner().invoke(main, ["migrate"]).exit_code == 0
        with app.app_context():
            assert db.session.get(Room, room_id) is not None
        let_go(app)


def test_the_erase_list_may_not_be_older_than_the_backup(small):
    settings, app = small
    settings.erase_list_path.write_text(
        json.dumps({"mark": "ab" * 32, "posts": "keep", "asked_on": "2026-11-01"}) + "\n"
    )
    file = teduh("create")["file"]
    let_go(app)
    settings.erase_list_path.unlink()
    assert "newest copy" in teduh("restore", file, "--replace", code=2)["error"]
    assert teduh("restore", file, "--replace", "--without-list")["erased_again"] == 0


def test_one_step_down_and_an_older_backup_is_brought_up_to_date(site):
    _, app = site
    with app.app_context():
        opening = make_thread(body="zzred").id
        scan_all()
    let_go(app)
    for _ in range(2):
        assert CliRunner().invoke(main, ["migrate", "--down"]).exit_code == 0
    assert CliRunner().invoke(main, ["version"]).exit_code == 1
    file = teduh("create")["file"]
    assert teduh("verify", file)["healthy"] is True
    assert teduh("restore", file, "--replace")["healthy"] is True
    with app.app_context():
        assert db.session.get(Post, opening).body == "zzred"
        assert db.session.scalar(select(func.count(Flag.id))) == 1
    lives_on(app, newest=opening)


def test_a_backup_of_a_newer_version_is_refused(small):
    _, app = small
    with app.app_context():
        db.session.execute(text("UPDATE alembic_version SET version_num = '9999_tomorrow'"))
        db.session.commit()
    file = teduh("create")["file"]
    let_go(app)
    assert "newer one" in teduh("verify", file, code=2)["error"]
    assert "newer one" in teduh("restore", file, "--replace", code=2)["error"]


def test_only_the_newest_are_kept(small):
    settings, _ = small
    other = settings.backup_folder / "notes.txt"
    settings.backup_folder.mkdir()
    other.write_text("mine")
    files = [Path(teduh("create", "--keep", 2)["file"]) for _ in range(4)]
    assert [file.exists() for file in files] == [False, False, True, True]
    assert other.exists()


def test_a_plain_backup_opens_with_any_tar(small):
    _, app = small
    with app.app_context():
        make_thread(body=CANARY)
        db.session.commit()
    made = teduh("create")
    with tarfile.open(made["file"], "r:gz") as tar:
        assert tar.getnames() == ["manifest.json", "database"]
        assert json.load(tar.extractfile("manifest.json"))["rows"]["post"] == 1


def test_a_passphrase_seals_too(small, monkeypatch):
    monkeypatch.setenv("TEDUH_BACKUP_PASSPHRASE", PASSPHRASE)
    file = teduh("create")["file"]
    assert teduh("verify", file)["healthy"] is True
    monkeypatch.setenv("TEDUH_BACKUP_PASSPHRASE", "another one")
    assert "does not open it" in teduh("verify", file, code=2)["error"]
    monkeypatch.delenv("TEDUH_BACKUP_PASSPHRASE")
    assert "give it" in teduh("verify", file, code=2)["error"]


def test_broken_files_are_refused(small, tmp_path):
    """Cut at many places and changed at many places: never taken for a backup, never a traceback."""
    file = Path(teduh("create")["file"])
    content = file.read_bytes()
    broken = tmp_path / "broken.backup"
    refused = 0
    places = range(0, len(content) - 16, max(1, len(content) // 6))
    for place in places:
        broken.write_bytes(content[:place])
        assert teduh("verify", broken, code=2)["error"].startswith("teduh:")
        changed = content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :]
        broken.write_bytes(changed)
        done = CliRunner().invoke(main, ["backup", "verify", str(broken), "--json"])
        refused += done.exit_code == 2
        # Deflate writes the same bytes in many ways: in a run of zeros another distance copies the
        # same, so a changed file may hold the very same backup. Then, and only then, it is taken.
        assert done.exit_code == 2 or gzip.decompress(changed) == gzip.decompress(content)
    assert refused > len(places) / 2


def test_two_backups_do_not_work_at_once(small):
    settings, _ = small
    with (settings.data_dir / "backup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "Another" in teduh("create", code=2)["error"]
    # What a killed one has left is removed by the next.
    left = settings.data_dir / ".backup-killed"
    left.mkdir()
    (left / "database").write_bytes(b"words")
    partial = settings.backup_folder / "teduh-20261123-010203-000000.backup.partial"
    partial.write_bytes(b"words")
    other = partial.with_name("notes.partial")
    other.touch()
    teduh("create")
    assert not left.exists()
    assert not partial.exists()
    assert other.exists()


def test_a_damaged_database_is_not_backed_up(small):
    settings, app = small
    with app.app_context():
        make_room("ruang-satu")
        for _ in range(50):
            make_thread(body="calm " * 200)
        db.session.commit()
    let_go(app)
    path = settings.data_dir / "teduh.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        for page in range(20, 60):
            file.seek(page * 4096)
            file.write(os.urandom(512))
    assert "teduh:" in teduh("create", code=2)["error"]
    assert not list(settings.backup_folder.glob("*"))


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 200_001])
def test_seals(size):
    content = os.urandom(size)
    key = Key(private=X25519PrivateKey.generate())
    sealed = io.BytesIO()
    writer = SealingWriter(sealed, key)
    for start in range(0, size, 10_007):
        writer.write(content[start : start + 10_007])
    writer.close()
    assert opened(sealed.getvalue(), key) == content


def test_no_piece_of_a_seal_can_be_moved_or_left_out():
    key = Key(private=X25519PrivateKey.generate())
    sealed = io.BytesIO()
    writer = SealingWriter(sealed, key)
    writer.write(os.urandom(4 * PIECE))
    writer.close()
    whole = sealed.getvalue()
    start = whole.index(b"\n", whole.index(b"\n") + 1) + 1
    head, step = whole[:start], PIECE + 16
    pieces = [whole[at : at + step] for at in range(start, len(whole), step)]
    assert len(pieces) == 4
    for wrong in (
        pieces[:3],
        pieces[1:],
        [pieces[1], pieces[0], *pieces[2:]],
        [*pieces, pieces[3]],
        [*pieces[:3], pieces[3] + b"x"],
        [],
    ):
        with pytest.raises(SealError):
            opened(head + b"".join(wrong), key)
    with pytest.raises(SealError):
        opened(whole, Key(private=X25519PrivateKey.generate()))
    with pytest.raises(SealError):
        opened(whole, Key(public=key.public))
    changed = whole.replace(b'"kind"', b'"Kind"', 1)
    with pytest.raises(SealError):
        opened(changed, key)


def opened(whole: bytes, key: Key) -> bytes:
    file = io.BytesIO(whole)
    file.readline()
    reader, parts = SealedReader(file, key), []
    while part := reader.read(4_099):
        parts.append(part)
    return b"".join(parts)
