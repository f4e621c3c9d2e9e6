"""`teduh rules`: rules as files, for people who keep them outside the pages."""

from pathlib import Path

import click

from forum.app import create_app
from forum.commands.errors import OperatorError
from forum.extensions import db
from forum.settings import load_settings
from moderation.risk.rulefile import LexiconErrors
from moderation.risk.rules import RuleError
from moderation.rules.files import read_csv, read_yaml, write_csv, write_yaml
from moderation.rules.gate import Refusal
from moderation.rules.operations import (
    GateClosed,
    import_draft,
    prepare,
    publish,
    with_rules,
    working_lexicon,
)
from moderation.rules.queries import DamagedRules, rules_in_force


@click.group()
def rules() -> None:
    """Take the rules out as a file, or bring a file in."""


@rules.command("export")
@click.option("--format", "kind", type=click.Choice(["yaml", "csv"]), default="yaml")
def export_rules(kind: str) -> None:
    """Print the rules in force."""
    with create_app(load_settings()).app_context():
        lexicon = rules_in_force().lexicon
    click.echo(write_csv(lexicon.rules) if kind == "csv" else write_yaml(lexicon), nl=False)


@rules.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--why", required=True, help="The reason, kept with the version.")
@click.option("--publish", "at_once", is_flag=True, help="Put it in force if the gate is open.")
def import_rules(*, file: Path, why: str, at_once: bool) -> None:
    """Bring FILE (.yaml: all rules; .csv: rules to add or change) into the draft, or in force.

    A bad file names every bad line and changes nothing.
    """
    text = file.read_text("utf-8")
    with create_app(load_settings()).app_context():
        try:
            if file.suffix == ".csv":
                known = working_lexicon()
                lexicon = with_rules(known, read_csv(text, known))
            else:
                lexicon = read_yaml(text)
            prepared = prepare(lexicon, gate=at_once)
            (publish if at_once else import_draft)(None, prepared, why)
        except GateClosed as closed:
            raise OperatorError(
                "The gate is closed; nothing was changed. Let other rules see these texts at their"
                " level, or take a wrong example out and publish that first.\n"
                + "\n".join(_say(refusal) for refusal in closed.refusals)
            ) from None
        except DamagedRules:
            raise OperatorError(
                "The draft that the table would change can't be read. Drop it on its page first,"
                " or bring in a YAML file."
            ) from None
        except (LexiconErrors, RuleError) as error:
            raise OperatorError(str(error)) from None
        db.session.commit()
    click.echo("The rules are in force." if at_once else "The rules are in the draft.")


def _say(refusal: Refusal) -> str:
    said = f"{refusal.demand}: {refusal.rule} {refusal.text}".strip()
    if refusal.found < refusal.wanted:
        said += f" ({refusal.found.word} instead of {refusal.wanted.word})"
    return said
