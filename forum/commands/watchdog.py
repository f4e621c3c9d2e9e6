"""Ends the process groups of `teduh up` when `teduh up` itself is killed.

Runs on its own, `python -I -S watchdog.py`, so it starts in a blink and needs nothing of ours. Its
standard input is a pipe that only the parent can write: `+GROUP` and `-GROUP` keep the list, and
the end of the pipe means that the parent is gone, by whatever signal.
"""

import contextlib
import os
import signal
import sys
import time

GRACE_SECONDS = 2.0


def main() -> None:
    """Follow the parent's list until the pipe ends, then stop what is left of it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # A signal to the whole terminal or service must not stop the one who cleans up.
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        if line.startswith("+"):
            groups.add(group)
        else:
            groups.discard(group)
    stop(groups)


def stop(groups: set[int]) -> None:
    """Ask the leader of every group to end, wait a moment, then end the group."""
    for leader in groups:
        with contextlib.suppress(ProcessLookupError):
            os.kill(leader, signal.SIGTERM)
    give_up = time.monotonic() + GRACE_SECONDS
    while groups and time.monotonic() < give_up:
        time.sleep(0.05)
        groups = {group for group in groups if send(group, 0)}
    for group in groups:
        send(group, signal.SIGKILL)


def send(group: int, number: int) -> bool:
    """Send a signal to a process group. Return whether the group still has a process."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    main()
