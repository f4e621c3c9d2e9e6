"""Fill an empty database with a whole forum: a million posts in minutes, the same in every run.

    python benchmarks/fill.py --posts 1000000 --members 50000 --cases 100000 --open-cases 100

fills what DATABASE_URL (or --url) names, after bringing it to the newest schema. Times are dated
back from now and are rounded as `teduh retention` would have rounded them by now. `teduh doctor`
has nothing to say against the result.
"""

import argparse
import random
import time
from datetime import timedelta

from flask import Flask
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn
from sqlalchemy import func, select

from benchmarks.parts.bulk import hurry
from benchmarks.parts.rows import Rows
from benchmarks.parts.talk import STAFF, Size, plan
from forum.accounts.models import Member
from forum.app import create_app
from forum.clock import now
from forum.commands.migrate import upgrade_database
from forum.commands.starter import load_starter
from forum.extensions import db, setting
from forum.rooms.models import Room
from forum.settings import load_settings
from moderation.alerts.climbing import look
from moderation.risk.levels import Level
from moderation.rules.queries import rules_in_force
from moderation.training.operations import vouch


def fill(app: Flask, size: Size, progress: Progress | None = None) -> None:
    """Fill the app's database, which has the newest schema and nobody in it. Commits.

    Raises ValueError if there are members already.
    """
    progress = progress or Progress(disable=True)
    with app.app_context():
        if db.session.scalar(select(func.count()).select_from(Member)):
            raise ValueError("the database has members; fill an empty one")
        rooms = list(db.session.scalars(select(Room.id).order_by(Room.position)))
        rules = rules_in_force()
        ambers = [rule for rule in rules.lexicon.rules if rule.level is Level.AMBER]
        db.session.rollback()
        moment = now()
        exact_since = moment - timedelta(days=setting("EXACT_TIMES_DAYS"))
        talk = plan(size, rooms, (moment, exact_since), random.Random(size.seed))
        with db.engine.connect() as connection:
            hurry(connection)
            rows = Rows(connection, size, talk, moment, (rules.version_id, ambers))
            steps = (
                ("members", size.members, rows.add_members),
                ("threads", len(talk.threads), rows.add_threads),
                ("posts", size.posts, rows.add_posts),
                ("search, follows, signs", size.posts, rows.add_what_goes_with_posts),
                ("cases", size.cases, rows.add_cases),
            )
            for name, total, add in steps:
                task = progress.add_task(name, total=total)
                with connection.begin():
                    add(lambda more, task=task: progress.advance(task, more))
        task = progress.add_task("certificates, alerts, statistics", total=1)
        _finish()
        progress.advance(task)


def _finish() -> None:
    """Let the staff in, let what waits be alerted about, let the database know what it has."""
    for member in db.session.scalars(select(Member).where(Member.id <= STAFF)).all():
        vouch(member, 365)
    db.session.commit()
    # One look takes so many; none is left when one finds nothing.
    while look():
        db.session.commit()
    db.session.commit()
    with db.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()
    db.engine.dispose()


def main() -> None:
    """Read the command line, fill, and say how long it took."""
    size = Size()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", default="", help="by default what DATABASE_URL names")
    for name in ("posts", "members", "cases", "open-cases", "seed"):
        parser.add_argument(f"--{name}", type=int, default=getattr(size, name.replace("-", "_")))
    chosen = vars(parser.parse_args())
    url = chosen.pop("url")
    settings = load_settings(demo=True, redis_url="", **({"database_url": url} if url else {}))
    began = time.monotonic()
    app = create_app(settings)
    upgrade_database(app)
    load_starter(app)
    columns = (*Progress.get_default_columns()[:-1], MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns) as progress:
        fill(app, Size(**chosen), progress)
    print(f"filled in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
