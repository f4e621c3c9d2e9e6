"""The full text of search, which each database has in its own way. Migration 0021 makes it."""

from sqlalchemy import ColumnElement, column, func, literal_column, select, table, text

from forum.extensions import db
from forum.search.models import SearchEntry

# Of so many newest matches SQLite is asked which ones are open.
NEWEST = 5_000


def holds_words(query: str) -> ColumnElement[bool]:
    """Return the condition under which an entry holds all words of a query, each in quotes."""
    if is_sqlite():
        # FTS5 goes through them from the newest on; without an end it would go through all.
        matches = (
            select(column("rowid"))
            .select_from(table("search_words"))
            .where(literal_column("search_words").op("MATCH")(query))
            .order_by(column("rowid").desc())
            .limit(NEWEST)
        )
        return SearchEntry.post_id.in_(matches)
    simple = literal_column("'simple'")
    words = func.to_tsvector(simple, SearchEntry.words)
    return words.bool_op("@@")(func.plainto_tsquery(simple, query))


def is_sqlite() -> bool:
    """Return whether the database is SQLite."""
    return db.session.get_bind().dialect.name == "sqlite"


def tidy() -> None:
    """Let the database forget what deleted entries left in its full text. The caller commits.

    FTS5 only marks words as gone until it merges; PostgreSQL has its vacuum.
    """
    if is_sqlite():
        db.session.execute(text("INSERT INTO search_words(search_words) VALUES ('optimize')"))
