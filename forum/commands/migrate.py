"""`teduh migrate`: bring the database to the newest schema."""

import click
import flask_migrate
from flask import Flask

from forum.app import create_app
from forum.settings import find_folder, load_settings
from forum.web.logs import configure_logs


@click.command()
def migrate() -> None:
    """Bring the database to the newest schema. Safe to repeat."""
    settings = load_settings()
    configure_logs(settings)
    upgrade_database(create_app(settings))
    click.echo("The database has the newest schema.")


def upgrade_database(app: Flask) -> None:
    """Run every migration that this database has not seen yet."""
    with app.app_context():
        flask_migrate.upgrade(directory=str(find_folder("migrations")))
