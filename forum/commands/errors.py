"""What an operator has to read when a command cannot do its work."""

from typing import IO, Any

import click


class OperatorError(click.ClickException):
    """The operator can set this right. Each line says what is wrong and what to do."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        """Write the message to stderr, each line marked as ours, without a traceback."""
        for line in self.format_message().splitlines():
            click.echo(f"teduh: {line}", err=True)
