"""How many members how many machines carry: a seeded model, fed and checked by what was measured.

`python benchmarks/capacity.py` reads docs/performance.json. First it plays the measured runs, of
16 browsers that ask again at once, and compares: exit code 1 says that the model is off by more
than a quarter on average. Then it plays the busiest minute of sites of growing size on machines of
growing number. What people do in a day is assumed, and stands in MIX; with other habits the figures
move in proportion.
"""

import argparse
import heapq
import json
import math
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.parts.measure import CONNECTIONS, spread
from benchmarks.parts.report import NAMES, REPLY, put_between, table

SEED = 20_261_123
CORES = 2
# How often an active member, and the visitors who come with them, open each page in a day.
MIX = {
    "thread page, member, 400 threads": 12.0,
    "room page, member": 4.0,
    "search, member": 0.5,
    REPLY: 0.6,
    "thread page, visitor, 400 threads": 8.0,
    "room page, visitor": 2.0,
    "front page, visitor": 2.0,
    "help page, visitor": 0.5,
    "sign-in form": 0.5,
}
# An evening hour has an eighth of a day's pages, and its busiest minute half as many again.
ACTIVE, HOUR_SHARE, BURST = 0.08, 0.125, 1.5
SIZES = (1_000, 5_000, 10_000, 50_000, 100_000, 500_000, 1_000_000, 3_000_000)
MOST_BUSY, MOST_P95_MS, MOST_OFF = 0.6, 300.0, 0.25
PLAYED_SECONDS = 60.0
REPLICA_FROM_CORES = 8


@dataclass(frozen=True)
class Cost:
    """CPU milliseconds of one request: in the web process, and in the database."""

    web: float
    database: float


@dataclass(frozen=True)
class Shape:
    """Machines: cores for web processes and workers, cores of the database; 0: on the same."""

    name: str
    web: int
    database: int


def closed_loop(mean_ms: float, random_: random.Random) -> tuple[float, float]:
    """Play browsers that ask again at once, on CORES. Returns requests a second, and p50 in ms."""
    free = [0.0] * CORES
    ready = [(0.0, browser) for browser in range(CONNECTIONS)]
    times: list[float] = []
    moment = 0.0
    while len(times) < 4_000:
        asked, browser = heapq.heappop(ready)
        start = max(asked, heapq.heappop(free))
        moment = start + _service(mean_ms, random_)
        heapq.heappush(free, moment)
        heapq.heappush(ready, (moment, browser))
        times.append(moment - asked)
    return len(times) / moment * 1000, spread(times)["p50"]


def busiest_minute(
    rate: float, costs: dict[str, Cost], shape: Shape, random_: random.Random
) -> tuple[float, float]:
    """Play requests that come by chance. Returns p95 in ms, and how busy the busier part is."""
    names, weights = list(MIX), list(MIX.values())
    web = [0.0] * shape.web
    database = [0.0] * shape.database if shape.database else web
    work, data, times, moment = 0.0, 0.0, [], 0.0
    while moment < PLAYED_SECONDS * 1000:
        moment += random_.expovariate(rate) * 1000
        cost = costs[random_.choices(names, weights)[0]]
        first, second = _service(cost.web, random_), 0.0
        if cost.database:
            second = _service(cost.database, random_)
        work += first
        data += second
        # A web process waits for the database and works on; one queue after the other is near.
        done = _take(web, moment, first)
        times.append((_take(database, done, second) if second else done) - moment)
    both = PLAYED_SECONDS * 1000
    if not shape.database:
        return spread(times)["p95"], (work + data) / both / shape.web
    return spread(times)["p95"], max(work / both / shape.web, data / both / shape.database)


def peak_rate(members: int) -> float:
    """Return requests a second in the busiest minute."""
    return members * ACTIVE * sum(MIX.values()) * HOUR_SHARE / 3600 * BURST


