"""`teduh reindex`: make the index of search anew, while people go on writing."""

from collections.abc import Callable

import click
from sqlalchemy import func, select

from forum.app import create_app
from forum.extensions import db
from forum.posts.models import Post, Visibility
from forum.search.full_text import tidy
from forum.search.operations import drop_stray_entries, index_after
from forum.settings import load_settings


@click.command()
def reindex() -> None:
    """Read every post again for search, in small steps. It may be stopped and repeated."""
    with create_app(load_settings()).app_context():
        total = db.session.scalar(
            select(func.count(Post.id)).where(Post.visibility != Visibility.DELETED)
        )
        db.session.rollback()
        done, stray = index_everything(
            lambda done: click.echo(f"{done} of {max(total or 0, done)} posts")
        )
    click.echo(f"Done: {done} posts can be found, {stray} old entries dropped.")


def index_everything(say: Callable[[int], None]) -> tuple[int, int]:
    """Read every post for search, and tell how many are done after each step. Commits.

    Returns how many posts can be found, and how many entries of others were dropped.
    """
    last, done = 0, 0
    while True:
        last, count = index_after(last)
        db.session.commit()
        if not count:
            break
        done += count
        say(done)
    stray = drop_stray_entries()
    tidy()
    db.session.commit()
    return done, stray
