"""names that are not read, and first posts that a human reads"""

import sqlalchemy as sa
from alembic import op

revision = "0016_blocks"
down_revision = "0015_aliases"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "block",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("blocker_id", sa.Integer(), nullable=False),
        sa.Column("blocked_id", sa.Integer(), nullable=False),
        sa.Column("alias_id", sa.Integer(), nullable=True),
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("hides_me", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["alias_id"], ["alias.id"], name=op.f("fk_block_alias_id_alias")),
        sa.ForeignKeyConstraint(
            ["blocked_id"], ["member.id"], name=op.f("fk_block_blocked_id_member")
        ),
        sa.ForeignKeyConstraint(
            ["blocker_id"], ["member.id"], name=op.f("fk_block_blocker_id_member")
        ),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_block_room_id_room")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_block")),
    )
    op.create_index(op.f("ix_block_blocked_id"), "block", ["blocked_id"])
    op.create_index(op.f("ix_block_blocker_id"), "block", ["blocker_id"])
    op.add_column(
        "room",
        sa.Column("holds_newcomers", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column(
        "member",
        sa.Column("is_unproven", sa.Boolean(), server_default=sa.false(), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("member", "is_unproven")
    op.drop_column("room", "holds_newcomers")
    op.drop_table("block")
