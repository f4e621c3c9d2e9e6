"""Who writes when and where in a made-up forum, before any text is there."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from forum.accounts.models import Role
from forum.rooms.models import ContentWarning

# Who keeps the desk: the first members, by how many of each role.
STAFF_COUNTS = {Role.ADMIN: 1, Role.LEAD: 2, Role.MODERATOR: 12, Role.VOLUNTEER: 15}
STAFF = sum(STAFF_COUNTS.values())
# A forum that has been open for two years.
DAYS = 730
# One page: the measured thread, which is the first, has as many posts in a database of any size.
MEASURED_POSTS = 20
WARNED = 0.03


@dataclass
class Size:
    """How much is filled in. `open_cases` of the cases wait on the desk, the others are closed."""

    posts: int = 1_000_000
    members: int = 50_000
    cases: int = 100_000
    open_cases: int = 100
    seed: int = 20_261_123


@dataclass
class Talk:
    """What is written when, by whom and where, before any text: lists that go by post id - 1."""

    thread: list[int] = field(default_factory=list)
    author: list[int] = field(default_factory=list)
    written: list[datetime] = field(default_factory=list)
    is_opening: list[bool] = field(default_factory=list)
    # By thread id - 1: room, author, first and last moment, warning.
    threads: list[list[Any]] = field(default_factory=list)


def plan(
    size: Size, rooms: list[int], span: tuple[datetime, datetime], random_: random.Random
) -> Talk:
    """Return who writes where and when; threads have 1 to 2,000 posts, 12 on average."""
    moment, exact_since = span
    begin = moment - timedelta(days=DAYS)
    first_author = STAFF + 1
    seconds = DAYS * 86_400.0
    # The measured thread is the first, long ago, so that it is alike in databases of any size.
    events = [(60.0 * number, 0) for number in range(min(MEASURED_POSTS, size.posts))]
    starters = [random_.randint(first_author, size.members)]
    while len(events) < size.posts:
        number, at = len(starters), random_.uniform(3_600, seconds - 3_600)
        starters.append(random_.randint(first_author, size.members))
        length = min(2_000, int(random_.paretovariate(1.1)) + random_.randint(0, 9))
        for _ in range(min(length, size.posts - len(events))):
            if at > seconds - 60:
                break
            events.append((at, number))
            at += random_.expovariate(1 / 20_000)
    events.sort()
    talk, numbers = Talk(), {}
    for at, number in events:
        written = begin + timedelta(seconds=at)
        if written < exact_since:
            written = _noon(written)
        is_opening = number not in numbers
        if is_opening:
            numbers[number] = len(numbers) + 1
            warning = random_.choice(list(ContentWarning)[1:])
            warned = number and random_.random() < WARNED
            talk.threads.append(
                [
                    rooms[number % len(rooms)],
                    starters[number],
                    written,
                    written,
                    warning if warned else ContentWarning.NONE,
                ]
            )
        thread = numbers[number]
        talk.threads[thread - 1][3] = written
        is_starter = is_opening or random_.random() < 0.3
        talk.thread.append(thread)
        talk.author.append(
            starters[number] if is_starter else random_.randint(first_author, size.members)
        )
        talk.written.append(written)
        talk.is_opening.append(is_opening)
    return talk


def _noon(moment: datetime) -> datetime:
    """Return noon of the day in Jakarta, which is all that is kept of an old post's time."""
    local = moment + timedelta(hours=7)
    return datetime(local.year, local.month, local.day, 5, tzinfo=UTC)
