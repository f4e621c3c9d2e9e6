"""rooms that the product keeps: policy, pace, hours, agreements, pins and moderators"""

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
    for name in ("agreement_id", "agreement_en"):
        op.add_column("room", sa.Column(name, sa.Text(), server_default="", nullable=False))
    op.add_column(
        "room", sa.Column("agreement_version", sa.Integer(), server_default="1", nullable=False)
    )
    op.create_table(
        "room_agreement",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_room_agreement_member_id_member")
        ),
        sa.ForeignKeyConstraint(
            ["room_id"], ["room.id"], name=op.f("fk_room_agreement_room_id_room")
        ),
        sa.PrimaryKeyConstraint("member_id", "room_id", name=op.f("pk_room_agreement")),
    )
    op.create_index(op.f("ix_room_agreement_room_id"), "room_agreement", ["room_id"])
    op.add_column("room", sa.Column("pinned", sa.JSON(), server_default="[]", nullable=False))
    op.create_table(
        "room_moderator",
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_room_moderator_member_id_member")
        ),
        sa.ForeignKeyConstraint(
            ["room_id"], ["room.id"], name=op.f("fk_room_moderator_room_id_room")
        ),
        sa.PrimaryKeyConstraint("room_id", "member_id", name=op.f("pk_room_moderator")),
    )
    op.create_index(op.f("ix_room_moderator_member_id"), "room_moderator", ["member_id"])


def downgrade() -> None:
    op.drop_table("room_moderator")
    op.drop_table("room_agreement")
    for name in (
        "pinned",
        *("agreement_version", "agreement_en", "agreement_id"),
        *("days", "hours", "slow_minutes", "policy"),
    ):
        op.drop_column("room", name)
