"""measures on posts and threads, undoing, joined cases"""

import sqlalchemy as sa
from alembic import op

revision = "0006_post_measures"
down_revision = "0005_alerts"
branch_labels = None
depends_on = None

# Nothing here makes a table anew: SQLite could not, while other rows point at it. Every column
# is added and dropped in place, and what must not be empty begins with a value.
LONG_AGO = "1970-01-01 00:00:00"


def upgrade() -> None:
    op.add_column("decision", sa.Column("before", sa.JSON(none_as_null=True), nullable=True))
    op.create_index("ix_decision_moderator_id_id", "decision", ["moderator_id", "id"])
    _add_reference("measure", "decision_id", "decision")
    _add_reference("moderation_case", "merged_into_id", "moderation_case")
    op.add_column(
        "notice",
        sa.Column(
            "visible_from", sa.DateTime(timezone=True), nullable=False, server_default=LONG_AGO
        ),
    )
    op.add_column("post", sa.Column("masks", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column(
        "post",
        sa.Column(
            "least_warning",
            sa.Enum(
                "none",
                "suicide",
                "self_harm",
                "abuse",
                "eating",
                "substance",
                "grief",
                name="contentwarning",
                native_enum=False,
                length=20,
            ),
            nullable=False,
            server_default="none",
        ),
    )
    op.add_column(
        "thread",
        sa.Column("typed_title", sa.String(length=120), nullable=False, server_default=""),
    )
    op.execute("UPDATE thread SET typed_title = title")
    op.add_column(
        "thread",
        sa.Column("is_locked", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column(
        "thread", sa.Column("slow_minutes", sa.Integer(), nullable=False, server_default="0")
    )


def downgrade() -> None:
    # What is covered stays so: the words are not in the stored HTML, nor in the title.
    for table, column in (
        ("thread", "slow_minutes"),
        ("thread", "is_locked"),
        ("thread", "typed_title"),
        ("post", "least_warning"),
        ("post", "masks"),
        ("notice", "visible_from"),
    ):
        op.drop_column(table, column)
    op.drop_index("ix_moderation_case_merged_into_id", table_name="moderation_case")
    op.drop_column("moderation_case", "merged_into_id")
    # A later revision has made this table anew, after which SQLite drops no reference in place.
    with op.batch_alter_table("measure") as batch_op:
        batch_op.drop_index("ix_measure_decision_id")
        batch_op.drop_column("decision_id")
    op.drop_index("ix_decision_moderator_id_id", table_name="decision")
    op.drop_column("decision", "before")


def _add_reference(table: str, column: str, target: str) -> None:
    key = sa.ForeignKey(f"{target}.id", name=f"fk_{table}_{column}_{target}")
    op.add_column(
        table, sa.Column(column, sa.Integer(), key, nullable=True), inline_references=True
    )
    op.create_index(f"ix_{table}_{column}", table, [column])
