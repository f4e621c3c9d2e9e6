"""A migrated SQLite file with rules in force, made once: sites of their own begin with a copy."""

from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.pool import Pool

from forum.app import create_app
from forum.backups import sqlite
from forum.commands.migrate import upgrade_database
from forum.extensions import db
from forum.settings import load_settings
from moderation.rules.operations import publish
from tests.conftest import rules_for_tests


@pytest.fixture(scope="session")
def new_database(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("new")
    path = folder / "teduh.db"
    app = create_app(
        load_settings(demo=True, data_dir=folder, database_url=f"sqlite:///{path}", redis_url="")
    )
    upgrade_database(app)
    with app.app_context():
        publish(None, rules_for_tests(), "for tests")
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    sqlite.take_from_use(path)
    return path


@pytest.fixture
def command_ends():
    """Close the connections that commands leave to the end of their process, which goes on here."""
    opened = []

    def note(_connection: object, record: object) -> None:
        opened.append(record)

    event.listen(Pool, "connect", note)
    yield
    event.remove(Pool, "connect", note)
    for record in opened:
        record.close()
