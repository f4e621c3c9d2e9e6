"""`teduh risk`: scan texts with a rule set, and measure it."""

from __future__ import annotations

import json
import sys
from typing import BinaryIO

import click

from forum.app import create_app
from forum.commands.errors import OperatorError
from forum.settings import load_settings
from moderation.risk.compile import RuleSet, compile_rules
from moderation.risk.evaluate import evaluate, read_lexicon, render, scan_lines
from moderation.risk.rulefile import LexiconErrors
from moderation.risk.rules import RuleError
from moderation.rules.queries import NoRules, rules_in_force


def load_ruleset(source: str) -> RuleSet:
    """Return the rule set `source` names: starter, published or the path of a file or folder.

    Raises OperatorError that names every bad line of the file.
    """
    if source == "published":
        with create_app(load_settings()).app_context():
            try:
                return rules_in_force().ruleset
            except NoRules:
                raise OperatorError(
                    "No rules are published yet. Use --rules starter or a path."
                ) from None
    try:
        return compile_rules(read_lexicon(source))
    except OSError as error:
        raise OperatorError(
            f"{source}: {error.strerror}. Write starter, published or the path of a rule file."
        ) from None
    except UnicodeDecodeError:
        raise OperatorError(f"{source} is not UTF-8 text. Save it as UTF-8.") from None
    except (LexiconErrors, RuleError) as error:
        raise OperatorError(str(error)) from None


rules_option = click.option(
    "--rules",
    default="starter",
    show_default=True,
    metavar="starter|published|PATH",
    help="The rules to use: those of the package, those in force, or a YAML file or folder.",
)


@click.group()
def risk() -> None:
    """Scan texts for signs of risk, or measure the rules."""


@risk.command()
@rules_option
@click.argument("source", type=click.File("rb"), default="-")
def scan(rules: str, source: BinaryIO) -> None:
    """Read JSON lines with id and text, write one JSON line for each.

    A line that cannot be read gives an object with its line number and the error, and exit
    status 1 at the end. Offsets count code points of the text.
    """
    failed = False
    for result in scan_lines(source, load_ruleset(rules)):
        failed = failed or "error" in result
        click.echo(json.dumps(result))
    sys.exit(1 if failed else 0)


@risk.command("evaluate")
@rules_option
@click.option("--misses/--no-misses", default=True, help="List the cases that came out wrong.")
@click.argument("source", metavar="FILE", type=click.File("rb"))
def evaluate_file(rules: str, misses: bool, source: BinaryIO) -> None:
    """Measure the rules against labelled JSON lines: id, text, level, categories, kind, lang."""
    report = evaluate(source, load_ruleset(rules))
    click.echo(render(report, misses=misses))
    sys.exit(1 if report.errors else 0)
