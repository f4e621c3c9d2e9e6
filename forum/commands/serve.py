"""The web process of `teduh up`: prepares the database, then becomes gunicorn.

One process does both because importing the app takes longer than either.
"""

import sys
from datetime import datetime

from gunicorn.app.wsgiapp import WSGIApplication
from sqlalchemy import delete
from sqlalchemy.exc import OperationalError

from forum.commands.demo import load_demo
from forum.commands.environment import note_prepared
from forum.commands.migrate import upgrade_database
from forum.commands.starter import load_starter
from forum.extensions import db
from forum.heartbeats import Heartbeat
from forum.settings import load_settings
from forum.wsgi import app


def main(started: str) -> None:
    """Prepare and serve. Takes when `teduh up` was started, in ISO 8601.

    Exits with one line if the database can't be reached.
    """
    try:
        prepare(datetime.fromisoformat(started))
    except OperationalError as error:
        reason = type(error.orig).__name__
        sys.exit(f"DATABASE_URL: the database cannot be used ({reason}). Is it running and yours?")
    sys.argv = ["gunicorn", "--config", "python:forum.web.server", "forum.wsgi:app"]
    WSGIApplication("%(prog)s [OPTIONS] [APP_MODULE]").run()


def prepare(started: datetime) -> None:
    """Bring the database up to date, and load the demo if this is one. Safe to repeat."""
    settings = load_settings()
    # A hint sent from here would leave gunicorn's workers one connection to the broker to share;
    # the sweep that beat starts with finds these jobs.
    waker, app.extensions["waker"] = app.extensions["waker"], None
    upgrade_database(app)
    load_starter(app)
    if settings.demo:
        load_demo(app)
    with app.app_context():
        # Signs of life of an earlier run would make this one look ready.
        db.session.execute(delete(Heartbeat).where(Heartbeat.seen_at < started))
        db.session.commit()
        # Gunicorn's workers must not share a connection.
        db.engine.dispose()
    app.extensions["waker"] = waker
    note_prepared(settings)


if __name__ == "__main__":
    main(sys.argv[1])
