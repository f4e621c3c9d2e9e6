"""`teduh version` and `teduh export-config`: what runs here, and with which settings."""

import json
import platform
from importlib.metadata import version as version_of

import click
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from pydantic import SecretStr
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from forum.app import create_app
from forum.commands.settings import list_variables, write_value
from forum.database import reading
from forum.extensions import db
from forum.settings import Settings, find_folder, load_settings

HIDDEN = "(set, not shown)"
# Addresses that hold passwords and tokens.
TARGETS = ("alert_desk", "alert_on_duty", "alert_on_call", "alert_leads", "alert_admins")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")
def version(*, as_json: bool) -> None:
    """Say which version is installed, and whether the database has its schema.

    Exit code 1 says that the database has another schema, or that it can't be asked.
    """
    settings = load_settings()
    wanted = ScriptDirectory(str(find_folder("migrations"))).get_current_head()
    found = _schema(settings)
    told = {
        "teduh": version_of("teduh"),
        "schema": wanted,
        "database": make_url(settings.sqlalchemy_url).get_backend_name(),
        "database_schema": found,
        "python": platform.python_version(),
    }
    if as_json:
        click.echo(json.dumps(told))
    else:
        click.echo("\n".join(f"{name.replace('_', ' ')}: {value}" for name, value in told.items()))
    raise SystemExit(0 if found == wanted else 1)


def _schema(settings: Settings) -> str | None:
    with create_app(settings).app_context():
        try:
            with reading(db.session):
                return MigrationContext.configure(db.session.connection()).get_current_revision()
        except SQLAlchemyError:
            return None
        finally:
            db.engine.dispose()


@click.command("export-config")
@click.option("--secrets", is_flag=True, help="Also what nobody else may see.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")
def export_config(*, secrets: bool, as_json: bool) -> None:
    """Print the settings in force that are not the defaults, as .env takes them.

    Without --secrets it can be shown to whoever helps. With it, it is what a new machine needs
    beside the backup: passkeys and code apps work with the same secret key alone.
    """
    settings = load_settings()
    found = {}
    for variable, (name, field) in zip(
        list_variables(), Settings.model_fields.items(), strict=True
    ):
        value = getattr(settings, name)
        if value == field.default:
            continue
        shown = secrets or not is_secret(name, value)
        found[variable.name] = write_value(value) if shown else HIDDEN
    if as_json:
        click.echo(json.dumps(found))
        return
    for one, text in found.items():
        click.echo(f"# {one}={text}" if text == HIDDEN else f"{one}={_quote(text)}")


def is_secret(name: str, value: object) -> bool:
    """Whether a setting holds what opens a door: passwords in addresses too."""
    has_password = name in ("database_url", "redis_url") and "@" in str(value)
    return isinstance(value, SecretStr) or name in TARGETS or has_password


def _quote(text: str) -> str:
    return f"'{text}'" if any(mark in text for mark in ' #"$') else text
