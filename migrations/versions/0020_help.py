"""help by place and hour, who checked an entry, and how often nobody answered"""

import sqlalchemy as sa
from alembic import op

revision = "0020_help"
down_revision = "0019_reading"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "help_entry", sa.Column("regions", sa.JSON(), server_default="[]", nullable=False)
    )
    op.add_column("help_entry", sa.Column("daily_hours", sa.String(length=11), nullable=True))
    op.add_column("help_entry", sa.Column("checked_by_id", sa.Integer(), nullable=True))
    op.create_table(
        "help_silence",
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["help_entry.id"], name=op.f("fk_help_silence_entry_id_help_entry")
        ),
        sa.PrimaryKeyConstraint("entry_id", "day", name=op.f("pk_help_silence")),
    )


def downgrade() -> None:
    op.drop_table("help_silence")
    op.drop_column("help_entry", "checked_by_id")
    op.drop_column("help_entry", "daily_hours")
    op.drop_column("help_entry", "regions")
