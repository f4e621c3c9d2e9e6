"""`teduh reindex`: make the index of search anew, while people go on writing."""

import click
from sqlalchemy import func, select

from forum.app import create_app
from forum.extensions import db
from forum.posts.models import Post, Visibility
from forum.search.operations import drop_stray_entries, index_after, tidy
from forum.settings import load_settings


@click.command()
def reindex() -> None:
    """Read every post again for search, in small steps. It may be stopped and repeated."""
    with create_app(load_settings()).app_context():
        total = db.session.scalar(
            select(func.count(Post.id)).where(Post.visibility != Visibility.DELETED)
        )
        db.session.rollback()
        last, done = 0, 0
        while True:
            last, count = index_after(last)
            db.session.commit()
            if not count:
                break
            done += count
            click.echo(f"{done} of {max(total or 0, done)} posts")
        stray = drop_stray_entries()
        tidy()
        db.session.commit()
    click.echo(f"Done: {done} posts can be found, {stray} old entries dropped.")
