"""The list of erased accounts: a file of marks, so that a restored backup forgets them again.

It lies outside the database, because a restored database knows nothing of what was asked later.
A line holds a mark, what was to become of the posts, and the day. A mark is the hash of a random
key that is gone with the account: it leads to somebody only in a database that still has them.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from forum.extensions import setting
from moderation.rights.models import Erasure, PostsFate


@dataclass(frozen=True)
class Erased:
    """One line of the list."""

    mark: str
    posts: PostsFate
    asked_on: date


def note_in_list(erasure: Erasure) -> None:
    """Append a request to the list, on the disk before this returns. Twice is once."""
    path = Path(setting("ERASE_LIST"))
    if any(line.mark == erasure.mark for line in read_list(path)):
        return
    line = {
        "mark": erasure.mark,
        "posts": erasure.posts.value,
        "asked_on": erasure.requested_at.date().isoformat(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a") as file:
        file.write(json.dumps(line) + "\n")
        file.flush()
        os.fsync(file.fileno())


def read_list(path: Path) -> Iterator[Erased]:
    """Return the lines of a list; a file that is not there has none. Raises ValueError."""
    if not path.exists():
        return
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        try:
            read = json.loads(line)
            erased = Erased(
                read["mark"], PostsFate(read["posts"]), date.fromisoformat(read["asked_on"])
            )
        except (ValueError, KeyError, TypeError):
            # A last line that a power cut tore is told, not passed over.
            raise ValueError(f"line {number} of the erase list can't be read") from None
        yield erased
