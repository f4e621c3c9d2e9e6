"""How fast Teduh's pages are, beside a bare Flask page and FlaskBB in the same run.

`make bench-pages` runs it and writes docs/performance.json, the table and the chart of
docs/performance.md. It fills a database of each kind with a million posts, and one with ten
thousand, unless `--keep` names a folder in which an earlier run left them.
"""

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import structlog

from benchmarks.parts.databases import databases
from benchmarks.parts.load import load, post
from benchmarks.parts.measure import Thing, compare_sizes, measure, medians
from benchmarks.parts.peer import peer_things
from benchmarks.parts.processes import cpu_seconds, tree_of
from benchmarks.parts.report import BARE, DESK, JINJA, MEMBER, REPLY, VISITOR, about, tables, write
from benchmarks.parts.sites import Site, key, open_forms, pages, server, site
from benchmarks.parts.talk import Size
from benchmarks.parts.words import VOCABULARY, make_words
from tests.pages import statements_of
from tests.system import environment

IDLE_SECONDS = 10
LARGE = Size()
SMALL = Size(posts=10_000, members=5_000, cases=100, open_cases=100)
POSTS, SEARCHES = 240, 120
WORDS = make_words(VOCABULARY, random.Random(LARGE.seed))
# Posts a second, each for so many seconds: what is aimed at, and a busy night of a small server.
FLAG_RATES = (50, 5)
FLAG_SECONDS = 4
# As tests/faults writes them: one calm, one amber, one red.
TEXTS = {
    "green": "Hari ini lumayan, tadi masak sayur bening.",
    "amber": "Aku capek banget, rasanya nggak ada harapan lagi.",
    "red": "Aku pengen mati.",
}


def things_of(made: Site) -> list[Thing]:
    """Return what is measured on a whole Teduh."""
    open_forms(made)
    here = {"port": made.port, "web": lambda: made.web_pids, "database": lambda: made.database_pids}
    thread = f"/utas/{made.measured}"
    others = [f"/utas/{name}" for name in made.threads]
    cookies = made.readers[0].cookies
    words = rare_words()
    fixed = {
        VISITOR: ([thread], ""),
        "thread page, visitor, 400 threads": (others, ""),
        MEMBER: ([thread], cookies),
        "thread page, member, 400 threads": (others, cookies),
        "room page, visitor": ([f"/ruang/{name}" for name in made.rooms], ""),
        "room page, member": ([f"/ruang/{name}" for name in made.rooms], cookies),
        "front page, visitor": (["/"], ""),
        "help page, visitor": (["/bantuan"], ""),
        "sign-in form": (["/masuk"], ""),
        DESK: (["/meja"], made.moderator.cookies),
    }
    things = [
        Thing(
            name,
            requests=lambda paths=paths, cookie=cookie: pages(paths, cookie),
            statements=statements(made, paths[0], cookie),
            **here,
        )
        for name, (paths, cookie) in fixed.items()
    ]
    things.append(
        Thing(
            "search, member",
            requests=lambda: [
                post("/cari", each.cookies, urlencode({"csrf_token": each.token, "asked": word}))
                for each, word in zip(made.readers, words * len(made.readers), strict=False)
            ][:SEARCHES],
            fresh=True,
            connections=4,
            **here,
        )
    )
    things.append(
        Thing(
            REPLY,
            requests=lambda: replies(made, others, POSTS),
            fresh=True,
            connections=8,
            expected="302",
            **here,
        )
    )
    return things


def desk_of(made: Site, name: str) -> Thing:
    """Return the desk alone of a site."""
    cookies = made.moderator.cookies
    return Thing(
        name,
        made.port,
        requests=lambda: pages(["/meja"], cookies),
        web=lambda: made.web_pids,
        database=lambda: made.database_pids,
        statements=statements(made, "/meja", cookies),
    )


def replies(made: Site, addresses: list[str], count: int) -> list[str]:
    """Return posts of many members into many threads, none like another."""
    random_ = random.Random(key())
    words = WORDS
    requests = []
    for number in range(count):
        reader = made.readers[number % len(made.readers)]
        fields = {
            "csrf_token": reader.token,
            "submission_key": key(),
            "body": " ".join(random_.choices(words, k=60)),
            "warning": "none",
            "write_as": "own",
            "quote": "",
            "looked": "1",
        }
        address = f"{addresses[number % len(addresses)]}/balas"
        requests.append(post(address, reader.cookies, urlencode(fields)))
    return requests


def rare_words() -> list[str]:
    """Return words that one post in a few thousand has."""
    return [word for word in WORDS[3_000:9_000] if len(word) > 5][:40]


def statements(made: Site, path: str, cookies: str) -> int:
    """Return how many statements a page sends."""
    client = made.app.test_client()
    if cookies:
        name, _, value = cookies.split(";", 1)[0].partition("=")
        client.set_cookie(name, value)
    return len(statements_of(made.app, client, path))


def bare_things(port: int, pid: int) -> list[Thing]:
    """Return what everything else is held against."""
    here = {"port": port, "web": lambda: tree_of(pid), "database": list}
    return [
        Thing(BARE, requests=lambda: pages(["/"]), **here),
        Thing(JINJA, requests=lambda: pages(["/jinja"]), **here),
    ]


