"""What became of every post: what people were told, held against what the database has."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles
from typing import Any

from tests.faults.chaos.database import Database, moment
from tests.faults.chaos.faults import CLOCK_AHEAD_SECONDS
from tests.faults.chaos.members import Sent

# What took longer than this from its first try to its flag had to wait for the system.
SLOW_SECONDS = 1.0
OK = ("200", "302")


@dataclass(frozen=True)
class Happening:
    """A fault that was done: when it broke something and when it had mended it, since 1970."""

    fault: str
    began: float
    ended: float


@dataclass(frozen=True)
class Row:
    """A post as the database has it."""

    id: int
    thread_id: str
    is_scanned: bool
    written_at: float
    scanned_at: float | None


def read_posts(database: Database) -> dict[str, list[Row]]:
    """Return the posts of a run by their titles."""
    rows = database.rows(
        "SELECT thread.typed_title, post.id, thread.public_id, post.scanned_version, post.version, "
        "post.written_at, post.scanned_at FROM post JOIN thread ON thread.id = post.thread_id "
        "WHERE thread.typed_title LIKE 'Kabar %' ORDER BY post.id"
    )
    found = defaultdict(list)
    for title, post_id, thread_id, scanned, version, written_at, scanned_at in rows:
        found[title].append(
            Row(post_id, thread_id, scanned >= version, moment(written_at), moment(scanned_at))
        )
    return found


def count_waiting(database: Database) -> int:
    """Return how many posts have no scan and no human either."""
    return int(
        database.rows(
            "SELECT count(*) FROM post WHERE scanned_version < version AND NOT EXISTS "
            "(SELECT 1 FROM scan_failure WHERE scan_failure.post_id = post.id)"
        )[0][0]
    )


def make_ledger(
    database: Database, sent: Sequence[Sent], happenings: Sequence[Happening], calm: Sequence[Sent]
) -> dict[str, Any]:
    """Count what was lost, doubled or slow.

    `calm` are posts of each level from before the first fault: what the rules flag in them they
    must flag in every other post of that level.
    """
    posts = read_posts(database)
    flags: dict[int, Counter[str]] = defaultdict(Counter)
    for post_id, rule in database.rows("SELECT post_id, rule FROM flag"):
        flags[post_id][rule] += 1
    failures = [row[0] for row in database.rows("SELECT post_id FROM scan_failure")]
    wanted = {post.level: set(flags[posts[post.title][0].id]) for post in calm}
    taken = [post for post in sent if post.acknowledged is not None]
    rows = {post.title: posts[post.title] for post in sent if post.title in posts}
    present = {row.thread_id for found in rows.values() for row in found}
    scanned = [(p, row) for p in sent for row in rows.get(p.title, ()) if row.is_scanned]
    seconds = _seconds_to_flag(scanned, happenings)
    return {
        "posts": len(sent),
        "acknowledged": len(taken),
        "present": sum(map(len, rows.values())),
        "lost": sum(post.thread_id not in present for post in taken),
        "doubled": sum(len(found) - 1 for found in rows.values()),
        "given_up": len(sent) - len(taken),
        "flags": sum(flags[row.id].total() for _, row in scanned),
        "flags_lost": sum(len(wanted.get(p.level, set()) - set(flags[r.id])) for p, r in scanned),
        "flags_doubled": sum(n - 1 for _, row in scanned for n in flags[row.id].values()),
        "cases_doubled": len(
            database.rows(
                "SELECT 1 FROM moderation_case WHERE state <> 'closed' AND lane <> 'appeal' "
                "GROUP BY thread_id, subject_id HAVING count(*) > 1"
            )
        ),
        "unscanned": count_waiting(database),
        "read_by_hand": len(failures),
        "seconds_to_flag": spread(seconds),
        "tries_of_no_avail": dict(
            sorted(Counter(a.status for p in sent for a in p.answers if a.status not in OK).items())
        ),
        "seconds_to_answer": spread([a.seconds for p in sent for a in p.answers]),
        "recovery": recovery(sent, rows, happenings),
    }


def _seconds_to_flag(
    scanned: Sequence[tuple[Sent, Row]], happenings: Sequence[Happening]
) -> list[float]:
    """Return commit to flag of each post; what two clocks have stamped tells nothing."""
    jumps = [done for done in happenings if done.fault == "clock jumps"]
    return [
        row.scanned_at - row.written_at
        for _, row in scanned
        if row.scanned_at is not None and not any(_spans(row, jump) for jump in jumps)
    ]


def _spans(row: Row, jump: Happening) -> bool:
    """Return whether a stamp of a post may be of the clock that was ahead."""
    ahead = jump.began + CLOCK_AHEAD_SECONDS - 1, jump.ended + CLOCK_AHEAD_SECONDS + 1
    return any(ahead[0] < at < ahead[1] for at in (row.written_at, row.scanned_at or 0.0))


def recovery(
    sent: Sequence[Sent], rows: dict[str, list[Row]], happenings: Sequence[Happening]
) -> dict[str, dict[str, float]]:
    """Return by fault how often it came, and how long after its end the last slow post was well.

    A post belongs to the fault that was the last to begin before it was written. Well is when it
    was acknowledged and read by the rules.
    """
    waits: dict[str, list[float]] = {done.fault: [] for done in happenings}
    for number, done in enumerate(happenings):
        last = happenings[number + 1].began if number + 1 < len(happenings) else float("inf")
        well = [
            _well_at(post, rows)
            for post in sent
            # What was under way when the fault began meets it too.
            if done.began - SLOW_SECONDS <= post.began < last and post.level != "poison"
        ]
        slow = [at - done.ended for began, at in well if at - began > SLOW_SECONDS]
        waits[done.fault].append(max([0.0, *slow]))
    return {
        fault: {"times": len(found), "p50": spread(found)["p50"], "max": round(max(found), 1)}
        for fault, found in waits.items()
    }


def _well_at(post: Sent, rows: dict[str, list[Row]]) -> tuple[float, float]:
    """Return when a post was begun and when it was well, by our own clock."""
    row = next(iter(rows.get(post.title, ())), None)
    if row is None or post.acknowledged is None:
        return post.began, post.began
    waited = max(0.0, row.scanned_at - row.written_at) if row.scanned_at is not None else 0.0
    # The clock of the system may have jumped; how long it waited, seldom.
    first = post.answers[-1].began
    return post.began, max(post.acknowledged, first + (waited if waited < 3000 else 0.0))


def p99_during(sent: Sequence[Sent], happenings: Sequence[Happening], fault: str) -> float | None:
    """Return the 99th percentile of seconds to an answer while a fault held; None without one."""
    seconds = [
        answer.seconds
        for done in happenings
        if done.fault == fault
        for post in sent
        for answer in post.answers
        if done.began <= answer.began < done.ended
    ]
    return quantiles(seconds, n=100, method="inclusive")[98] if len(seconds) > 1 else None


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return p50, p95 and the largest of the values."""
    if len(values) < 2:
        return dict.fromkeys(("p50", "p95", "max"), round(max(values, default=0.0), 3))
    cuts = quantiles(values, n=100, method="inclusive")
    return {"p50": round(cuts[49], 3), "p95": round(cuts[94], 3), "max": round(max(values), 3)}
