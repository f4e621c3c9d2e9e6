"""Python loads this in every process of a system under test: a clock to move, a post that kills.

Both act where the code itself offers a place: `forum.clock` is the only one that asks for the
time, and a scan asks `forum.posts.masks` for the text.
"""

import os
import signal
import sys
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

FOLDER = os.environ.get("CHAOS_FOLDER")
POISON = "zz-racun-zz"


class Moved(datetime):
    """A clock that is off by as many seconds as a file says."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        """Return what the moved clock shows."""
        try:
            seconds = float(Path(str(FOLDER), "clock").read_text() or 0)
        except (FileNotFoundError, ValueError):
            seconds = 0.0
        return datetime.now(tz) + timedelta(seconds=seconds)


def kill_who_reads_poison() -> None:
    """Let the scan of one text kill the process that does it, as a crash of a library would."""
    from forum.posts import masks  # noqa: PLC0415 (only where it is wanted)

    read = masks.whole_text

    def whole_text(post: object) -> str:
        text = read(post)  # type: ignore[arg-type]
        if POISON in text and _scans():
            with Path(str(FOLDER), "poison").open("a") as runs:
                runs.write(f"{post.id}\n")  # type: ignore[attr-defined]
            os.kill(os.getpid(), signal.SIGKILL)
        return text

    masks.whole_text = whole_text  # type: ignore[assignment]


def _scans() -> bool:
    """Return whether this process is one of the workers: all of a system are of one command."""
    return Path("/proc/self/comm").read_text() == "teduh worker\n"


if FOLDER:
    import forum.clock

    forum.clock.datetime = Moved  # type: ignore[misc,attr-defined]
    if "up" in sys.orig_argv:
        kill_who_reads_poison()
