"""`teduh`: the one command of the operator. Each subcommand has its own module."""

import importlib

import click
from sqlalchemy.exc import DBAPIError

from forum.commands.errors import OperatorError, explain
from forum.settings import SettingsError

# A module is imported when its command is asked for: `teduh up` need not wait for the others.
COMMANDS = {
    "up": "forum.commands.up:up",
    "migrate": "forum.commands.migrate:migrate",
    "demo": "forum.commands.demo:demo",
    "create-admin": "forum.commands.accounts:create_admin",
    "set-role": "forum.commands.accounts:change_role",
    "end-factors": "forum.commands.accounts:end_factors_of",
    "version": "forum.commands.version:version",
    "export-config": "forum.commands.version:export_config",
    "permissions": "forum.commands.permissions:permissions",
    "doctor": "forum.commands.doctor:doctor",
    "audit": "forum.commands.audit:audit",
    "sweep": "forum.commands.sweep:sweep",
    "reindex": "forum.commands.reindex:reindex",
    "failed": "forum.commands.failed:failed",
    "watch": "forum.commands.watch:watch",
    "backup": "forum.commands.backup:backup",
    "retention": "forum.commands.rights:retention",
    "erasures": "forum.commands.rights:erasures",
    "simulate": "forum.commands.simulate:simulate",
    "settings": "forum.commands.settings:settings",
    "risk": "forum.commands.risk:risk",
    "rules": "forum.commands.rules:rules",
}


class OperatorGroup(click.Group):
    """Subcommands by name. What an operator can set right becomes a line, and exit code 2."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all subcommands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the subcommand, or None if there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the subcommand. Raises OperatorError in place of what an operator can set right."""
        try:
            return super().invoke(ctx)
        except SettingsError as error:
            raise OperatorError(str(error)) from None
        except (DBAPIError, UnicodeDecodeError) as error:
            if told := explain(error):
                raise told from None
            raise


@click.group(cls=OperatorGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="teduh", message="Teduh %(version)s")
def main() -> None:
    """Run and look after Teduh, an anonymous peer-support forum.

    Exit codes of every command: 0 well, 1 something is not as it must be, 2 it can't be done.
    """


if __name__ == "__main__":
    main()
