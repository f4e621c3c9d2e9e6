"""`teduh settings`: the settings as an example file, as a table, and checked."""

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click
from pydantic import SecretStr

from forum.commands.checks import check_places
from forum.settings import Settings, load_settings

EXAMPLE_HEAD = """\
# Every setting of Teduh, with its default. Made by: teduh settings example > .env.example
# Copy to .env, take away the "# " before what you change. The environment wins over this file.
"""
LINE_WIDTH = 98


class Variable(NamedTuple):
    """One setting as an operator sees it: the variable, its default as written, its meaning."""

    name: str
    default: str
    description: str


@click.group()
def settings() -> None:
    """Look at the settings: example, table, check."""


@settings.command()
def example() -> None:
    """Print .env.example."""
    click.echo(write_example(), nl=False)


@settings.command()
def table() -> None:
    """Print a Markdown table of all settings, for the README."""
    click.echo("| variable | default | meaning |\n|---|---|---|")
    for variable in list_variables():
        default = f"`{variable.default}`" if variable.default else "(empty)"
        click.echo(f"| `{variable.name}` | {default} | {variable.description} |")


@settings.command()
def check() -> None:
    """Say whether the settings make sense; list what does not, and exit 2.

    The places of backups and erase list are tried, if they are named.
    """
    found = load_settings()
    check_places(found)
    click.echo(f"The settings make sense. Database: {found.sqlalchemy_url.split(':')[0]}.")


def list_variables() -> Iterator[Variable]:
    """Yield every setting in the order of the model."""
    for field in Settings.model_fields.values():
        yield Variable(str(field.alias), write_value(field.default), str(field.description))


def write_example() -> str:
    """Return the text of .env.example: each setting explained, and commented out."""
    lines = [EXAMPLE_HEAD]
    for variable in list_variables():
        lines += textwrap.wrap(
            variable.description, LINE_WIDTH, initial_indent="# ", subsequent_indent="# "
        )
        lines.append(f"# {variable.name}={variable.default}\n")
    return "\n".join(lines).rstrip() + "\n"


def write_value(value: Any) -> str:
    """Return a value as .env takes it."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, tuple):
        if any(isinstance(part, SecretStr) for part in value):
            return " ".join(part.get_secret_value() for part in value)
        return ",".join(map(str, value))
    if value is None:
        return ""
    return value.as_posix() if isinstance(value, Path) else str(value)
