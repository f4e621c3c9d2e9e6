"""Progress of long work, on the terminal of whoever waits for it, and nowhere else."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn


class Steps:
    """Shows one bar for each step. On stderr, so that a script may read stdout."""

    def __init__(self, *, quiet: bool) -> None:
        console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TimeElapsedColumn(),
            console=console,
            disable=quiet or not console.is_terminal,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    @contextmanager
    def step(self, name: str, size: int | None = None) -> Iterator[Callable[[int], None]]:
        """Show a step, of so many bytes if that is known. Gives what is told of each part."""
        task = self._progress.add_task(name, total=size)
        yield lambda more: self._progress.advance(task, more)
        done = self._progress.tasks[task].completed
        self._progress.update(task, total=done or 1, completed=done or 1)
