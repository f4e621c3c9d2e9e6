"""rooms that the product itself keeps: their policy, pace and hours"""

import sqlalchemy as sa
from alembic import op

revision = "0022_rooms"
down_revision = "0021_search"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "room",
        sa.Column(
            "policy",
            sa.Enum(
                "after_scan",
                "held_on_amber",
                "read_first",
                "closed",
                name="policy",
                native_enum=False,
                length=20,
            ),
            server_default="after_scan",
            nullable=False,
        ),
    )
    op.add_column(
        "room", sa.Column("slow_minutes", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column(
        "room", sa.Column("hours", sa.String(length=11), server_default="", nullable=False)
    )
    op.add_column("room", sa.Column("days", sa.JSON(), server_default="[]", nullable=False))


def downgrade() -> None:
    for name in ("days", "hours", "slow_minutes", "policy"):
        op.drop_column("room", name)