def sizes_of(small: Site, large: Site, rounds: int) -> list[dict[str, Any]]:
    """Return how much longer pages take on the large database, over one connection."""

    def both(
        ask_for: Callable[[Site], list[str]],
    ) -> tuple[tuple[int, list[str]], tuple[int, list[str]]]:
        return (small.port, ask_for(small)), (large.port, ask_for(large))

    # As many threads of each, so that both have as much to remember. What a visitor reads is kept
    # by its whole address, so each address is asked for once.
    count = min(len(small.threads), len(large.threads))

    def each_thread(made: Site, cookies: str = "") -> list[str]:
        turns = range(rounds + 1)
        names = made.threads[:count]
        return pages([f"/utas/{name}?turn={turn}" for turn in turns for name in names], cookies)

    def each_room(made: Site, cookies: str = "") -> list[str]:
        return pages([f"/ruang/{name}" for name in made.rooms], cookies)

    return compare_sizes(
        {
            "the same thread, visitor": both(lambda made: pages([f"/utas/{made.measured}"])),
            f"{count} threads, visitor": both(each_thread),
            f"{count} threads, member": both(
                lambda made: each_thread(made, made.readers[1].cookies)
            ),
            "rooms, visitor": both(each_room),
            "rooms, member": both(lambda made: each_room(made, made.readers[1].cookies)),
            "help page, visitor": both(lambda _: pages(["/bantuan"])),
            DESK: both(lambda made: pages(["/meja"], made.moderator.cookies)),
        },
        rounds=rounds,
        most=count,
    )


def post_to_flag(made: Site, url: str, folder: Path, rate: int, count: int) -> dict[str, Any]:
    """Post `rate` a second through the running system; returns the ledger of `teduh simulate`."""
    random_ = random.Random(LARGE.seed)
    file = folder / "posts.jsonl"
    levels = [random_.choice(list(TEXTS)) for _ in range(count)]
    lines = [json.dumps({"text": TEXTS[level], "level": level}) for level in levels]
    file.write_text("\n".join(lines), "utf-8")
    before = cpu_seconds(made.worker_pids)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "forum.commands.main", "simulate", str(file)),
            *("--rate", str(rate), "--json"),
        ],
        env=environment(made.run.folder) | {"DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    ledger: dict[str, Any] = json.loads(done.stdout)
    worker_ms = (cpu_seconds(made.worker_pids) - before) * 1000 / count
    return ledger | {"rate": rate, "worker_ms": worker_ms}


def measure_kind(kind: str, keep: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Measure everything on one kind of database."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="teduh-bench-")))
        bases = stack.enter_context(databases(kind, keep, {"small": SMALL, "large": options.large}))
        pid = bases.pid
        large = stack.enter_context(site("large", folder / "large", bases.urls["large"], pid))
        time.sleep(IDLE_SECONDS)
        idle = large.memory()
        small = stack.enter_context(site("small", folder / "small", bases.urls["small"], pid))
        say(f"{kind}: all runs; idle stack {sum(idle.values()):.0f} MB {idle}")
        things = things_of(large)
        few = desk_of(small, f"{DESK}, {SMALL.cases:,} cases in all")
        size = load(large.port, pages([f"/utas/{large.measured}"]), most=2)["bytes"]
        bare = stack.enter_context(
            server("benchmarks.parts.bare:app", folder / "bare", BARE_BYTES=str(size))
        )
        things = [*bare_things(*bare), *things, few]
        peer = peer_things(stack, options.flaskbb, folder, bases)
        things += peer
        measure(things, options.rounds, options.seconds, say)
        result = {
            "idle_mb": idle,
            "loaded_mb": large.memory(),
            "things": [medians(thing) for thing in things if thing.rounds],
            "sizes": sizes_of(small, large, options.rounds),
        }
        small.run.end(signal.SIGTERM)
        result["flags"] = [
            post_to_flag(
                large, bases.urls["large"], folder, rate, rate * FLAG_SECONDS * options.rounds
            )
            for rate in FLAG_RATES
        ]
    return result


def say(line: str) -> None:
    """Tell on stderr how far it is: stdout is for the figures."""
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)


def main() -> None:
    """Read the command line, measure, and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--posts", type=int, default=LARGE.posts, help="of the large database")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="of load a thing and round")
    parser.add_argument("--keep", type=Path, help="where filled databases are, and stay")
    parser.add_argument("--flaskbb", type=Path, help="environment made by benchmarks/flaskbb")
    parser.add_argument(
        "--docs", type=Path, help="write figures, chart and tables into this folder"
    )
    parser.add_argument("--json", action="store_true", help="print JSON in place of tables")
    options = parser.parse_args()
    share = options.posts / LARGE.posts
    options.large = replace(
        LARGE,
        posts=options.posts,
        members=max(SMALL.members, int(LARGE.members * share)),
        cases=max(SMALL.cases, int(LARGE.cases * share)),
    )
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    kinds = ("sqlite", "postgresql") if options.database == "both" else (options.database,)
    with ExitStack() as stack:
        keep = options.keep or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="teduh-bench-", dir="/tmp"))
        )
        found = {"about": about(), "posts": options.posts, "rounds": options.rounds}
        found["databases"] = {kind: measure_kind(kind, keep, options) for kind in kinds}
    print(json.dumps(found) if options.json else tables(found))
    if options.docs:
        write(found, options.docs)


if __name__ == "__main__":
    main()
