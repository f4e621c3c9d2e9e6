"""Every revision goes up and down on both databases, and the newest one equals the models."""

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event, inspect, text

from forum.database import is_of_models
from forum.extensions import db
from forum.settings import find_folder

FOLDER = str(find_folder("migrations"))


def test_each_revision_goes_down_and_up_again(app):
    revisions = [step.revision for step in ScriptDirectory(FOLDER).walk_revisions()]
    assert revisions
    with app.app_context():
        db.session.remove()
        for _ in revisions:
            flask_migrate.downgrade(directory=FOLDER, revision="-1")
        assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
        for _ in revisions:
            flask_migrate.upgrade(directory=FOLDER, revision="+1")
        assert "post" in inspect(db.engine).get_table_names()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True, scope="session")
def test_a_long_step_has_its_time_and_waits_for_no_lock_for_long(app):
    found = []

    def ask(_connection, cursor, statement, *_):
        if statement.startswith("UPDATE alembic_version"):
            limits = ("statement_timeout", "lock_timeout")
            found.extend(cursor.execute(f"SHOW {limit}").fetchone()[0] for limit in limits)

    with app.app_context():
        db.session.remove()
        flask_migrate.downgrade(directory=FOLDER, revision="-1")
        event.listen(db.engine, "before_cursor_execute", ask)
        try:
            flask_migrate.upgrade(directory=FOLDER)
        finally:
            event.remove(db.engine, "before_cursor_execute", ask)
        assert found == ["0", "5s"]
        # Requests keep theirs.
        assert db.session.scalar(text("SHOW statement_timeout")) == "30s"


def test_the_schema_equals_the_models(app):
    with app.app_context(), db.engine.connect() as connection:
        found = compare_metadata(
            MigrationContext.configure(
                connection, opts={"compare_type": True, "include_name": is_of_models}
            ),
            db.metadata,
        )
    assert found == []
