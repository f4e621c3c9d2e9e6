"""`teduh simulate FILE`: the main job on real input, through HTTP, with a ledger from outside."""

import json
import re
import secrets
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from statistics import quantiles
from typing import Any

import click
import httpx
from flask import Flask
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from sqlalchemy import func, select

from forum.accounts.access import cookie_name
from forum.accounts.models import Member
from forum.accounts.names import fold_name, suggest_names
from forum.accounts.operations import AGREEMENT_VERSION, start_sign_in
from forum.app import create_app
from forum.clock import now
from forum.commands.errors import OperatorError
from forum.extensions import db
from forum.posts.models import Post, Thread
from forum.rooms.models import Room, Unscanned
from forum.settings import Settings, load_settings
from moderation.cases.models import Flag
from moderation.risk.levels import Level

ROOM = "simulation"
# Below the posting limit of one member, so that the run measures scans and not the limit.
POSTS_PER_MEMBER = 9
SENDERS = 8
TRIES = 3
SCAN_WAIT_SECONDS = 60.0
# No passphrase has this hash: nobody signs in as a made-up member.
NO_PASSPHRASE = "-"  # noqa: S105
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
KEY = re.compile(r'name="submission_key"[^>]*value="([^"]+)"')


@dataclass(frozen=True)
class Sample:
    """One line of the file: what to post, and the level that people gave it."""

    text: str
    level: Level


@dataclass(frozen=True)
class Sent:
    """A post that the server took. `began` is when its request left, in aware UTC."""

    sample: Sample
    thread_id: str
    began: datetime


def post_samples(
    *, file: Path, rate: float, url: str | None, limit: int | None, as_json: bool
) -> bool:
    """Post the lines of the file to a demo site and print the ledger.

    Returns whether every post was taken, once, and scanned in time. Raises OperatorError.
    """
    settings = load_settings()
    if not settings.demo:
        raise OperatorError("TEDUH_DEMO: simulate fills a site with made-up posts; use a demo site")
    samples = read_samples(file)[:limit]
    address = url or f"http://{settings.host}:{settings.port}"
    app = create_app(settings.model_copy(update={"redis_url": ""}))
    console = Console(stderr=True, highlight=False)
    with Progress(console=console, disable=as_json) as progress:
        posting = progress.add_task("posting", total=len(samples))
        sent: list[Sent] = []
        failed: list[str] = []
        for result in send_all(app, settings, address, samples, rate):
            progress.advance(posting)
            if isinstance(result, Sent):
                sent.append(result)
            else:
                failed.append(result)
        scanning = progress.add_task("scanning", total=len(sent))
        give_up = time.monotonic() + SCAN_WAIT_SECONDS
        while (done := count_scanned(app, sent)) < len(sent) and time.monotonic() < give_up:
            progress.update(scanning, completed=done)
            time.sleep(0.2)
        progress.update(scanning, completed=done)
    ledger = make_ledger(app, sent)
    ledger["refused"] = dict(Counter(failed))
    if as_json:
        click.echo(json.dumps(ledger))
    else:
        show(ledger)
    return not (ledger["lost"] or ledger["duplicates"] or ledger["unscanned"] or failed)


def read_samples(file: Path) -> list[Sample]:
    """Read the labelled lines. Raises OperatorError that names the first bad line."""
    samples = []
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        try:
            entry = json.loads(line)
            samples.append(Sample(entry["text"], Level.parse(entry["level"])))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise OperatorError(
                f'{file}:{number}: write a JSON object with "text" and "level"'
            ) from None
    return samples


