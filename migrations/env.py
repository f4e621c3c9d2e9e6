"""Alembic's entry: runs every migration in one transaction, on both databases."""

import structlog
from alembic import context
from flask import current_app
from sqlalchemy import text

from forum.database import UtcDateTime, is_of_models
from forum.extensions import db

log = structlog.get_logger()


def write_type(kind: str, item: object, _context: object) -> str | bool:
    """Name our own column type by what it is in the database: a migration outlives our code."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def run_migrations() -> None:
    """Bring the app's database to the wanted revision."""
    with db.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            compare_type=True,
            include_name=is_of_models,
            render_as_batch=True,
            render_item=write_type,
        )
        with context.begin_transaction():
            if connection.dialect.name == "postgresql":
                # The limit of requests would cut an index of a million posts short. To wait for a
                # lock stays bounded: who waits for one stops everybody behind it.
                connection.execute(text("SET LOCAL statement_timeout = 0"))
            context.run_migrations()
        log.info("migrated", database=current_app.extensions["migrate"].db.engine.dialect.name)


run_migrations()
