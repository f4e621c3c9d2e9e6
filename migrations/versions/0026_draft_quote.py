"""a draft remembers which post it answers"""

import sqlalchemy as sa
from alembic import op

revision = "0026_draft_quote"
down_revision = "0025_reported_versions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "draft", sa.Column("quote", sa.String(length=22), nullable=False, server_default="")
    )


def downgrade() -> None:
    op.drop_column("draft", "quote")
