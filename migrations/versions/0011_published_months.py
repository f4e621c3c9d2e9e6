"""published months"""

import sqlalchemy as sa
from alembic import op

revision = "0011_published_months"
down_revision = "0010_shifts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "published_month",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_published_month")),
        sa.UniqueConstraint("month", name=op.f("uq_published_month_month")),
    )


def downgrade() -> None:
    op.drop_table("published_month")