def shape_for(members: int, kinds: dict[str, dict[str, Cost]]) -> Iterator[tuple[str, Shape]]:
    """Yield kinds of database and machines, from the smallest on, that could be enough."""
    yield "sqlite", Shape("one server, 2 cores, SQLite", CORES, 0)
    yield "postgresql", Shape("one server, 2 cores, PostgreSQL", CORES, 0)
    yield "postgresql", Shape("one server, 4 cores, PostgreSQL", 2 * CORES, 0)
    rate, costs = peak_rate(members), kinds["postgresql"]
    total = sum(MIX.values())
    web = sum(costs[name].web * share for name, share in MIX.items()) / total * rate / 1000
    data = sum(costs[name].database * share for name, share in MIX.items()) / total * rate / 1000
    replicas = max(2, math.ceil(web / (MOST_BUSY * CORES)))
    cores = max(CORES, math.ceil(data / MOST_BUSY))
    for more in range(20):
        parts = [f"{replicas + more} web machines of 2 cores"]
        if cores + more <= REPLICA_FROM_CORES:
            parts.append(f"PostgreSQL on {cores + more} cores")
        else:
            readers = math.ceil((cores + more) / REPLICA_FROM_CORES) - 1
            named = "read replica" if readers == 1 else "read replicas"
            parts.append(f"PostgreSQL on {REPLICA_FROM_CORES} cores, {readers} {named}")
        yield "postgresql", Shape(", ".join(parts), (replicas + more) * CORES, cores + more)


def check(found: dict[str, Any], random_: random.Random) -> tuple[float, str]:
    """Hold the model beside each measured run. Returns how far it is off, and a table."""
    off, rows = [], []
    for kind, result in found["databases"].items():
        for each in result["things"]:
            if each["name"] not in MIX or each["name"] in (REPLY, "search, member"):
                continue
            cost = each["web_ms"] + each["database_ms"] + each["client_ms"]
            rate, p50 = closed_loop(cost, random_)
            off.append(abs(rate / each["rate"] - 1))
            rows.append(
                (
                    NAMES[kind],
                    each["name"],
                    *(f"{number:,.0f}" for number in (each["rate"], rate)),
                    *(f"{number:.1f}" for number in (each["p50"], p50)),
                )
            )
    head = ("database", "measured run", "req/s measured", "model", "p50 ms measured", "model")
    return sum(off) / len(off), table(head, rows)


def grow(found: dict[str, Any], random_: random.Random) -> str:
    """Return a table of what is enough for how many members."""
    kinds = {kind: costs_of(result) for kind, result in found["databases"].items()}
    rows = []
    for members in SIZES:
        rate = peak_rate(members)
        for kind, shape in shape_for(members, kinds):
            # What was not measured is not played.
            if kind not in kinds:
                continue
            costs, total = kinds[kind], sum(MIX.values())
            needed = sum((costs[n].web + costs[n].database) * share for n, share in MIX.items())
            # What can't be done at all needs no playing.
            if needed / total * rate / 1000 > shape.web + shape.database:
                continue
            p95, busy = busiest_minute(rate, costs, shape, random_)
            if p95 <= MOST_P95_MS and busy <= MOST_BUSY:
                posts = members * ACTIVE * MIX[REPLY]
                rows.append(
                    (
                        f"{members:,}",
                        f"{posts:,.0f}",
                        f"{rate:,.1f}",
                        shape.name,
                        f"{p95:.0f}",
                        f"{busy:.0%}",
                    )
                )
                break
    head = ("members", "posts a day", "req/s in the busiest minute", "enough", "p95 ms", "busy")
    return table(head, rows)


def costs_of(result: dict[str, Any]) -> dict[str, Cost]:
    """Return what each page costs. To a reply belongs the worker that reads it."""
    costs = {each["name"]: Cost(each["web_ms"], each["database_ms"]) for each in result["things"]}
    reply = costs[REPLY]
    costs[REPLY] = Cost(reply.web + result["flags"][0]["worker_ms"], reply.database)
    return costs


def main() -> int:
    """Check the model, then print what carries how many. Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--docs", type=Path, help="write both tables into scaling.md there")
    options = parser.parse_args()
    file = (options.docs or Path("docs")) / "performance.json"
    found = json.loads(file.read_text("utf-8"))
    random_ = random.Random(SEED)
    off, beside = check(found, random_)
    told = f"{beside}\n\nOn average the model is off by {off:.0%}.\n\n{grow(found, random_)}"
    print(told)
    if options.docs:
        put_between(options.docs / "scaling.md", told)
    return int(off > MOST_OFF)


def _service(mean_ms: float, random_: random.Random) -> float:
    """Draw the time of one request: most are near the mean, some take three times as long."""
    return mean_ms * random_.lognormvariate(-0.08, 0.4)


def _take(free: list[float], moment: float, length: float) -> float:
    """Give the earliest free core a piece of work. Returns when it is done."""
    done = max(moment, heapq.heappop(free)) + length
    heapq.heappush(free, done)
    return done


if __name__ == "__main__":
    sys.exit(main())
