"""The way past the triggers that guard the record of acts. Only tests have it."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text

from forum.extensions import db


@contextmanager
def triggers_off() -> Iterator[None]:
    """Take the triggers of audit_entry away, in the session's transaction, and put them back."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER USER"))
        yield
        db.session.execute(text("ALTER TABLE audit_entry ENABLE TRIGGER USER"))
        return
    found = db.session.execute(
        text(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_entry'"
        )
    ).all()
    for name, _ in found:
        db.session.execute(text(f"DROP TRIGGER {name}"))
    yield
    for _, statement in found:
        db.session.execute(text(statement))