def send_all(
    app: Flask, settings: Settings, address: str, samples: Sequence[Sample], rate: float
) -> Iterator[Sent | str]:
    """Post every sample at an even rate; yields what was taken, or why not, in words.

    All forms are opened before the clock starts: who writes has opened theirs long before.
    """
    tokens = make_members(app, -(-len(samples) // POSTS_PER_MEMBER))
    with app.test_request_context():
        name = cookie_name()
    clients = [
        httpx.Client(base_url=address, cookies={name: token}, timeout=30) for token in tokens
    ]
    path = f"/ruang/{ROOM}/tulis"

    def open_form(number: int) -> dict[str, str]:
        try:
            return read_form(clients[number % len(clients)], path)
        except httpx.TransportError:
            # Opened again when its turn comes.
            return {}

    try:
        with ThreadPoolExecutor(SENDERS) as pool:
            forms = list(pool.map(open_form, range(len(samples))))
            started = time.monotonic()

            def send(number: int) -> Sent | str:
                time.sleep(max(0.0, started + number / rate - time.monotonic()))
                client = clients[number % len(clients)]
                return post_one(client, path, forms[number], samples[number])

            yield from pool.map(send, range(len(samples)))
    finally:
        for client in clients:
            client.close()


def post_one(client: httpx.Client, path: str, form: dict[str, str], sample: Sample) -> Sent | str:
    """Send a form, opened now if it could not be before, as a browser would."""
    for _ in range(TRIES):
        try:
            form = form or read_form(client, path)
            began = now()
            answer = client.post(
                path,
                data=form
                | {
                    "title": f"Simulasi {secrets.token_hex(3)}",
                    "body": sample.text,
                    "warning": "none",
                    # As the second press of someone in danger, who has seen what helps now.
                    "looked": "1",
                },
            )
        except httpx.TransportError:
            # A person would press the button again; the form's key makes that one post.
            continue
        if answer.status_code == 302:
            return Sent(sample, answer.headers["Location"].rsplit("/", 1)[-1], began)
        return f"status {answer.status_code}"
    return f"no answer in {TRIES} tries"


def read_form(client: httpx.Client, path: str) -> dict[str, str]:
    """Open the form of a page. Returns its token and its submission key."""
    page = client.get(path).text
    token, key = TOKEN.search(page), KEY.search(page)
    if not token or not key:
        raise OperatorError(f"{path} shows no form: is the site another version than this command?")
    return {"csrf_token": token[1], "submission_key": key[1]}


def make_members(app: Flask, count: int) -> list[str]:
    """Add members for this run, with the room they write in. Returns their cookies."""
    with app.app_context():
        if db.session.scalar(select(Room.id).where(Room.slug == ROOM)) is None:
            text = "Tulisan buatan dari teduh simulate. Made-up posts of teduh simulate."
            db.session.add(
                Room(
                    slug=ROOM,
                    name_id="Simulasi",
                    name_en="Simulation",
                    description_id=text,
                    description_en=text,
                    unscanned=Unscanned.HOLD,
                    is_listed=False,
                )
            )
        members = []
        for _ in range(count):
            name = f"{suggest_names(1)[0][:17]}-{secrets.token_hex(3)}"
            members.append(
                Member(
                    pseudonym=name,
                    folded_name=fold_name(name),
                    passphrase_hash=NO_PASSPHRASE,
                    language="id",
                    agreement_version=AGREEMENT_VERSION,
                    # Not new: the run measures scans, and not what newcomers meet.
                    joined_on=now().date() - timedelta(days=100),
                )
            )
        db.session.add_all(members)
        tokens = [start_sign_in(member) for member in members]
        db.session.commit()
        return tokens


def count_scanned(app: Flask, sent: Sequence[Sent]) -> int:
    """Return how many of the posts have been scanned."""
    with app.app_context():
        ids = [item.thread_id for item in sent]
        return (
            db.session.scalar(
                select(func.count())
                .select_from(Post)
                .join(Post.thread)
                .where(Thread.public_id.in_(ids), Post.scanned_version >= Post.version)
            )
            or 0
        )


def make_ledger(app: Flask, sent: Sequence[Sent]) -> dict[str, Any]:
    """Compare what the server took with what the database holds."""
    with app.app_context():
        rows = db.session.execute(
            select(Thread.public_id, Post.scanned_at, func.max(Flag.level))
            .select_from(Post)
            .join(Post.thread)
            .outerjoin(Flag, Flag.post_id == Post.id)
            .where(Thread.public_id.in_([item.thread_id for item in sent]))
            .group_by(Thread.public_id, Post.id, Post.scanned_at)
        ).all()
    found = {public_id: (scanned_at, level) for public_id, scanned_at, level in rows}
    milliseconds = [
        (scanned_at - item.began).total_seconds() * 1000
        for item in sent
        if item.thread_id in found and (scanned_at := found[item.thread_id][0])
    ]
    confusion = Counter(
        (item.sample.level.word, Level(found[item.thread_id][1] or 0).word)
        for item in sent
        if item.thread_id in found
    )
    # Each post went out once, so a thread id that two answers share is one post for two.
    return {
        "posts": len(sent),
        "lost": sum(item.thread_id not in found for item in sent),
        "duplicates": len(rows) - len(found) + len(sent) - len({item.thread_id for item in sent}),
        "unscanned": sum(scanned_at is None for scanned_at, _ in found.values()),
        "milliseconds": spread(milliseconds),
        "confusion": {f"{real}->{seen}": n for (real, seen), n in sorted(confusion.items())},
    }


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return p50, p95 and the largest of the values, to a tenth."""
    if len(values) < 2:
        return {"p50": 0.0, "p95": 0.0, "max": max(values, default=0.0)}
    cuts = quantiles(values, n=100, method="inclusive")
    return {"p50": round(cuts[49], 1), "p95": round(cuts[94], 1), "max": round(max(values), 1)}


def show(ledger: dict[str, Any]) -> None:
    """Print the ledger for people."""
    console = Console(highlight=False)
    times = ledger["milliseconds"]
    console.print(
        f"posts {ledger['posts']}  lost {ledger['lost']}  duplicates {ledger['duplicates']}  "
        f"unscanned {ledger['unscanned']}  refused {ledger['refused'] or 'none'}"
    )
    console.print(
        f"from post to flag: p50 {times['p50']} ms, p95 {times['p95']} ms, max {times['max']} ms"
    )
    words = [level.word for level in Level]
    table = Table("labelled", *words, title="Level by rules (columns) against labels (rows)")
    confusion = ledger["confusion"]
    for real in words:
        table.add_row(real, *(str(confusion.get(f"{real}->{seen}", 0)) for seen in words))
    console.print(table)
