"""`teduh permissions`: who may open which route, as docs/permissions.md keeps it."""

import click

from forum.accounts.permissions import write_matrix
from forum.app import create_app
from forum.settings import load_settings


@click.command()
def permissions() -> None:
    """Print the matrix of routes and roles as Markdown."""
    click.echo(write_matrix(create_app(load_settings())), nl=False)
