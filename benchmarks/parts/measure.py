"""Rounds of load on several servers by turns, and what they cost."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from benchmarks.parts.load import load
from benchmarks.parts.processes import cpu_seconds, machine_cpu_seconds

CONNECTIONS = 16


@dataclass
class Thing:
    """One thing to measure: a name, where it goes, and its requests, made anew for each round.

    `web` and `database` give the processes whose time is counted. `fresh` requests are sent once
    each, such as posts; others again and again until the time is over.
    """

    name: str
    port: int
    requests: Callable[[], list[str]]
    web: Callable[[], list[int]]
    database: Callable[[], list[int]]
    fresh: bool = False
    connections: int = CONNECTIONS
    expected: str = "200"
    # The share of answers that may be others, for a peer: with more, its row is left out.
    faults: float = 0.0
    statements: int | None = None
    rounds: list[dict[str, Any]] = field(default_factory=list)


def measure(things: list[Thing], rounds: int, seconds: float, tell: Callable[[str], None]) -> None:
    """Load all things by turns, `rounds` times, and note what each round showed."""
    for number in range(rounds + 1):
        tell(f"round {number} of {rounds}")
        for thing in things:
            requests = thing.requests()
            web, database = thing.web(), thing.database()
            before = cpu_seconds(web), cpu_seconds(database), machine_cpu_seconds()
            began = time.perf_counter()
            seen = load(
                thing.port,
                requests,
                connections=thing.connections,
                seconds=seconds if number else min(1.0, seconds),
                repeat=not thing.fresh,
            )
            took = time.perf_counter() - began
            after = cpu_seconds(web), cpu_seconds(database), machine_cpu_seconds()
            done = len(seen["milliseconds"])
            wrong = sum(n for k, n in seen["statuses"].items() if k != thing.expected)
            if wrong > thing.faults * sum(seen["statuses"].values()):
                told = f"{thing.name} answers {seen['statuses']}"
                if not thing.faults:
                    raise RuntimeError(told)
                tell(f"left out of this round: {told}")
                continue
            used = after[0] - before[0] + after[1] - before[1] + seen["client_cpu"]
            # The first round warms up.
            if number:
                thing.rounds.append(
                    {
                        "rate": done / seen["seconds"],
                        **spread(seen["milliseconds"]),
                        "web_ms": (after[0] - before[0]) * 1000 / done,
                        "database_ms": (after[1] - before[1]) * 1000 / done,
                        "client_ms": seen["client_cpu"] * 1000 / done,
                        "kilobytes": seen["bytes"] / 1000,
                        "foreign": max(0.0, after[2] - before[2] - used) / took,
                    }
                )


def spread(milliseconds: list[float]) -> dict[str, float]:
    """Return p50, p95 and p99."""
    if len(milliseconds) < 2:
        return dict.fromkeys(("p50", "p95", "p99"), milliseconds[0] if milliseconds else 0.0)
    cuts = statistics.quantiles(milliseconds, n=100, method="inclusive")
    return {"p50": cuts[49], "p95": cuts[94], "p99": cuts[98]}


def medians(thing: Thing) -> dict[str, Any]:
    """Return the medians of a thing's rounds."""
    figures = {
        name: round(statistics.median(each[name] for each in thing.rounds), 3)
        for name in thing.rounds[0]
    }
    return {"name": thing.name, "statements": thing.statements, **figures}


def compare_sizes(
    pairs: dict[str, tuple[tuple[int, list[str]], tuple[int, list[str]]]], rounds: int, most: int
) -> list[dict[str, Any]]:
    """Ask the small and the large site by turns over one connection.

    `pairs` has port and requests of the small and of the large site, by name. Returns median
    milliseconds of each and their ratio.
    """
    rows = []
    for name, sides in pairs.items():
        times: tuple[list[float], list[float]] = ([], [])
        for number in range(rounds + 1):
            for listed, (port, requests) in zip(times, sides, strict=True):
                each = requests[number * most :][:most] if len(requests) > most else requests
                seen = load(port, each or requests, most=most)
                if number:
                    listed.extend(seen["milliseconds"])
        small, large = (statistics.median(listed) for listed in times)
        rows.append(
            {
                "name": name,
                "small": round(small, 2),
                "large": round(large, 2),
                "large_p95": round(spread(times[1])["p95"], 2),
                "ratio": round(large / small, 2),
            }
        )
    return rows
