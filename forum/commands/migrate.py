"""`teduh migrate`: the newest schema, and what every new site begins with."""

import click
import flask_migrate
from flask import Flask

from forum.app import create_app
from forum.commands.checks import prepare_folder
from forum.commands.starter import load_starter
from forum.settings import find_folder, load_settings


@click.command()
def migrate() -> None:
    """Bring the database to the newest schema, and give a new one rooms, rules and help lines.

    Safe to repeat.
    """
    settings = load_settings()
    prepare_folder(settings.data_dir)
    app = create_app(settings)
    upgrade_database(app)
    load_starter(app)
    click.echo("The database has the newest schema.")


def upgrade_database(app: Flask) -> None:
    """Run every migration that this database has not seen yet."""
    with app.app_context():
        flask_migrate.upgrade(directory=str(find_folder("migrations")))
