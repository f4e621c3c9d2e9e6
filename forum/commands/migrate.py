"""`teduh migrate`: the newest schema, and what every new site begins with; or one step back."""

import os
from pathlib import Path

import click
import flask_migrate
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask

from forum.accounts.demo import has_demo_logins
from forum.app import create_app
from forum.commands.checks import (
    check_places,
    lock_folder,
    prepare_folder,
    refuse_half_restored,
    refuse_left_demo,
)
from forum.commands.errors import OperatorError
from forum.commands.starter import load_starter
from forum.database import reading
from forum.extensions import db
from forum.settings import find_folder, load_settings

MISSING = "missing"


@click.command()
@click.option("--down", is_flag=True, help="Take back the newest step, with Teduh stopped.")
def migrate(*, down: bool) -> None:
    """Bring the database to the newest schema, and give a new one rooms, rules and help lines.

    Safe to repeat. With --down it goes one step back instead, for the code before this one: what
    the step had added is lost, so make a backup first.
    """
    settings = load_settings()
    prepare_folder(settings.data_dir)
    refuse_left_demo(settings)
    check_places(settings)
    app = create_app(settings)
    if down:
        owner = lock_folder(settings.data_dir)
        try:
            click.echo(f"The database has the schema {step_down(app)}.")
        finally:
            os.close(owner)
        return
    prepare_database(app)
    click.echo("The database has the newest schema.")


def prepare_database(app: Flask) -> None:
    """Bring the database up to date, and give a new one what every site begins with.

    Safe to repeat. Raises OperatorError for a database that this site must not run on.
    """
    with app.app_context():
        refuse_half_restored(db.engine)
    upgrade_database(app)
    with app.app_context(), reading(db.session):
        if not app.config["DEMO"] and has_demo_logins():
            raise OperatorError(
                "DATABASE_URL: this database holds the people of a demo, whose passphrase everyone "
                "knows. Begin with an empty one."
            )
    load_starter(app)


def upgrade_database(app: Flask) -> None:
    """Run every migration that this database has not seen yet.

    Raises OperatorError for a schema that this code does not know: old code on a newer schema could
    write what that schema forbids.
    """
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            file = Path(str(db.engine.url.database))
            prepare_folder(file.parent, "DATABASE_URL")
            file.touch(mode=0o600)
        _check_schema(MISSING, *_known_steps())
        flask_migrate.upgrade(directory=str(find_folder("migrations")))


def step_down(app: Flask) -> str:
    """Take back the newest migration of this database. Returns the revision that it has then.

    Raises OperatorError for a schema that this code does not know, and for the first one.
    """
    before = _known_steps()
    with app.app_context():
        try:
            found = _check_schema(*before)
            earlier = before[found]
            if not isinstance(earlier, str):
                raise OperatorError(
                    f"DATABASE_URL: {found} is the first schema; none is before it."
                )
            flask_migrate.downgrade(directory=str(find_folder("migrations")), revision=earlier)
        finally:
            db.engine.dispose()
    return earlier


def _known_steps() -> dict[str, object]:
    """Return each schema that this code knows, and the one before it."""
    folder = str(find_folder("migrations"))
    return {step.revision: step.down_revision for step in ScriptDirectory(folder).walk_revisions()}


def _check_schema(*expected: str) -> str:
    """Return the schema that the database has. Raises OperatorError for an unexpected one."""
    with db.engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision() or MISSING
    if found not in expected:
        raise OperatorError(
            f"DATABASE_URL: its schema is {found}, which this version does not know. Go back with "
            "the version that made it."
        )
    return found
