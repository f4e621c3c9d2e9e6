"""FlaskBB beside Teduh, from the environment that benchmarks/flaskbb/make.sh makes.

As it comes, and with the index of its search off, which is what makes it slow. On PostgreSQL; with
gunicorn's two plain workers, which served it fastest in our research, and its default cache.
"""

import subprocess
import time
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.parts.databases import Databases, new_database
from benchmarks.parts.load import post
from benchmarks.parts.measure import Thing
from benchmarks.parts.processes import tree_of
from benchmarks.parts.report import PEER, PEER_MEMBER, PEER_REPLY, PEER_THREAD
from benchmarks.parts.sites import TOKEN, pages, quiet_environment, start
from tests.system import ROOT, free_port
from tests.web_server import ask, connect

SITE = ROOT / "benchmarks" / "flaskbb"
REPLIES = 60
FORUM = "/forum/1-cerita"
WITHOUT = " (index of search off)"


def peer_things(
    stack: ExitStack, environment: Path | None, folder: Path, bases: Databases
) -> list[Thing]:
    """Return what is measured on FlaskBB; nothing without its environment, or on SQLite."""
    if environment is None or not bases.server:
        return []
    things: list[Thing] = []
    for index, suffix in (("1", ""), ("0", WITHOUT)):
        home = folder / f"flaskbb-{index}"
        home.mkdir()
        url = new_database(bases.server, f"flaskbb_{index}_{time.time_ns()}")
        variables = quiet_environment() | {
            "FLASKBB_FOLDER": str(home),
            "FLASKBB_DATABASE": url.replace("+psycopg", "+psycopg2"),
            "FLASKBB_INDEX": index,
            "PYTHONPATH": str(SITE),
        }
        program = str(environment.absolute() / "bin" / "python")
        subprocess.run([program, SITE / "bbsite.py"], env=variables, check=True)
        # It notes its plugins at its first start with a schema. Of two workers that start at once
        # the second would find them noted, and die of it, and gunicorn with it.
        subprocess.run([program, "-c", "import bbsite"], env=variables, check=True)
        things += _things(stack, program, variables, bases, suffix)
    return things


def _things(
    stack: ExitStack, program: str, variables: dict[str, str], bases: Databases, suffix: str
) -> list[Thing]:
    port = free_port()
    command = [program, "-m", "gunicorn", "--workers", "2", "--bind", f"127.0.0.1:{port}"]
    pid = stack.enter_context(start([*command, "bbsite:app"], variables, port))
    cookies, token = _sign_in(port)
    here = {
        "faults": 0.1,
        "port": port,
        "web": lambda: tree_of(pid),
        "database": lambda: tree_of(bases.pid or 0),
    }
    fields = urlencode({"csrf_token": token, "content": "kata " * 100, "submit": "Reply"})
    return [
        Thing(f"{PEER_THREAD}{suffix}", requests=lambda: pages([topic(7)]), **here),
        Thing(
            f"{PEER_MEMBER}{suffix}",
            requests=lambda: pages([topic(7)], cookies),
            **here,
        ),
        Thing(f"{PEER}, forum page{suffix}", requests=lambda: pages([FORUM]), **here),
        Thing(
            f"{PEER_REPLY}{suffix}",
            requests=lambda: [
                post(f"{topic(number + 20)}/post/new", cookies, fields) for number in range(REPLIES)
            ],
            fresh=True,
            connections=8,
            expected="302",
            **here,
        ),
    ]


def topic(number: int) -> str:
    """Return the address of a topic; any other one that means it is answered with this one."""
    return f"/topic/{number}-cerita-nomor-{number - 1}"


def _sign_in(port: int) -> tuple[str, str]:
    """Sign the writer in. Returns cookies, and the token of forms."""
    with connect(port) as connection:
        _, page, headers = ask(connection, "GET", "/auth/login")
        cookies = headers["Set-Cookie"].partition(";")[0]
        typed = {"login": "penulis1", "password": "hujan reda di teras"}
        token = _token(page)
        status, _, headers = ask(
            connection, "POST", "/auth/login", cookies, csrf_token=token, **typed
        )
        if status != 302:
            raise RuntimeError(f"FlaskBB refuses to sign in: {status}")
        cookies = "; ".join(
            line.partition(";")[0] for line in headers.get_all("Set-Cookie", [cookies])
        )
        _, page, _ = ask(connection, "GET", f"{topic(7)}/post/new", cookies)
    return cookies, _token(page)


def _token(page: str) -> str:
    found = TOKEN.search(page)
    if found is None:
        raise RuntimeError("FlaskBB's page shows no form")
    return found[1]
