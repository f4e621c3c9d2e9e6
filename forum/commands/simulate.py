"""`teduh simulate`: made-up posts through a running site, or a model of the desk (`--desk`)."""

from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from forum.commands.desk_options import desk_options
from forum.commands.simulate_desk import compare_orders
from forum.commands.simulate_posts import post_samples

POST_NAMES = ("file", "rate", "url", "limit")


@click.command()
@click.argument(
    "file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--rate", default=20.0, show_default=True, help="Posts a second.")
@click.option("--url", help="Where the site answers; by default where `teduh up` serves it.")
@click.option("--limit", type=int, help="Use only so many lines of the file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")
@click.option("--desk", is_flag=True, help="Model the desk instead; needs no site and no FILE.")
@desk_options
@click.pass_context
def simulate(
    ctx: click.Context,
    /,
    *,
    file: Path | None,
    rate: float,
    url: str | None,
    limit: int | None,
    as_json: bool,
    desk: bool,
    **choices: Any,
) -> None:
    """Post a labelled FILE (JSON lines with text and level) and compare with what was flagged.

    Posts as several members of a demo site, in a room that is not listed. Exit code 1 says that
    a post was lost, doubled or not scanned in time.

    With --desk, nothing is posted: a model plays days of cases against the people on duty, in
    Teduh's order, first come first served, and newest first.
    """
    refuse_options(ctx, POST_NAMES if desk else tuple(choices), desk=desk)
    if desk:
        compare_orders(as_json=as_json, **choices)
        return
    if file is None:
        raise click.UsageError("Give a FILE of labelled lines, or --desk.")
    if not post_samples(file=file, rate=rate, url=url, limit=limit, as_json=as_json):
        raise SystemExit(1)


def refuse_options(ctx: click.Context, names: tuple[str, ...], *, desk: bool) -> None:
    """Raise click.UsageError if one of these was given: it would be ignored in silence."""
    for param in ctx.command.params:
        given = ctx.get_parameter_source(param.name or "") is ParameterSource.COMMANDLINE
        if param.name in names and given:
            name = param.opts[0] if isinstance(param, click.Option) else "FILE"
            raise click.UsageError(
                f"{name} makes sense only {'without' if desk else 'with'} --desk."
            )
