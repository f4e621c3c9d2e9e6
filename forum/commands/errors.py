"""What an operator has to read when a command cannot do its work."""

import sqlite3
from typing import IO, Any

import click
from sqlalchemy.exc import DBAPIError, OperationalError

from forum.database import NoDatabase

# What PostgreSQL and SQLite say where the schema of this version is not, or not all of it.
UNDEFINED = ("42P01", "42703", "3F000")
NO_SUCH = ("no such table", "no such column")


class OperatorError(click.ClickException):
    """The operator can set this right. Each line says what is wrong and what to do."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        """Write the message to stderr, each line marked as ours, without a traceback."""
        for line in self.format_message().splitlines():
            click.echo(f"teduh: {line}", err=True)


def explain(error: Exception) -> OperatorError | None:
    """Return what an operator can do about an error; None for one that is a fault of ours."""
    if isinstance(error, UnicodeDecodeError):
        line = error.object[: error.start].count(b"\n") + 1
        return OperatorError(f"Line {line} of a file that was given is no UTF-8 text.")
    if not isinstance(error, DBAPIError):
        return None
    said, state = str(error.orig), getattr(error.orig, "sqlstate", None)
    if isinstance(error.orig, NoDatabase) or said.startswith(NO_SUCH) or state in UNDEFINED:
        return OperatorError(
            "DATABASE_URL: the database has no schema of Teduh, or an older one. Run "
            "`teduh migrate` first."
        )
    if not isinstance(error, OperationalError):
        return None
    # PostgreSQL's driver would tell hosts and users too.
    reason = said if isinstance(error.orig, sqlite3.Error) else type(error.orig).__name__
    return OperatorError(
        f"DATABASE_URL: the database cannot be used ({reason}). Is it running and yours?"
    )
