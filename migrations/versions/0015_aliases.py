"""names for single rooms"""

import sqlalchemy as sa
from alembic import op

revision = "0015_aliases"
down_revision = "0012_letter_keys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alias",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=24), nullable=True),
        sa.Column("folded_name", sa.String(length=48), nullable=True),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_alias_member_id_member")
        ),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_alias_room_id_room")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alias")),
        sa.UniqueConstraint("folded_name", name=op.f("uq_alias_folded_name")),
        sa.UniqueConstraint("member_id", "room_id", name=op.f("uq_alias_member_id_room_id")),
    )
    op.add_column("post", sa.Column("alias_id", sa.Integer(), nullable=True))
    op.add_column("moderation_case", sa.Column("alias_id", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("moderation_case", "alias_id")
    op.drop_column("post", "alias_id")
    op.drop_table("alias")
