"""Nothing that leads to a person lies anywhere once they are gone: a whole system is searched.

Canaries are typed and sent where browsers and people put such things. Then every row, file, key of
the broker and line of output is searched for them, as they are, encoded and hashed. The text that
was posted must be found everywhere a database keeps it: the search can fail.
"""

import base64
import contextlib
import hashlib
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import httpx
import pytest
import redis
from sqlalchemy import MetaData, create_engine

from forum.accounts.demo import DEMO_PASSPHRASE
from forum.accounts.names import fold_name
from forum.settings import load_settings
from tests.conftest import new_postgresql_database
from tests.server_files import server_files
from tests.system import Run, free_port, processes_of, wait_until_gone

POSTED = "teh hangat kontrol lima lima satu dua"
FOUR, SIX = "203.0.113.77", "2001:db8:77:1:aaaa:bbbb:cccc:dddd"
AGENT, REFERRER = "Kenarigent/77.31", "https://kenari-perujuk.example/halaman"
PASSPHRASE, SECOND = "kenari emas hinggap 7731", "kenari perak pulang 1377"
WRONG_NAME, WRONG_PASSPHRASE = "kenari-nyasar-77", "kenari salah ketik 3177"
PHONE, QUERY = "0812-7731-0077", "cari-kenari-tujuh"
NAME, ROOM = "cendana-uji-42", "hal-kecil"
WAIT_SECONDS = 120


@dataclass
class Canaries:
    """What must be found nowhere: as it is, and what must not be found hashed either."""

    plain: list[str]
    addresses: list[str]
    tokens: list[str] = field(default_factory=list)

    def forms(self) -> dict[bytes, str]:
        """Return every form that is searched for, with what it is made of."""
        found: dict[bytes, str] = {}
        for word in (*self.plain, *self.addresses, *self.tokens):
            for form in (word.encode(), word.encode("utf-16-le"), word.encode().hex().encode()):
                found[form] = word
            found[base64.b64encode(word.encode()).rstrip(b"=")[:-1]] = word
        for word in (*self.plain, *self.addresses):
            for method in ("md5", "sha1", "sha256", "sha512"):
                digest = hashlib.new(method, word.encode()).digest()
                found[digest] = found[digest.hex().encode()] = f"{method} of {word}"
                found[base64.b64encode(digest)] = f"{method} of {word}"
                found[base64.urlsafe_b64encode(digest)] = f"{method} of {word}"
        return found


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Address of an empty database and the folder of a system's data."""
    if request.param == "sqlite":
        yield "", tmp_path / "data"
    else:
        with new_postgresql_database(request.getfixturevalue("postgresql_url")) as url:
            yield url, tmp_path / "data"
    for pid in processes_of(tmp_path / "data"):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


