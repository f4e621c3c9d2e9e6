"""what can be found: stems of each post, and the full text of either database over them"""

import sqlalchemy as sa
from alembic import op

revision = "0021_search"
down_revision = "0020_help"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "search_entry",
        sa.Column("post_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"],
            ["post.id"],
            name=op.f("fk_search_entry_post_id_post"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_search_entry")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE INDEX search_words ON search_entry USING gin (to_tsvector('simple', words))"
        )
        return
    op.execute(
        "CREATE VIRTUAL TABLE search_words USING fts5(words, content='search_entry', "
        "content_rowid='post_id', tokenize='unicode61 remove_diacritics 0')"
    )
    forget = (
        "INSERT INTO search_words(search_words, rowid, words) "
        "VALUES ('delete', old.post_id, old.words);"
    )
    learn = "INSERT INTO search_words(rowid, words) VALUES (new.post_id, new.words);"
    for name, when, what in (
        ("search_learns", "AFTER INSERT", learn),
        ("search_forgets", "AFTER DELETE", forget),
        ("search_follows", "AFTER UPDATE OF words", f"{forget} {learn}"),
    ):
        op.execute(f"CREATE TRIGGER {name} {when} ON search_entry BEGIN {what} END")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE search_words")
    op.drop_table("search_entry")
