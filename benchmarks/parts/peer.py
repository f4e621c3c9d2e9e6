"""FlaskBB beside Teduh, from the environment that benchmarks/flaskbb/make.sh makes."""

from contextlib import ExitStack
from pathlib import Path

from benchmarks.parts.databases import Databases
from benchmarks.parts.measure import Thing


def peer_things(
    stack: ExitStack, environment: Path | None, folder: Path, bases: Databases
) -> list[Thing]:
    """Return what is measured on FlaskBB; nothing without its environment, or on SQLite."""
    return []