class Person:
    """A browser behind a proxy that says where it is."""

    def __init__(self, port: int, address: str) -> None:
        headers = {"X-Forwarded-For": address, "User-Agent": AGENT, "Referer": REFERRER}
        self.web = httpx.Client(
            base_url=f"http://127.0.0.1:{port}",
            headers=headers,
            follow_redirects=True,
            # Whether an answer is quick is for others to say.
            timeout=60,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.web.close()

    def open(self, address: str) -> str:
        answer = self.web.get(address)
        assert answer.status_code < 500, address
        return answer.text

    def send(self, address: str, action: str = "", **typed: str) -> str:
        """Fill in the form of a page that goes to such an address, and send it."""
        page = self.open(address)
        form = next(
            found
            for found in re.findall(r"<form[^>]*>.*?</form>", page, re.DOTALL)
            if 'method="post"' in found
            and (action in found.split(">")[0] if action else "action" not in found.split(">")[0])
        )
        hidden = {}
        for tag in re.findall(r'<input[^>]*type="hidden"[^>]*>', form):
            hidden[re.search(r'name="([^"]*)"', tag)[1]] = re.search(r'value="([^"]*)"', tag)[1]
        where = re.search(r'action="([^"]*)"', form.split(">")[0])
        answer = self.web.post(where[1] if where else address, data=hidden | typed)
        assert answer.status_code < 500, address
        return answer.text

    @property
    def token(self) -> str:
        return self.web.cookies["teduh"]


def live(port: int) -> Canaries:
    """As `use` says, with browsers that are closed in the end."""
    with contextlib.ExitStack() as browsers:
        return use(lambda address: browsers.enter_context(Person(port, address)))


def use(person: Callable[[str], "Person"]) -> Canaries:
    """Join, come in wrongly and rightly, write, report, answer, recover, leave.

    Returns everything that was used and must be found nowhere.
    """
    found = Canaries(
        [AGENT, REFERRER, PASSPHRASE, SECOND, WRONG_NAME, WRONG_PASSPHRASE, PHONE, QUERY],
        [FOUR, SIX, SIX.partition(":aaaa")[0]],
    )
    found.plain.append(PHONE.replace("-", ""))
    one = person(FOUR)
    joined = one.send("/gabung", pseudonym=NAME, passphrase=PASSPHRASE, adult="y", agreement="y")
    codes = re.findall(r"<code>([^<]+)</code>", joined)
    assert len(codes) == 8
    found.plain += [form for code in codes for form in (code, code.replace("-", ""))]
    found.tokens.append(one.token)
    one.open(f"/?q={QUERY}")
    one.open(f"/{QUERY}/tidak-ada?{QUERY}=1")
    write_with_a_number(one)
    found.tokens.append(answer_a_check_in(one, person(FOUR)))
    report_somebody(one)
    one.send("/akun", "/keluar-akun")
    assert not one.web.cookies.get("teduh")

    two = person(SIX)
    two.send("/masuk", pseudonym=WRONG_NAME, passphrase=WRONG_PASSPHRASE)
    two.send("/masuk", pseudonym=NAME, passphrase=WRONG_PASSPHRASE)
    two.send("/pulihkan", pseudonym=NAME, code="0000-0000-0000", passphrase=SECOND)
    two.send("/masuk", pseudonym=NAME, passphrase=PASSPHRASE)
    found.tokens.append(two.token)
    two.web.get("/keluar", follow_redirects=False)
    assert NAME in two.send("/pulihkan", pseudonym=NAME, code=codes[0], passphrase=SECOND)
    found.tokens.append(two.token)
    # What breaks a request must not be quoted anywhere either.
    for path in (f"/utas/%00{QUERY}", f"/utas/{QUERY}%ff", f"/tulisan/{QUERY}"):
        two.open(path)
    two.web.post(f"/masuk?{QUERY}", content=b"\xff" * 50 + PASSPHRASE.encode())
    return found


def write_with_a_number(person: Person) -> None:
    """Write a thread with a phone number, and cover it when asked."""
    typed = {"title": "Sore ini", "body": f"{POSTED} {PHONE}", "warning": "none"}
    assert "<mark>" in person.send(f"/ruang/{ROOM}/tulis", "", **typed)
    written = person.send(f"/ruang/{ROOM}/tulis", "", **typed, personal="cover")
    assert POSTED in written
    assert PHONE not in written


def answer_a_check_in(person: Person, desk: Person) -> str:
    """Write something heavy, be written to by a moderator, answer. Returns the other's token."""
    typed = {"title": "Malam ini", "body": "aku pengen mati aja rasanya", "warning": "none"}
    person.send(f"/ruang/{ROOM}/tulis", "", **typed)
    desk.send("/masuk", pseudonym="sekar", passphrase=DEMO_PASSPHRASE)
    give_up = time.monotonic() + WAIT_SECONDS
    while True:
        cases = set(re.findall(r"/meja/kasus/[\w-]{22}", desk.open("/meja")))
        mine = [case for case in cases if "Malam ini</h1>" in desk.open(case)]
        if mine:
            break
        assert time.monotonic() < give_up
        time.sleep(0.5)
    desk.send(mine[0], "/ambil")
    desk.send(mine[0], "/sapa", body="Aku di sini. Gimana malam ini?")
    talk = re.search(r"/kabar/[\w-]{22}", person.open("/kabar"))[0]
    assert "lumayan" in person.send(talk, talk, body="lumayan, makasih")
    return desk.token


def leave_for_good(port: int) -> None:
    """Have the account erased, with all posts."""
    with Person(port, SIX) as person:
        person.send("/masuk", pseudonym=NAME, passphrase=SECOND)
        page = person.send("/akun/hapus", posts="remove", sure="y", passphrase=SECOND)
        assert "72" in page


def report_somebody(person: Person) -> None:
    """Tell the volunteers about a post of somebody else."""
    for thread in re.findall(r"/utas/[\w-]{22}", person.open(f"/ruang/{ROOM}")):
        if post := re.search(r"/lapor/[\w-]{22}", person.open(thread)):
            person.send(post[0], door="worry", note="aku khawatir")
            return
    raise AssertionError("nobody to report")


def rows_of(url: str) -> Iterator[tuple[str, bytes]]:
    """Return every table as text."""
    engine = create_engine(url)
    schema = MetaData()
    schema.reflect(engine)
    with engine.connect() as connection:
        for table in schema.sorted_tables:
            rows = connection.execute(table.select())
            yield f"table {table.name}", "\n".join(repr(tuple(row)) for row in rows).encode()
        if engine.dialect.name == "postgresql":
            with connection.connection.cursor() as cursor:
                for table in schema.sorted_tables:
                    with cursor.copy(f'COPY "{table.name}" TO STDOUT') as copy:
                        yield f"copy of {table.name}", b"".join(bytes(part) for part in copy)
    engine.dispose()


def files_below(*folders: Path) -> Iterator[tuple[str, bytes]]:
    """Return every file; one that is gone meanwhile is no longer at rest."""
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                with contextlib.suppress(FileNotFoundError):
                    yield str(path), path.read_bytes()


def keys_of(socket_path: Path) -> Iterator[tuple[str, bytes]]:
    """Return every key of the broker with its value as it dumps it."""
    broker = redis.Redis(unix_socket_path=str(socket_path))
    for key in broker.scan_iter():
        value = broker.dump(key) or b""
        kind = broker.type(key)
        if kind == b"string":
            value += broker.get(key) or b""
        elif kind == b"list":
            value += b"\n".join(broker.lrange(key, 0, -1))
        elif kind == b"hash":
            value += b"\n".join(part for pair in broker.hgetall(key).items() for part in pair)
        yield f"broker key {key.decode()}", key + b" " + value
    broker.close()


def hits(places: Iterator[tuple[str, bytes]], forms: dict[bytes, str]) -> list[tuple[str, str]]:
    """Return where which of the forms stands."""
    return [(name, of) for name, content in places for form, of in forms.items() if form in content]


def test_nothing_identifying_is_at_rest(place, tmp_path):
    url, data = place
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    variables = {"TEDUH_PROXIES": "1", "TMPDIR": str(temporary)}
    # An open red case would hold the erasure at the end up, as it should.
    variables["TEDUH_ERASE_HOLD_HOURS"] = "0"
    run = Run(data, free_port(), **variables, **({"DATABASE_URL": url} if url else {}))
    try:
        run.wait_until_ready()
        settings = load_settings(demo=True, data_dir=data, **({"database_url": url} if url else {}))
        canaries = live(run.port)
        forms = canaries.forms()

        def everywhere() -> Iterator[tuple[str, bytes]]:
            yield from rows_of(settings.sqlalchemy_url)
            yield from files_below(data, settings.runtime_dir, temporary)
            yield "output", run.output.encode()
            if url:
                engine = create_engine(settings.sqlalchemy_url)
                yield from server_files(engine)
                engine.dispose()

        # A while, so that hints, jobs and sweeps have left whatever they leave.
        time.sleep(6)
        keys = list(keys_of(settings.runtime_dir / "valkey.sock"))
        assert any("LIMIT" in name for name, _ in keys), (
            "the search must see the limiter's counters"
        )
        assert hits(iter(keys), forms) == []
        assert hits(everywhere(), forms) == []
        control = {POSTED.encode(): "control"}
        where = {name for name, _ in hits(everywhere(), control)}
        assert "table post" in where
        assert any(name.startswith(("/", "copy", "base")) for name in where)
        if url:
            assert any(name.startswith("pg_wal/") for name in where)
        else:
            assert any(".db" in name for name in where)
        # A hash and an encoding are found too, where there is one.
        leak = hashlib.sha256(FOUR.encode()).hexdigest() + base64.b64encode(AGENT.encode()).decode()
        (temporary / "leak").write_text(leak)
        assert {of for _, of in hits(files_below(temporary), forms)} == {f"sha256 of {FOUR}", AGENT}
        (temporary / "leak").unlink()

        leave_for_good(run.port)
        give_up = time.monotonic() + WAIT_SECONDS
        erased = {word.encode(): word for word in (NAME, fold_name(NAME), POSTED, "lumayan")}
        while hits(rows_of(settings.sqlalchemy_url), erased):
            assert time.monotonic() < give_up, "the worker does not erase"
            time.sleep(0.5)
    finally:
        run.end(signal.SIGTERM)
    wait_until_gone(data)
    assert hits(everywhere(), forms) == [], "what is written at the end counts too"
