"""held cases, who reads what, and the indexes of the queue"""

import sqlalchemy as sa
from alembic import op

revision = "0009_queue"
down_revision = "0008_crisis"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "presence",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["moderation_case.id"], name=op.f("fk_presence_case_id_moderation_case")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_presence_member_id_member")
        ),
        sa.PrimaryKeyConstraint("case_id", "member_id", name=op.f("pk_presence")),
    )
    with op.batch_alter_table("presence", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_presence_seen_at"), ["seen_at"], unique=False)

    with op.batch_alter_table("moderation_case", schema=None) as batch_op:
        batch_op.add_column(sa.Column("acted_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(
            sa.Column(
                "hold_reason",
                sa.Enum(
                    "colleague",
                    "person",
                    "service",
                    name="holdreason",
                    native_enum=False,
                    length=20,
                ),
                nullable=True,
            )
        )
        batch_op.drop_index(batch_op.f("ix_case_queue"))
        batch_op.create_index("ix_case_queue", ["state", "level", "due_at", "id"], unique=False)
        batch_op.create_index(
            "ix_case_in_hand",
            ["claimed_until"],
            unique=False,
            sqlite_where=sa.text("claimed_until IS NOT NULL"),
            postgresql_where=sa.text("claimed_until IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_case_lane", ["state", "lane", "level", "due_at", "id"], unique=False
        )
        batch_op.create_index("ix_case_waiting", ["state", "lane", "opened_at"], unique=False)


def downgrade() -> None:
    # What an older version knows nothing of becomes what is closest to it.
    op.execute(
        "UPDATE moderation_case SET state = 'waiting', holder_id = NULL, claimed_until = NULL "
        "WHERE state = 'held'"
    )
    op.execute("UPDATE moderation_case SET lane = 'scan_failed' WHERE lane = 'unscanned'")
    op.execute("UPDATE decision SET act = 'release' WHERE act = 'hold_case'")
    with op.batch_alter_table("moderation_case", schema=None) as batch_op:
        batch_op.drop_index("ix_case_waiting")
        batch_op.drop_index("ix_case_lane")
        batch_op.drop_index("ix_case_in_hand")
        batch_op.drop_index("ix_case_queue")
        batch_op.create_index(
            batch_op.f("ix_case_queue"), ["state", "level", "due_at"], unique=False
        )

    # Not in a batch: that would make the table anew while others point at it.
    op.drop_column("moderation_case", "hold_reason")
    op.drop_column("moderation_case", "acted_at")

    with op.batch_alter_table("presence", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_presence_seen_at"))

    op.drop_table("presence")
