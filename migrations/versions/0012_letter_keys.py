"""whether a single letter is a command on staff pages"""

import sqlalchemy as sa
from alembic import op

revision = "0012_letter_keys"
down_revision = "0011_published_months"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "member",
        sa.Column("letter_keys", sa.Boolean(), server_default=sa.true(), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("member", "letter_keys")
