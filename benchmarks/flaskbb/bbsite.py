"""FlaskBB as it comes, on PostgreSQL; `python bbsite.py` fills it with 200 topics of 20 posts.

Runs in FlaskBB's own environment, never in ours. The environment variables FLASKBB_FOLDER and
FLASKBB_DATABASE say where its files and its database are; FLASKBB_INDEX=0 switches the index of
its search off.
"""

import os
from pathlib import Path

from flaskbb import create_app
from flaskbb.configs.default import DefaultConfig
from flaskbb.extensions import db
from flaskbb.forum.models import Category, Forum, Post, Topic
from flaskbb.utils.populate import (
    create_default_groups,
    create_default_settings,
    create_latest_db,
    create_user,
)
from sqlalchemy import text

TOPICS, POSTS = 200, 20
TEXT = "kata " * 100


class Config(DefaultConfig):
    """As FlaskBB's own, but for where things are."""

    FOLDER = Path(os.environ["FLASKBB_FOLDER"])
    SQLALCHEMY_DATABASE_URI = os.environ["FLASKBB_DATABASE"]
    SECRET_KEY = WTF_CSRF_SECRET_KEY = "a key for a benchmark alone"
    WHOOSHEE_DIR = str(FOLDER / "whoosh")
    WHOOSHEE_ENABLE_INDEXING = os.environ.get("FLASKBB_INDEX", "1") == "1"
    LOG_PATH = str(FOLDER / "logs")
    USE_DEFAULT_LOGGING = False
    PREFERRED_URL_SCHEME = "http"


def fill() -> None:
    """Make the schema, people, one forum, and its topics."""
    create_latest_db()
    # Its password column is shorter than the hashes that it stores; SQLite does not mind.
    db.session.execute(text("ALTER TABLE users ALTER COLUMN password TYPE VARCHAR(255)"))
    db.session.commit()
    create_default_groups()
    create_default_settings()
    people = [
        create_user(f"penulis{n}", "hujan reda di teras", f"p{n}@example.org", group)
        for n, group in enumerate(("admin", "member"))
    ]
    category = Category(title="Ruang", position=1)
    category.save()
    forum = Forum(title="Cerita", description="-", category_id=category.id)
    forum.save()
    for number in range(TOPICS):
        topic = Topic(title=f"Cerita nomor {number}")
        topic.save(post=Post(content=TEXT), user=people[0], forum=forum)
        more = [Post(content=TEXT, topic=topic, user=people[1]) for _ in range(POSTS - 1)]
        db.session.add_all(more)
        db.session.commit()
        topic.last_post_id = more[-1].id
        topic.recalculate()
    forum.recalculate(last_post=True)


app = create_app(Config)

if __name__ == "__main__":
    with app.app_context():
        fill()
