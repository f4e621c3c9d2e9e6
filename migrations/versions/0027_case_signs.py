"""a case keeps what its posts told besides their level, and when a lead was called"""

import sqlalchemy as sa
from alembic import op

revision = "0027_case_signs"
down_revision = "0026_draft_quote"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "moderation_case", sa.Column("signs", sa.JSON(), nullable=False, server_default="[]")
    )
    op.add_column(
        "moderation_case",
        sa.Column("lead_called_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index(
        "ix_case_lead_called",
        "moderation_case",
        ["lead_called_at"],
        sqlite_where=sa.text("lead_called_at IS NOT NULL"),
        postgresql_where=sa.text("lead_called_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_case_lead_called", table_name="moderation_case")
    op.drop_column("moderation_case", "lead_called_at")
    op.drop_column("moderation_case", "signs")
