"""Every revision goes up and down on both databases, and the newest one equals the models."""

import flask_migrate
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

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


def test_the_schema_equals_the_models(app):
    with app.app_context(), db.engine.connect() as connection:
        found = compare_metadata(
            MigrationContext.configure(
                connection, opts={"compare_type": True, "include_name": is_of_models}
            ),
            db.metadata,
        )
    assert found == []
