"""Signs of life of the processes that no visitor talks to."""

from datetime import datetime, timedelta

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, mapped_column

from forum.clock import now
from forum.extensions import Model, db

WORKER = "worker"
BEAT = "beat"
WATCH = "watch"
# All give a sign every five seconds; a minute of silence is not chance.
SILENT_AFTER = timedelta(seconds=60)


class Heartbeat(Model):
    """When a process of this name was last seen alive."""

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    seen_at: Mapped[datetime]


def note_heartbeat(name: str) -> None:
    """Write down that a process is alive."""
    db.session.merge(Heartbeat(name=name, seen_at=now()))


def silent_processes() -> list[str]:
    """Return the names of the processes that have given no sign for a minute."""
    seen = {row.name: row.seen_at for row in db.session.scalars(select(Heartbeat))}
    since = now() - SILENT_AFTER
    return [name for name in (WORKER, BEAT, WATCH) if name not in seen or seen[name] < since]
