"""`teduh settings`: the settings as an example file, as a table, and checked."""

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click
from pydantic import BaseModel, SecretStr
from pydantic_settings import BaseSettings

from forum.commands.checks import check_places
from forum.settings import Settings, load_settings

EXAMPLE_HEAD = """\
# Every setting of Teduh, with its default. Made by: teduh settings example > .env.example
# Copy to .env, take away the "# " before what you change. The environment wins over this file.
"""
# Compose reads `.env` too, before any of our code runs.
EXAMPLE_TAIL = """
# What follows is read by docker-compose.yml alone: the password of its database (letters and
# digits), and the name for which its proxy gets a certificate.
# POSTGRES_PASSWORD=
# TEDUH_SITE=
"""
LINE_WIDTH = 98

DOCUMENT_HEAD = """\
# Settings

Every setting comes from the environment, or from `.env` in the working folder. Each start, and
`teduh settings check`, say in one line each what makes no sense; `teduh export-config` shows what
differs from the defaults. Made by `make example`, as is `.env.example`.
"""


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
    """Print docs/settings.md: all settings as tables."""
    click.echo(write_document(), nl=False)


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
    for part in settings_parts():
        yield from variables_of(part)


def settings_parts() -> Iterator[type[BaseModel]]:
    """Yield the parts of the settings, each with its subject as its docstring."""
    for part in reversed(Settings.__bases__):
        if issubclass(part, BaseModel) and not issubclass(part, BaseSettings):
            yield part


def variables_of(part: type[BaseModel]) -> Iterator[Variable]:
    """Yield the settings of one part."""
    for field in part.model_fields.values():
        yield Variable(str(field.alias), write_value(field.default), str(field.description))


def write_example() -> str:
    """Return the text of .env.example: each setting explained, and commented out."""
    lines = [EXAMPLE_HEAD]
    for variable in list_variables():
        lines += textwrap.wrap(
            variable.description, LINE_WIDTH, initial_indent="# ", subsequent_indent="# "
        )
        lines.append(f"# {variable.name}={variable.default}\n")
    return "\n".join(lines).rstrip() + "\n" + EXAMPLE_TAIL


def write_document() -> str:
    """Return the text of docs/settings.md: a table for each part."""
    lines = [DOCUMENT_HEAD]
    for part in settings_parts():
        lines += [f"## {str(part.__doc__).rstrip('.')}", ""]
        lines += ["| variable | default | meaning |", "|---|---|---|"]
        for variable in variables_of(part):
            default = f"`{variable.default}`" if variable.default else "(empty)"
            lines.append(f"| `{variable.name}` | {default} | {variable.description} |")
        lines.append("")
    return "\n".join(lines)


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
