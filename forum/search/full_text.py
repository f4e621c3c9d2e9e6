"""The full text of search, which each database has in its own way. Migration 0021 makes it."""

from typing import Any

from sqlalchemy import Boolean, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from forum.extensions import db


class words_match(GenericFunction[bool]):  # noqa: N801 (a function of SQL)
    """Whether an entry of search holds all words of a query, each in double quotes.

    Takes the entry's post id, its words and the query.
    """

    type = Boolean()
    inherit_cache = True


@compiles(words_match, "sqlite")
def _words_sqlite(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    post_id, _, query = (compiler.process(clause, **options) for clause in element.clauses)
    matches = f"SELECT rowid FROM search_words WHERE search_words MATCH {query}"  # noqa: S608
    return f"{post_id} IN ({matches})"


@compiles(words_match, "postgresql")
def _words_postgresql(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    _, words, query = (compiler.process(clause, **options) for clause in element.clauses)
    return f"to_tsvector('simple', {words}) @@ plainto_tsquery('simple', {query})"


def tidy() -> None:
    """Let the database forget what deleted entries left in its full text. The caller commits.

    FTS5 only marks words as gone until it merges; PostgreSQL has its vacuum.
    """
    if db.session.get_bind().dialect.name == "sqlite":
        db.session.execute(text("INSERT INTO search_words(search_words) VALUES ('optimize')"))
